"""Every exported cell keeps the contract, on each backend of Keras 3 and on Keras 2."""

import functools
import inspect
import json
import os

import numpy as np
import pytest
from cells import (
    BATCH,
    CELLS,
    TIME,
    UNITS,
    VARIANTS,
    check_drawn,
    close,
    draw_inputs,
    draw_states,
    dtype_name,
    every_form,
    every_recurrent_variant,
    every_variant,
    one_of_each_form,
    options_of,
    rnn,
    to_numpy,
    to_tensor,
    with_each_mask,
    with_each_recurrent_mask,
    with_random_weights,
)

from custom_cells import (
    AbstractRNNCell,
    GRUCell,
    LSTMCell,
    RecurrentCell,
    ResidualCell,
    ZoneoutCell,
    check_cell,
)
from custom_cells._keras import keras
from custom_cells.check import BACKEND

# Values that are no cell's default, by how the names of the options end.
NOT_DEFAULT = {
    "activation": "softsign",
    "initializer": keras.initializers.RandomNormal(seed=1),
    "regularizer": keras.regularizers.L2(0.5),
    "constraint": keras.constraints.MaxNorm(2),
    "dropout": 0.1,
    "seed": 3,
}
# Options that a config has only where they are given.
GIVEN = {LSTMCell: {"t_max": 9.0}}


@pytest.fixture
def x() -> np.ndarray:
    return draw_inputs()


@pytest.mark.parametrize("cell", [AbstractRNNCell, *CELLS])
def test_cell_is_an_abstract_rnn_cell(cell):
    assert issubclass(cell, getattr(keras.layers, "AbstractRNNCell", AbstractRNNCell))


def with_dropout(cell):
    return functools.partial(cell, 3, **dict.fromkeys(options_of(cell, "dropout"), 0.1))


# Of cells of one form one, but all on PyTorch, which takes a tenth of the others' seconds, and
# where the environment asks for it.
ALL = BACKEND == "torch" or "ALL_CELLS" in os.environ
SOME = CELLS if ALL else [one.values[0].func for one in one_of_each_form(VARIANTS)]
CHECKED = {cell.__name__: with_dropout(cell) for cell in SOME} | {
    "ZoneoutCell": lambda: ZoneoutCell(LSTMCell(3, dropout=0.1), [0.05, 0.5]),
    "ResidualCell": lambda: ResidualCell(GRUCell(3, dropout=0.1)),
    "both": lambda: ZoneoutCell(ResidualCell(LSTMCell(3)), [0.05, 0.5]),
    "LSTMCell of Keras": lambda: keras.layers.LSTMCell(3, dropout=0.1),
    "GRUCell of Keras": lambda: keras.layers.GRUCell(3, dropout=0.1),
}
# JAX draws no masks in the loop over time; the docstring of ZoneoutCell says so.
FAILS = {("jax", "ZoneoutCell"): ["gradients"], ("jax", "both"): ["gradients"]}


@pytest.mark.usefixtures("pooled")
@pytest.mark.parametrize("name", CHECKED)
def test_check_cell_finds_nothing(name: str, capsys):
    findings = check_cell(CHECKED[name], raise_error=False)
    failed = [finding.check for finding in findings if finding.outcome == "fails"]
    assert failed == FAILS.get((BACKEND, name), []), capsys.readouterr().out


@every_variant
@pytest.mark.parametrize("training", [False, True], ids=["inference", "training"])
def test_projection_of_the_sequence_equals_that_of_each_step(make, x: np.ndarray, training: bool):
    x, cell = to_tensor(x), make(UNITS, dropout=0.5, seed=1)
    with_random_weights(rnn(cell))
    # A cell called by hand keeps its mask.
    whole = cell.project(x, training=training)
    assert whole.shape == (BATCH, TIME, sum(cell.block_sizes))
    for t in range(TIME):
        close(whole[:, t], cell.project(x[:, t], training=training))
    dropped = not np.allclose(to_numpy(whole), to_numpy(cell.project(x)))
    assert dropped == training, "expected training to drop features, and nothing else to"


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
    states = [to_tensor(state.astype("float32")) for state in draw_states(cell)]
    output, new_states = cell(x[:, 0], states, training=True)
    assert {dtype_name(tensor) for tensor in [output, *new_states]} == {"float16"}
    assert {dtype_name(weight) for weight in cell.weights} == {"float32"}


# Options


@every_variant
def test_config_round_trip(make):
    options = {
        name: value for ending, value in NOT_DEFAULT.items() for name in options_of(make, ending)
    }
    options |= GIVEN.get(make.func, {})
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
        states = [to_tensor(state.astype("float32")) for state in draw_states(cell)]
        outputs.append(to_numpy(cell(x[:, 0], states)[0]))
    for name, changed in zip(names, outputs[1:], strict=True):
        assert not np.allclose(changed, outputs[0], atol=1e-3), f"{name} changes nothing"
