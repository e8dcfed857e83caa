"""What more every exported cell does, tested on TensorFlow; test_contract.py runs everywhere."""

import doctest
import functools
import inspect
import re

import numpy as np
import pytest
import tensorflow as tf
from cells import (
    BATCH,
    CELLS,
    TIME,
    UNITS,
    check_drawn,
    close,
    draw_inputs,
    draw_states,
    every_cell,
    every_form,
    every_recurrent_form,
    every_variant,
    every_variant_and_no_bias,
    first_states,
    gradients,
    loss_of,
    options_of,
    rnn,
    with_each_recurrent_mask,
    with_random_weights,
)

from custom_cells import (
    AntisymmetricRNNCell,
    ClockworkRNNCell,
    CoRNNCell,
    DeltaNetCell,
    DeltaProductCell,
    GatedAntisymmetricRNNCell,
    JANETCell,
    LayerNormGRUCell,
    LayerNormLSTMCell,
    LayerNormRNNCell,
    LEMCell,
    LMUCell,
    LRUCell,
    LSTMCell,
    LTCCell,
    RecurrentCell,
    ResidualCell,
    RHNCell,
    S6Cell,
    SCRNCell,
    SimpleRNNCell,
    UnICORNNCell,
    ZoneoutCell,
)
from custom_cells._keras import keras


@pytest.fixture
def x() -> np.ndarray:
    return draw_inputs()


# Entries of the recurrent kernel without effect: the diagonal of U − Uᵀ is 0, and of modules with
# the periods 1, 2, 4 and 8 none reads a faster one.
IDLE = {
    AntisymmetricRNNCell: np.eye(UNITS, dtype=bool),
    GatedAntisymmetricRNNCell: np.eye(UNITS, dtype=bool),
    ClockworkRNNCell: np.triu(np.ones((UNITS, UNITS), bool), 1),
}


@every_variant_and_no_bias
def test_gradient_reaches_every_weight(make, x: np.ndarray):
    # Rows enough that each unit of a rectified cell is active in some, and every clock strikes.
    x = np.concatenate([x, -x, x[::-1], -2 * x[::-1]])
    layer = with_random_weights(rnn(make(UNITS)))
    states = [tf.constant(state, "float32") for state in draw_states(layer.cell, len(x))]
    found = gradients(layer, x, initial_state=states)
    for weight, gradient in zip(layer.trainable_weights, found, strict=True):
        idle = np.zeros_like(gradient, bool)
        if weight.name == "recurrent_kernel":
            idle |= IDLE.get(type(layer.cell), idle)
        np.testing.assert_array_equal(gradient == 0, idle, f"entries of {weight.name} are idle")


@every_variant
@pytest.mark.parametrize("time", [2, 7])
def test_gradients_equal_finite_differences(make, time: int):
    layer = rnn(make(UNITS, dtype="float64"), dtype="float64", return_state=True)
    x = draw_inputs(time=time).astype("float64")
    with_random_weights(layer, x.shape)
    call = {"initial_state": [tf.constant(state) for state in draw_states(layer.cell)]}
    rng = np.random.default_rng(3)
    weights, step = layer.trainable_weights, 1e-6
    values = [weight.numpy().copy() for weight in weights]
    ways = [rng.normal(size=value.shape) for value in values]
    parts = list(map(np.vdot, gradients(layer, x, **call), ways))
    losses = []
    for sign in (-1, 1):
        for weight, value, way in zip(weights, values, ways, strict=True):
            weight.assign(value + sign * step * way)
        losses.append(loss_of(layer(x, **call)))
    # The parts may cancel, so what they add up to is no measure of its error.
    error = sum(parts) - (losses[1] - losses[0]) / (2 * step)
    assert abs(error) <= 1e-6 * np.abs(parts).sum(), f"off by {error} in {parts}"


@every_variant
def test_large_inputs_and_masked_rows_give_no_nan(make, x: np.ndarray):
    mask = np.ones((BATCH, TIME), bool)
    mask[1] = False
    layer = rnn(make(UNITS))
    outputs = layer(1e4 * x, mask=mask)
    assert np.all(np.isfinite(outputs))
    close(outputs[1], np.zeros((TIME, layer.cell.output_size)))
    for weight, gradient in zip(
        layer.trainable_weights, gradients(layer, 1e4 * x, mask=mask), strict=True
    ):
        assert np.all(np.isfinite(gradient)), f"{weight.name} has a gradient that is not finite"


def test_two_thousand_steps_give_no_nan():
    x, mask = draw_inputs(time=2000), np.ones((BATCH, 2000), bool)
    mask[1] = False
    layers = {cell.__name__: rnn(cell(UNITS), return_sequences=False) for cell in CELLS}

    @tf.function  # one graph, in which the loops of the cells run side by side
    def run(x):
        return {name: layer(x, mask=tf.constant(mask)) for name, layer in layers.items()}

    for scale in (1, 1e4):
        for name, output in run(tf.constant(scale * x, "float32")).items():
            assert np.all(np.isfinite(output)), f"{name} at {scale}"


@every_recurrent_form
def test_recurrent_dropout_keeps_its_mask_over_an_unrolled_sequence(make):
    x = draw_inputs(batch=18)
    layer = with_random_weights(rnn(make(2, recurrent_dropout=0.5, seed=1), unroll=True))
    first, second = layer(x, training=True), layer(x, training=True)
    check_drawn(first, with_each_recurrent_mask(layer, x))
    assert not np.allclose(first, second), "expected new masks in the second call"


@every_form
def test_dropout_repeats_with_the_seed(make, x: np.ndarray):
    def draw(seed: int) -> list:
        cell = make(UNITS, seed=seed, **dict.fromkeys(options_of(make, "dropout"), 0.5))
        with_random_weights(rnn(cell))
        step = cell(x[:, 0], draw_states(cell), training=True)
        return np.array(step[0])

    close(draw(1), draw(1))
    assert not np.array_equal(draw(1), draw(2))


@every_variant
@pytest.mark.parametrize("kind", ["regularizer", "constraint"])
def test_regularizers_and_constraints_reach_their_weights(make, kind: str):
    value = {"regularizer": keras.regularizers.L2(0.5), "constraint": keras.constraints.NonNeg()}
    options = options_of(make, kind)
    assert options
    for option in options:
        cell = make(UNITS, **{option: value[kind]})
        cell.build((None, 2))
        reached = [weight.name for weight in cell.weights if getattr(weight, kind) is not None]
        assert reached == [option.removesuffix(f"_{kind}").replace("recurrent", "recurrent_kernel")]
        assert len(cell.losses) == (kind == "regularizer")


@pytest.mark.parametrize("cell", [SimpleRNNCell, LSTMCell])
def test_numpy_integer_becomes_an_integer(cell):
    assert type(cell(np.int64(UNITS)).units) is int


# What every cell has from RecurrentCell is tested on one, and that it has it on each.
BAD_OPTIONS = [
    ("units", 0),
    ("dropout", 1.0),
    ("recurrent_dropout", 1.5),
    ("activation", "nope"),
    ("recurrent_activation", "nope"),
    ("typo", 1),
]
MORE_BAD_OPTIONS = [
    *[("units", value) for value in (-1, 2.0, True, "4", None, np.float32(3), [4], float("nan"))],
    *[("dropout", value) for value in (1, -0.1, float("nan"), True, "0.5", None)],
    ("activation", 5),
]


@pytest.mark.parametrize(
    ("cell", "option", "value"),
    [(cell, *bad) for cell in CELLS for bad in BAD_OPTIONS]
    + [(CELLS[0], *bad) for bad in MORE_BAD_OPTIONS],
)
def test_bad_option_is_named(cell, option: str, value):
    with pytest.raises((TypeError, ValueError), match=option):
        cell(**{"units": UNITS} | {option: value})


@pytest.mark.parametrize(
    ("attributes", "words"),
    [
        ({"blocks": 3}, "blocks to be a string of different letters, got 3"),
        ({"blocks": ""}, "blocks to be a string of different letters"),
        ({"blocks": "igi"}, "blocks to be a string of different letters, got 'igi'"),
        ({"states": "hh"}, "states to be a string of different letters, got 'hh'"),
        ({"blocks": "ig", "gates": "f"}, "gates to be letters of its blocks 'ig', got 'f'"),
        ({"gates": "ii"}, "gates to be a string of different letters, got 'ii'"),
        ({"gates": ["i"]}, "gates to be a string of different letters, got .'i'"),
        ({"blocks": "ig", "start": {"f": 1.0}}, "a number for letters of its blocks 'ig'"),
        ({"blocks": "ig", "start": {"i": "1"}}, "a number for letters of its blocks 'ig'"),
        ({"blocks": "ig", "start": "i"}, "a number for letters of its blocks 'ig', got 'i'"),
        ({"blocks": "ig", "draws": {"f": "zeros"}}, "an initializer for letters of its blocks"),
        ({"blocks": "ig", "biased": "g"}, "biased to be the first letters of its blocks 'ig'"),
        ({"defaults": {"typo": 1}}, "defaults to name options that it has a use for, got .'typo'"),
        ({"defaults": {"recurrent_activation": "relu"}}, "defaults to name options that it has"),
    ],
)
def test_letters_that_do_not_fit_are_named(attributes: dict, words: str):
    with pytest.raises(ValueError, match=f"^Mine expects .*{words}"):
        type("Mine", (RecurrentCell,), attributes)


class LeakyCell(RecurrentCell):
    blocks, states, gates = "zg", "h", "z"
    defaults = {
        "activation": "relu",
        "recurrent_initializer": functools.partial(keras.initializers.RandomUniform, 2, 3),
    }

    def __init__(self, units, *args, leak: float = 0.1, **options):
        super().__init__(units, *args, **options)
        self.leak = leak


class SlowCell(LeakyCell):
    def __init__(self, units, *args, slow: bool = True, unsaved: int = 0, **options):
        super().__init__(units, *args, **options)
        self.slow = slow


def test_options_that_a_constructor_adds_are_kept_under_their_names():
    assert LeakyCell(UNITS, leak=0.5).get_config()["leak"] == 0.5
    config = SlowCell(UNITS, leak=0.5, slow=False).get_config()
    assert (config["leak"], config["slow"]) == (0.5, False)
    assert "unsaved" not in config  # nothing holds it
    again = SlowCell.from_config(config)
    assert again.get_config() == config


def test_defaults_give_way_to_what_is_given():
    start = keras.initializers.Constant(4.0)
    for made in (LeakyCell(UNITS, "tanh"), LeakyCell(UNITS, activation="tanh")):
        assert made.activation is keras.activations.tanh
    for made in (LeakyCell(UNITS), SlowCell(UNITS, recurrent_initializer=start)):
        assert made.activation is keras.activations.relu
    assert made.recurrent_initializer is start
    # Those of two cells are two, and start differently.
    first, second = (LeakyCell(UNITS).recurrent_initializer((5, 5)) for _ in range(2))
    assert np.all(np.abs(np.array(first) - 2.5) <= 0.5)
    assert not np.array_equal(first, second)


def test_signature_tells_the_options_in_use_and_their_defaults():
    class OpenCell(RecurrentCell):
        defaults = {"activation": "relu"}

    told = inspect.signature(OpenCell).parameters
    assert told["activation"].default == "relu"
    assert list(told)[:3] == ["units", "activation", "use_bias"]  # no recurrent_activation

    class WideCell(OpenCell):
        def __init__(self, units, *args, width: int = 2, **options):
            super().__init__(units, *args, **options)

    for cell, option in ((WideCell, "width"), (LRUCell, "r_min"), (LSTMCell, "t_max")):
        assert option in inspect.signature(cell).parameters


def test_initializers_given_by_position_reach_the_lem():
    cell = LEMCell(UNITS, "tanh", "sigmoid", True, "ones", "zeros", "ones")
    cell.build((None, 2))
    for weight, value in zip(cell.get_weights(), (1, 0, 1), strict=True):
        close(weight, np.full(weight.shape, value))


def test_cell_without_step_is_named(x: np.ndarray):
    with pytest.raises(NotImplementedError, match="Mine must define step"):
        type("Mine", (RecurrentCell,), {})(UNITS)(x[:, 0], [np.zeros((BATCH, UNITS), "float32")])


@every_cell
def test_docstring_names_the_blocks_in_their_order(cell):
    text, letters = inspect.getdoc(cell), cell.blocks
    if len(letters) > 1:
        shared = cell(1).kernel_width == 1  # one matrix W for all blocks
        weights = " ".join(f"{'b' if shared else 'W'}_{letter}" for letter in letters)
        assert f"[{weights}]" in text, f"expected the weights [{weights}]"
    equations = re.findall(r"^ +(.+) = σ\(", text, re.MULTILINE)
    gates = re.findall(r"\w(?=\(t\))", " ".join(equations))
    assert "".join(gates) == cell.gates, f"expected σ to give {cell.gates}, found {gates}"
    assert list(inspect.signature(cell.step).parameters)[1:-1] == ["x", *cell.states]


@pytest.mark.parametrize("cell", [SimpleRNNCell, LSTMCell])
@pytest.mark.parametrize(
    ("case", "words"),
    [
        ("one axis", "expects one step of shape"),
        ("three axes", "expects one step of shape"),
        ("more features", r"expects inputs of shape \(batch, 2\)"),
        ("too few states", "expects a list of . states, got"),
        ("too many states", "expects a list of . states, got"),
        ("wider states", r"expects states of shape \(batch, 4\), got \(3, 5\)"),
        ("states of three axes", r"expects states of shape \(batch, 4\)"),
        ("states of None", r"expects states of shape \(batch, 4\), got None"),
    ],
)
def test_bad_input_is_named_and_leaves_the_cell_usable(cell, x: np.ndarray, case: str, words: str):
    cell = cell(UNITS)
    step, states = x[:, 0], first_states(cell)
    good, _ = cell(step, states)
    bad = {
        "one axis": (step[0], states),
        "three axes": (x, states),
        "more features": (np.ones((BATCH, 3), "float32"), states),
        "too few states": (step, states[1:]),
        "too many states": (step, [*states, states[0]]),
        "wider states": (step, [np.ones((BATCH, 5), "float32")] * len(states)),
        "states of None": (step, [None] * len(states)),
        "states of three axes": (step, [np.ones((BATCH, 1, UNITS), "float32")] * len(states)),
    }
    with pytest.raises(ValueError, match=words):
        cell(*bad[case])
    close(cell(step, states)[0], good)


# Keras 2 takes a regularizer of any name, so this is no part of the contract.
@pytest.mark.parametrize("cell", [SimpleRNNCell, LSTMCell])
@pytest.mark.parametrize(
    "option", ["seed", "kernel_initializer", "kernel_regularizer", "kernel_constraint"]
)
def test_option_that_keras_3_checks_is_named(cell, option: str):
    with pytest.raises(ValueError, match=rf"{option.rpartition('_')[-1]}.*nope"):
        cell(UNITS, **{option: "nope"})


@pytest.mark.parametrize("cell", [SimpleRNNCell, LSTMCell])
@pytest.mark.parametrize(
    ("case", "words"),
    [
        ("more features", r"expects inputs of shape \(batch, 2\).*got \(3, 3\)"),
        ("too many states", "expects a list of . states, got"),
        ("wider states", r"expects states of shape \(batch, 4\), got \(3, 5\)"),
        ("states of three axes", r"expects states of shape \(batch, 4\), got \(3, 1, 4\)"),
    ],
)
def test_bad_input_of_a_layer_is_named_and_leaves_it_usable(
    cell, x: np.ndarray, case: str, words: str
):
    layer = rnn(cell(UNITS))
    good = layer(x)
    count = len(layer.cell.states)
    zeros = np.zeros((BATCH, UNITS), "float32")
    bad = {
        "more features": (np.ones((BATCH, TIME, 3), "float32"), None),
        "too many states": (x, [zeros] * (count + 1)),
        "wider states": (x, [np.zeros((BATCH, 5), "float32")] * count),
        "states of three axes": (x, [zeros[:, None]] * count),
    }
    inputs, states = bad[case]
    with pytest.raises(ValueError, match=words):
        layer(inputs, initial_state=states)
    close(layer(x), good)


@pytest.mark.parametrize("cell", [SimpleRNNCell, LSTMCell])
def test_projection_before_the_build_is_named(cell, x: np.ndarray):
    cell = cell(UNITS)
    with pytest.raises(ValueError, match="expects to be built before it projects"):
        cell.project(x)
    assert rnn(cell)(x).shape == (BATCH, TIME, UNITS)


@pytest.mark.parametrize("cell", [SimpleRNNCell, LSTMCell])
@pytest.mark.parametrize("axes", [1, 4])
def test_projection_of_wrong_rank_is_named(cell, axes: int):
    cell = cell(UNITS)
    cell.build((None, 2))
    with pytest.raises(ValueError, match=r"expects inputs of shape .* got \("):
        cell.project(np.ones((2,) * axes, "float32"))


@pytest.mark.parametrize("cell", [SimpleRNNCell, LSTMCell])
@pytest.mark.parametrize("shape", [(BATCH, TIME, 2, 2), (BATCH, TIME), (BATCH, TIME, None)])
def test_layer_of_wrong_rank_is_not_built(cell, shape: tuple):
    cell = cell(UNITS)
    with pytest.raises(ValueError, match="expects each step to have the shape"):
        rnn(cell).build(shape)
    assert not cell.weights


@pytest.mark.parametrize("cell", [RecurrentCell, *CELLS, ResidualCell, ZoneoutCell])
def test_example_of_the_docstring_runs(cell):
    test = doctest.DocTestFinder(recurse=False).find(cell, globs={})[0]
    failed, attempted = doctest.DocTestRunner().run(test)
    assert attempted > 0, f"expected an example in the docstring of {cell.__name__}"
    assert failed == 0, f"{failed} of {attempted} lines of the example failed, see above"


def test_zoneout_repeats_with_its_seed(x: np.ndarray):
    def draw(seed: int) -> np.ndarray:
        return np.array(rnn(ZoneoutCell(cell, 0.5, seed=seed))(x, training=True))

    cell = LSTMCell(UNITS)
    first = draw(1)
    np.testing.assert_array_equal(draw(1), first)
    assert not np.array_equal(draw(2), first)


@pytest.mark.parametrize(
    ("cell", "option", "value"),
    [(JANETCell, "beta", value) for value in ("1", None, True, float("nan"), float("inf"))]
    + [
        (cell, "t_max", value)
        for cell in (JANETCell, LSTMCell)
        for value in (2, -5, "9", True, float("nan"), float("inf"))
    ]
    + [(SCRNCell, "alpha", value) for value in (-0.1, 1.1, "1", None, True, float("nan"))]
    + [(AntisymmetricRNNCell, "gamma", value) for value in (-1, "1", None, True, float("inf"))]
    + [(ClockworkRNNCell, "periods", value) for value in ((), (0,), (1.5,), (True,), "12")]
    + [
        (cell, "epsilon", value)
        for cell in (
            LayerNormRNNCell,
            LayerNormLSTMCell,
            LayerNormGRUCell,
            AntisymmetricRNNCell,
        )
        for value in (0, -1e-5, "1e-5", None, True, float("nan"), float("inf"))
    ]
    + [
        (cell, option, value)
        for cell, option in [
            (CoRNNCell, "gamma"),
            (CoRNNCell, "epsilon"),
            (CoRNNCell, "dt"),
            (UnICORNNCell, "alpha"),
            (UnICORNNCell, "dt"),
            (LEMCell, "dt"),
            (LMUCell, "theta"),
            (LRUCell, "r_max"),
            (LRUCell, "max_phase"),
        ]
        for value in (0, "1", True, float("nan"))
    ]
    + [
        (cell, option, value)
        for cell, option in [
            (DeltaNetCell, "key_dim"),
            (DeltaProductCell, "steps"),
            (RHNCell, "depth"),
            (LMUCell, "order"),
            (LTCCell, "unfolds"),
            (S6Cell, "state_dim"),
        ]
        for value in (0, 2.0, True, "4")
    ],
)
def test_bad_option_of_one_cell_is_named(cell, option: str, value):
    with pytest.raises(ValueError, match=f"expects {option} to be"):
        cell(UNITS, **{option: value})


def test_periods_must_be_counted_in_the_dtype_of_the_state():
    ClockworkRNNCell(UNITS, periods=(1, 2048), dtype="mixed_float16")
    with pytest.raises(ValueError, match="a common multiple up to 2048, to which float16 counts"):
        ClockworkRNNCell(UNITS, periods=(1, 4096), dtype="mixed_float16")


@pytest.mark.parametrize("cell", [JANETCell, LSTMCell])
def test_chrono_bias_needs_a_bias(cell):
    with pytest.raises(ValueError, match="expects use_bias where t_max is given"):
        cell(UNITS, t_max=10, use_bias=False)


@pytest.mark.parametrize(("r_min", "r_max"), [(-0.1, 1.0), (0.5, 0.5), (0.9, 1.1)])
def test_ring_outside_the_unit_disk_is_named(r_min: float, r_max: float):
    with pytest.raises(ValueError, match="expects 0 ≤ r_min < r_max ≤ 1, got"):
        LRUCell(UNITS, r_min=r_min, r_max=r_max)
