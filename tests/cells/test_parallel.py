"""ParallelRNN gives what RNN gives, whatever Keras asks of it, and takes no single step."""

import doctest

import numpy as np
import pytest
from cells import (
    CELLS,
    COMPILED,
    FEATURES,
    UNITS,
    close,
    dtype_name,
    to_numpy,
    to_tensor,
    with_random_weights,
)

from custom_cells import (
    LinearCell,
    LRUCell,
    LSTMCell,
    MinGRUCell,
    ParallelRNN,
    ResidualCell,
    S6Cell,
    SRUCell,
    ZoneoutCell,
)
from custom_cells._keras import KERAS_2, keras
from custom_cells.abstract import flat
from custom_cells.parallel import scan

BACKEND = keras.backend.backend()
TIME = 11  # halved again and again, it is odd, odd, even and 1
MASK = np.array(
    [
        [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1],
        [1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0],
        [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1],
        [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
        [1, 0, 0, 1, 0, 1, 1, 1, 0, 0, 1],
        [0, 0, 1, 0, 1, 1, 0, 0, 0, 1, 0],
        [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    ],
    bool,
)
BATCH = len(MASK)
LINEAR = [cell for cell in CELLS if issubclass(cell, LinearCell)]
every_cell = pytest.mark.parametrize("cell", LINEAR)
# The memory is the output, or behind it, or complex.
some_cells = pytest.mark.parametrize("cell", [MinGRUCell, S6Cell, LRUCell])
with_and_without_mask = pytest.mark.parametrize("mask", [None, MASK], ids=["plain", "masked"])
on_keras_3 = pytest.mark.skipif(KERAS_2, reason="Keras 2 has no keras.ops")


def draw(*shape: int) -> np.ndarray:
    return np.random.default_rng(shape).normal(size=shape).astype("float32")


@pytest.fixture
def x():
    return to_tensor(draw(BATCH, TIME, FEATURES))


def both(cell, **options) -> list:
    """Return RNN and ParallelRNN around one cell with random weights."""
    options = {"return_sequences": True, "return_state": True} | options
    layers = [layer(cell, **options) for layer in (keras.layers.RNN, ParallelRNN)]
    return [with_random_weights(layer, (BATCH, TIME, FEATURES)) for layer in layers]


def draw_states(cell) -> list:
    return [to_tensor(draw(BATCH, units)) for units in flat(cell.state_size)]


def run(layer, x, states: list, mask) -> list:
    """Return outputs and states, and the gradients of weights, inputs and first states for a loss
    in which each output and state weighs differently."""
    weights = [weight.value for weight in layer.trainable_weights]

    def loss_of(returned):
        return sum(keras.ops.sum(one * to_tensor(draw(*one.shape))) for one in returned)

    if BACKEND == "jax":
        import jax

        def compute(weights, x, states):
            fixed = [weight.value for weight in layer.non_trainable_variables]
            given = {"initial_state": states, "mask": mask}
            returned, _ = layer.stateless_call(weights, fixed, x, **given)
            return loss_of(returned), returned

        compute = jax.jit(jax.grad(compute, argnums=(0, 1, 2), has_aux=True))
        gradients, returned = compute(weights, x, states)
        return [*returned, *jax.tree.leaves(gradients)]
    if BACKEND == "torch":
        import torch

        x, *states = (one.clone().requires_grad_() for one in [x, *states])
        returned, given = layer(x, initial_state=states, mask=mask), [*weights, x, *states]
        gradients = torch.autograd.grad(loss_of(returned), given, materialize_grads=True)
        return [*(one.detach() for one in returned), *gradients]
    import tensorflow as tf

    with tf.GradientTape() as tape:
        tape.watch([x, *states])
        returned = layer(x, initial_state=states, mask=mask)
        loss = loss_of(returned)
    given = [*weights, x, *states]
    return [*returned, *tape.gradient(loss, given, unconnected_gradients="zero")]


def call(layer, x, **given):
    """Return what a layer gives; JAX compiles each operation by itself, which takes far longer."""
    if BACKEND == "jax":
        import jax

        return jax.jit(lambda x: layer(x, **given))(x)
    return layer(x, **given)


def equal(got, expected, tolerance: float = 1e-5) -> None:
    """Compare what two layers give, each tensor by its own scale."""
    for one, other in zip(flat(got), flat(expected), strict=True):
        scale = max(np.abs(to_numpy(other)).max(), 1e-3)
        close(to_numpy(one) / scale, to_numpy(other) / scale, tolerance)


@pytest.fixture
def forbid_steps(monkeypatch: pytest.MonkeyPatch):
    """Return a function that leaves a cell unable to take one step."""

    def refuse(*args, **kwargs):
        raise AssertionError("expected all steps at once")

    return lambda cell: monkeypatch.setattr(cell, "step", refuse)


# What RNN gives


@on_keras_3
@every_cell
@with_and_without_mask
def test_outputs_states_and_gradients_equal_those_of_rnn(cell, mask, x, forbid_steps):
    loop, parallel = both(cell(UNITS))
    states = draw_states(loop.cell)
    due = run(loop, x, states, mask)
    forbid_steps(loop.cell)
    equal(run(parallel, x, states, mask), due)


@on_keras_3
@some_cells
@with_and_without_mask
@pytest.mark.parametrize("option", ["go_backwards", "zero_output_for_mask", "return_sequences"])
def test_option_does_what_it_does_in_rnn(cell, mask, option: str, x):
    loop, parallel = both(cell(UNITS), **{option: option != "return_sequences"})
    given = {"mask": mask, "initial_state": draw_states(loop.cell)}
    equal(call(parallel, x, **given), call(loop, x, **given))


@on_keras_3
@some_cells
@pytest.mark.parametrize("time", [1, 2, 3, 8])
def test_any_length_and_one_row(cell, time: int):
    loop, parallel = both(cell(UNITS))
    x = to_tensor(draw(1, time, FEATURES))
    equal(call(parallel, x), call(loop, x))


@on_keras_3
def test_mask_with_an_axis_of_features(x):
    loop, parallel = both(SRUCell(UNITS))
    mask = to_tensor(MASK[..., None])
    equal(call(parallel, x, mask=mask), call(loop, x, mask=mask))


@on_keras_3
@some_cells
def test_dropout_draws_the_masks_of_rnn(cell, x):
    given = []
    for layer in (keras.layers.RNN, ParallelRNN):
        layer = with_random_weights(layer(cell(UNITS, dropout=0.5, seed=1)))
        given.append([layer(x, training=True), layer(x, training=True), layer(x)])
    equal(*given)
    first, second, plain = map(to_numpy, given[1])
    assert not np.allclose(first, second) and not np.allclose(first, plain)


@on_keras_3
@some_cells
def test_stateful_goes_on_where_it_was(cell, x):
    _, whole = both(cell(UNITS))
    layer = ParallelRNN(whole.cell, stateful=True, return_sequences=True)
    parts = [to_numpy(layer(part)) for part in (x[:, :4], x[:, 4:])]
    close(np.concatenate(parts, axis=1), whole(x)[0], 1e-5)
    layer.reset_state()
    close(layer(x[:, :4]), parts[0])


# Models


TOKENS = np.random.default_rng(0).integers(1, 5, (BATCH, 3)) * MASK[:, 4:7]


def model_of(layer_class, compiled: bool) -> keras.Model:
    """Return a model of all that stands around such layers, of one start."""
    keras.utils.set_random_seed(1)
    first = layer_class(LRUCell(UNITS), return_sequences=True)
    second = layer_class(MinGRUCell(UNITS, kernel_regularizer="l2"), stateful=True)
    model = keras.Sequential(
        [
            keras.Input(batch_shape=TOKENS.shape, dtype="int32"),
            keras.layers.Embedding(5, FEATURES, mask_zero=True),
            keras.layers.Bidirectional(first),
            second,
        ]
    )
    model.compile("sgd", "mse", jit_compile=compiled)
    return model


def train(layer_class, compiled: bool) -> list[np.ndarray]:
    """Return the weights of a model after three updates."""
    model = model_of(layer_class, compiled)
    before = model.get_weights()
    model.fit(TOKENS, draw(BATCH, UNITS), batch_size=BATCH, epochs=3, verbose=0)
    assert all(np.any(a != b) for a, b in zip(before, model.get_weights(), strict=True))
    return model.get_weights()


@on_keras_3
def test_model_trains_as_with_rnn():
    due = train(keras.layers.RNN, COMPILED)
    for compiled in {COMPILED, BACKEND == "tensorflow"}:
        equal(train(ParallelRNN, compiled), due)


@on_keras_3
@some_cells
def test_unknown_number_of_steps(cell, x):
    loop, parallel = both(cell(UNITS), return_state=False)
    model = keras.Sequential([keras.Input((None, FEATURES)), parallel])
    if BACKEND == "tensorflow":
        import tensorflow as tf

        model = tf.function(model, [tf.TensorSpec((None, None, FEATURES))])
    equal(model(x), loop(x))


@on_keras_3
def test_model_comes_back_from_its_file(tmp_path):
    model = model_of(ParallelRNN, COMPILED)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    assert isinstance(again.layers[-1], ParallelRNN) and again.layers[-1].stateful
    assert isinstance(again.layers[-2].backward_layer, ParallelRNN)
    close(again(TOKENS), model(TOKENS))


# Numbers


@on_keras_3
@some_cells
def test_mixed_precision(cell, x):
    dtype = keras.DTypePolicy("mixed_float16") if not KERAS_2 else None
    loop, parallel = both(cell(UNITS, dtype=dtype), dtype=dtype)
    due, got = (call(layer, x, mask=to_tensor(MASK)) for layer in (loop, parallel))
    assert {dtype_name(one) for one in got} == {"float16"}
    equal(got, due, 1e-2)


@on_keras_3
def test_cell_of_another_precision_than_the_layer(x):
    loop, parallel = both(MinGRUCell(UNITS, dtype="float16"))
    equal(parallel(x), loop(x))


# A product of many such a is 0 in float32, and logarithms or quotients of it are no numbers.
@on_keras_3
@pytest.mark.parametrize("a", [0.0, 1e-6, 0.5, 0.9999, 1.0])
def test_sequence_of_16384_steps(a: float):
    rng = np.random.default_rng(0)
    a = np.where(rng.random((1, 16384, 2)) < 0.5, a, rng.random((1, 16384, 2)) ** 0.01)
    a, b = a.astype("float32"), rng.normal(size=a.shape).astype("float32")
    h, states = draw(1, 2).astype("float64"), []
    got = scan(to_tensor(a), to_tensor(b), to_tensor(h.astype("float32")))
    for t in range(a.shape[1]):
        h = a[:, t] * h + b[:, t]
        states.append(h)
    equal(got, np.stack(states, axis=1).astype("float32"))


@on_keras_3
@pytest.mark.parametrize("cls", [LinearCell, ParallelRNN])
def test_example(cls):
    test = doctest.DocTestFinder(recurse=False).find(cls, globs={})[0]
    assert doctest.DocTestRunner().run(test) == (0, len(test.examples))


# Errors


@on_keras_3
@pytest.mark.parametrize(
    "cell",
    [
        LSTMCell(UNITS),
        [MinGRUCell(UNITS), MinGRUCell(UNITS)],
        ResidualCell(MinGRUCell(UNITS)),
        ZoneoutCell(MinGRUCell(UNITS), 0.1),
        MinGRUCell,
        5,
    ],
    ids=["LSTM", "list", "residual", "zoneout", "class", "number"],
)
def test_what_is_no_linear_cell_is_named(cell):
    with pytest.raises(ValueError, match=r"^ParallelRNN expects one cell that is linear .* got"):
        ParallelRNN(cell)


@on_keras_3
def test_unroll_is_refused():
    with pytest.raises(ValueError, match=r"^ParallelRNN expects unroll=False, got True"):
        ParallelRNN(MinGRUCell(UNITS), unroll=True)


@pytest.mark.skipif(not KERAS_2, reason="Keras 3 has keras.ops")
def test_keras_2_is_named():
    with pytest.raises(NotImplementedError, match=r"^ParallelRNN needs Keras 3"):
        ParallelRNN(MinGRUCell(UNITS))
