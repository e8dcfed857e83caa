"""On TensorFlow, under Keras 3 and 2: cells equal Keras's layers and keep masks in a graph."""

import functools

import numpy as np
import pytest
import tensorflow as tf
from cells import (
    FEATURES,
    UNITS,
    VARIANTS,
    check_drawn,
    close,
    draw_inputs,
    every_form,
    every_recurrent_form,
    gradients,
    rnn,
    to_numpy,
    to_tensor,
    with_each_mask,
    with_each_recurrent_mask,
    with_random_weights,
)

from custom_cells import LSTMCell
from custom_cells._keras import keras

LENGTH, ROWS = 50, 5
BUILT_IN = [make for make in VARIANTS if hasattr(keras.layers, make.values[0].func.__name__)]
NO_FORGET_BIAS = functools.partial(LSTMCell, unit_forget_bias=False)
every_built_in = pytest.mark.parametrize("make", BUILT_IN)


def masks() -> np.ndarray:
    """Return a mask with whole, right and left padded, interrupted and empty rows."""
    time = np.arange(LENGTH)
    holes = np.random.default_rng(3).random(LENGTH) < 0.6
    return np.array([time >= 0, time < 20, time >= 20, holes, time < 0])


def same_layers(make, **options) -> tuple:
    """Return our layer and Keras's with the same weights."""
    options = {"return_sequences": True} | options
    shape = (ROWS, LENGTH, FEATURES)
    ours = with_random_weights(rnn(make(UNITS), **options), shape)
    built_in = getattr(keras.layers, make.func.__name__.removesuffix("Cell"))
    theirs = built_in(UNITS, **options, **make.keywords)
    theirs.build(shape)
    theirs.set_weights(ours.get_weights())
    return ours, theirs


def check_equal(got: list, expected: list) -> None:
    got, expected = (list(map(to_numpy, tf.nest.flatten(arrays))) for arrays in (got, expected))
    errors = [np.abs(a - b).max() / np.abs(b).max() for a, b in zip(got, expected, strict=True)]
    assert max(errors) <= 1e-5, f"relative errors of outputs, states and gradients: {errors}"


@every_built_in
@pytest.mark.parametrize(
    ("options", "mask"),
    [({}, None), ({"return_state": True}, masks()), ({"go_backwards": True}, masks())],
    ids=["no mask", "masks", "backwards"],
)
def test_outputs_and_gradients_equal_those_of_keras(make, options: dict, mask):
    x = draw_inputs(ROWS, LENGTH)
    ours, theirs = same_layers(make, **options)
    check_equal(
        [ours(x, mask=mask), gradients(ours, x, mask=mask)],
        [theirs(x, mask=mask), gradients(theirs, x, mask=mask)],
    )


@every_built_in
def test_initial_states_lead_where_those_of_keras_lead(make):
    x = draw_inputs(ROWS, LENGTH)
    ours, theirs = same_layers(make, return_state=True)
    rng = np.random.default_rng(4)
    shape = (len(ours.cell.states), ROWS, UNITS)
    states = [to_tensor(state) for state in rng.normal(size=shape).astype("float32")]
    call = {"initial_state": states, "mask": masks()}
    check_equal(
        [ours(x, **call), gradients(ours, x, **call)],
        [theirs(x, **call), gradients(theirs, x, **call)],
    )


@every_built_in
def test_stateful_batches_equal_those_of_keras(make):
    x = draw_inputs(ROWS, LENGTH)
    runs = []
    for layer in same_layers(make, stateful=True):
        layer(x[:, :20])
        runs.append([layer(x[:, 20:30]), gradients(layer, x[:, 30:])])
    check_equal(*runs)


@pytest.mark.parametrize("make", [*BUILT_IN, NO_FORGET_BIAS])
def test_defaults_are_those_of_keras(make):
    built_in = getattr(keras.layers, make.func.__name__)
    cell, reference = make(UNITS, name="c"), built_in(UNITS, name="c", **make.keywords)
    # Of these two, Keras 2 has only `implementation`, which chooses how to multiply.
    ignored = {"seed", "implementation"}
    ours, theirs = (
        {name: value for name, value in one.get_config().items() if name not in ignored}
        for one in (cell, reference)
    )
    assert ours == theirs
    cell.build((None, FEATURES)), reference.build((None, FEATURES))
    assert [w.shape for w in cell.weights] == [w.shape for w in reference.weights]
    close(cell.bias, reference.bias)


@every_form
def test_dropout_keeps_its_mask_in_a_graph(make):
    x = draw_inputs(batch=18)
    layer = with_random_weights(rnn(make(UNITS, dropout=0.5, seed=1)))
    call = tf.function(functools.partial(layer, training=True))
    first, second = call(x), call(x)
    check_drawn(first, with_each_mask(layer, x))
    assert not np.allclose(first, second), "expected new masks in the second call"


@every_recurrent_form
def test_recurrent_dropout_keeps_its_mask_in_a_graph(make):
    x = draw_inputs(batch=18)
    layer = with_random_weights(rnn(make(2, recurrent_dropout=0.5, seed=1)))
    call = tf.function(functools.partial(layer, training=True))
    check_drawn(call(x), with_each_recurrent_mask(layer, x))
