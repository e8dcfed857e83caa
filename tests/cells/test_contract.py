"""Every exported cell keeps the contract, on each backend of Keras 3 and on Keras 2."""

import inspect
import json

import numpy as np
import pytest
from cells import (
    BATCH,
    CELLS,
    COMPILED,
    FEATURES,
    TIME,
    UNITS,
    check_drawn,
    close,
    draw_inputs,
    dtype_name,
    every_form,
    every_recurrent_variant,
    every_variant,
    every_variant_and_no_bias,
    first_states,
    options_of,
    rnn,
    to_numpy,
    to_tensor,
    with_each_mask,
    with_each_recurrent_mask,
    with_random_weights,
)

from custom_cells import AbstractRNNCell, RecurrentCell
from custom_cells._keras import keras

# Values that are no cell's default, by how the names of the options end.
NOT_DEFAULT = {
    "activation": "softsign",
    "initializer": keras.initializers.RandomNormal(seed=1),
    "regularizer": keras.regularizers.L2(0.5),
    "constraint": keras.constraints.MaxNorm(2),
    "dropout": 0.1,
    "seed": 3,
}


@pytest.fixture
def x() -> np.ndarray:
    return draw_inputs()


@pytest.mark.parametrize("cell", [AbstractRNNCell, *CELLS])
def test_cell_is_an_abstract_rnn_cell(cell):
    assert issubclass(cell, getattr(keras.layers, "AbstractRNNCell", AbstractRNNCell))


class Sum(AbstractRNNCell):
    state_size = 1
    output_size = 1

    def call(self, inputs, states):
        total = inputs + states[0]
        return total, [total]


def test_smallest_cell_runs():
    close(rnn(Sum())(np.ones((1, 4, 1), "float32")), np.arange(1.0, 5.0).reshape(1, 4, 1))


@every_variant_and_no_bias
def test_shapes(make, x: np.ndarray):
    cell = make(UNITS)
    output, states = cell(x[:, 0], first_states(cell))
    assert tuple(output.shape) == (BATCH, cell.output_size)
    assert isinstance(states, list)
    assert [state.shape[1] for state in states] == np.atleast_1d(cell.state_size).tolist()


@every_variant_and_no_bias
def test_step_by_step_equals_the_sequence(make, x: np.ndarray):
    cell = make(UNITS)
    whole = with_random_weights(rnn(cell))(x)
    states = first_states(cell)
    for t in range(TIME):
        output, states = cell(x[:, t], states)
        close(whole[:, t], output)


@every_variant
@pytest.mark.parametrize("training", [False, True], ids=["inference", "training"])
def test_projection_of_the_sequence_equals_that_of_each_step(make, x: np.ndarray, training: bool):
    x, cell = to_tensor(x), make(UNITS, dropout=0.5, seed=1)
    with_random_weights(rnn(cell))
    # A cell called by hand keeps its mask.
    whole = cell.project(x, training=training)
    assert whole.shape == (BATCH, TIME, len(cell.blocks) * UNITS)
    for t in range(TIME):
        close(whole[:, t], cell.project(x[:, t], training=training))
    dropped = not np.allclose(to_numpy(whole), to_numpy(cell.project(x)))
    assert dropped == training, "expected training to drop features, and nothing else to"


@every_variant
def test_mask_equals_the_shorter_sequence(make, x: np.ndarray):
    """The rows are padded left, right and in between."""
    layer = with_random_weights(rnn(make(UNITS), return_sequences=False))
    mask = np.array([[0, 0, 1, 1, 1], [1, 1, 1, 0, 0], [1, 0, 1, 0, 1]], bool)
    close(layer(x, mask=mask), layer(x[mask].reshape(BATCH, 3, FEATURES)))


@every_form
def test_bidirectional_equals_two_layers(make, x: np.ndarray):
    layer = keras.layers.Bidirectional(rnn(make(UNITS)))
    with_random_weights(layer)
    forward = to_numpy(layer.forward_layer(x))
    backward = to_numpy(layer.backward_layer(x))[:, ::-1]
    close(layer(x), np.concatenate([forward, backward], axis=-1))


@every_form
def test_model_trains_and_gives_the_same_output_when_loaded(make, tmp_path):
    # Some draws of a few rectified units have none that is active, and so no gradient.
    keras.utils.set_random_seed(1)
    x = draw_inputs(batch=16)
    cells = [make(UNITS, **dict.fromkeys(options_of(make, "dropout"), 0.1)), make(3)]
    model = keras.Sequential([keras.Input((None, FEATURES)), rnn(cells, return_sequences=False)])
    before = model.get_weights()
    model.compile("sgd", "mse", jit_compile=COMPILED)
    model.fit(x, np.ones((16, 3), "float32"), verbose=0)
    for weight, old in zip(model.weights, before, strict=True):
        assert np.any(to_numpy(weight) != old), f"{weight.name} did not move"
    model.save(tmp_path / "model.keras")
    close(keras.models.load_model(tmp_path / "model.keras")(x), model(x))


@every_form
def test_dropout_keeps_its_mask_over_a_sequence(make):
    x = draw_inputs(batch=18)
    layer = with_random_weights(rnn(make(UNITS, dropout=0.5, seed=1)))
    first, second = (to_numpy(layer(x, training=True)) for _ in range(2))
    check_drawn(first, with_each_mask(layer, x))
    assert not np.allclose(first, second), "expected new masks in the second call"


@every_recurrent_variant
def test_recurrent_dropout_keeps_its_mask_over_a_sequence(make):
    x = draw_inputs(batch=18)
    layer = with_random_weights(rnn(make(2, recurrent_dropout=0.5, seed=1)))
    check_drawn(to_numpy(layer(x, training=True)), with_each_recurrent_mask(layer, x))


@every_variant
def test_step_in_mixed_precision_returns_the_compute_dtype(make, x: np.ndarray):
    cell = make(UNITS, dtype="mixed_float16", **dict.fromkeys(options_of(make, "dropout"), 0.1))
    states = [to_tensor(np.zeros((BATCH, UNITS), "float32")) for _ in cell.states]
    output, new_states = cell(x[:, 0], states, training=True)
    assert {dtype_name(tensor) for tensor in [output, *new_states]} == {"float16"}
    assert {dtype_name(weight) for weight in cell.weights} == {"float32"}


# Options


@every_variant
def test_config_round_trip(make):
    options = {
        name: value for ending, value in NOT_DEFAULT.items() for name in options_of(make, ending)
    }
    cell = make(UNITS, name="mine", dtype="mixed_float16", **options)
    config = json.loads(json.dumps(cell.get_config()))
    again = type(cell).from_config(config)
    assert again.get_config() == cell.get_config()
    own = [base for base in type(cell).__mro__ if issubclass(base, RecurrentCell)]
    named = {name for base in own for name in inspect.signature(base.__init__).parameters}
    missing = named - {"self", "args", "kwargs", "options"} - set(config)
    for name in missing:
        with pytest.raises(ValueError, match=f"has no use for {name}"):
            make(UNITS, **{name: "nope"})


@every_variant
def test_each_activation_reaches_the_step(make, x: np.ndarray):
    names = options_of(make, "activation")
    outputs = []
    for options in [{}, *({name: lambda a: 0.5 + 0.1 * a} for name in names)]:
        cell = make(UNITS, **options)
        with_random_weights(rnn(cell))
        # Not zeros, which no gate changes.
        states = [0.5 + state for state in map(to_numpy, first_states(cell))]
        outputs.append(to_numpy(cell(x[:, 0], [to_tensor(s) for s in states])[0]))
    for name, changed in zip(names, outputs[1:], strict=True):
        assert not np.allclose(changed, outputs[0], atol=1e-3), f"{name} changes nothing"
