"""Every exported cell keeps the contract; those that Keras has too equal Keras's layers."""

import doctest
import functools
import inspect
import itertools
import json
import os
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

import custom_cells
from custom_cells.gated import RecurrentCell

BATCH, TIME, FEATURES, UNITS = 3, 5, 2, 4

CELLS = [getattr(custom_cells, name) for name in custom_cells.__all__ if name != "AbstractRNNCell"]
# Options that change the equations or the weights.
OPTIONS = {
    "GRUCell": [{"reset_after": False}],
    "LSTMCell": [{"unit_forget_bias": False}],
}
VARIANTS = [
    pytest.param(functools.partial(cell, **options), id=f"{cell.__name__}{options or ''}")
    for cell in CELLS
    for options in [{}, {"use_bias": False}, *OPTIONS.get(cell.__name__, [])]
]
BUILT_IN = [make for make in VARIANTS if hasattr(keras.layers, make.values[0].func.__name__)]
every_cell = pytest.mark.parametrize("cell", CELLS)
every_variant = pytest.mark.parametrize("make", VARIANTS)


@pytest.fixture
def x() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(BATCH, TIME, FEATURES)).astype("float32")


def rnn(cell, **options):
    return keras.layers.RNN(cell, **{"return_sequences": True} | options)


def with_random_weights(layer, x: np.ndarray):
    """Build the layer and draw its weights anew: a bias of zeros would hide errors."""
    layer(x)
    rng = np.random.default_rng(1)
    layer.set_weights([rng.normal(size=w.shape, scale=0.5) for w in layer.get_weights()])
    return layer


def close(got, expected, tolerance: float = 1e-6) -> None:
    got, expected = (keras.ops.convert_to_numpy(array) for array in (got, expected))
    assert got.shape == expected.shape, f"expected the shape {expected.shape}, got {got.shape}"
    np.testing.assert_allclose(got, expected, rtol=0, atol=tolerance)


def gradients(layer, x: np.ndarray, **call) -> list[np.ndarray]:
    """Return the gradient of each weight for a loss in which every output weighs differently."""
    with tf.GradientTape() as tape:
        outputs = layer(x, **call)
        loss = tf.reduce_sum(outputs * np.random.default_rng(2).normal(size=outputs.shape))
    return [np.array(g) for g in tape.gradient(loss, [w.value for w in layer.trainable_weights])]


# The contract


@every_variant
def test_shapes(make, x: np.ndarray):
    cell = make(UNITS)
    output, states = cell(x[:, 0], cell.get_initial_state(batch_size=BATCH))
    assert output.shape == (BATCH, cell.output_size)
    assert isinstance(states, list)
    assert [state.shape[1] for state in states] == np.atleast_1d(cell.state_size).tolist()


@every_variant
def test_step_by_step_equals_the_sequence(make, x: np.ndarray):
    cell = make(UNITS)
    whole = with_random_weights(rnn(cell), x)(x)
    states = cell.get_initial_state(batch_size=BATCH)
    for t in range(TIME):
        output, states = cell(x[:, t], states)
        close(whole[:, t], output)


@every_variant
def test_projection_of_the_sequence_equals_that_of_each_step(make, x: np.ndarray):
    cell = make(UNITS)
    with_random_weights(rnn(cell), x)
    whole = cell.project(x)
    assert whole.shape == (BATCH, TIME, cell.gates * UNITS)
    for t in range(TIME):
        close(whole[:, t], cell.project(x[:, t]))


@every_variant
@pytest.mark.parametrize("kept", [[2, 3, 4], [0, 1, 2], [0, 2, 4]], ids=["left", "right", "holes"])
def test_mask_equals_the_shorter_sequence(make, x: np.ndarray, kept: list[int]):
    layer = with_random_weights(rnn(make(UNITS), return_sequences=False), x)
    mask = np.tile(np.isin(np.arange(TIME), kept), (BATCH, 1))
    close(layer(x, mask=mask), layer(x[:, kept]))


@every_variant
def test_gradient_reaches_every_weight(make, x: np.ndarray):
    layer = with_random_weights(rnn(make(UNITS)), x)
    for weight, gradient in zip(layer.trainable_weights, gradients(layer, x), strict=True):
        assert np.all(gradient != 0), f"{weight.name} has entries without gradient"


@every_variant
def test_loaded_model_gives_the_same_output(make, x: np.ndarray, tmp_path):
    inputs = keras.Input((None, FEATURES))
    outputs = keras.layers.Bidirectional(rnn(make(UNITS)))(inputs)
    outputs = rnn([make(3), make(2)])(outputs)
    model = keras.Model(inputs, outputs)
    model.save(tmp_path / "model.keras")
    close(keras.models.load_model(tmp_path / "model.keras")(x), model(x))


@every_variant
def test_bidirectional_equals_two_layers(make, x: np.ndarray):
    layer = with_random_weights(keras.layers.Bidirectional(rnn(make(UNITS))), x)
    forward = layer.forward_layer(x)
    backward = layer.backward_layer(x)[:, ::-1]
    close(layer(x), np.concatenate([forward, backward], axis=-1))


@every_variant
def test_stacked_cells_equal_stacked_layers(make, x: np.ndarray):
    first, second = make(UNITS), make(3)
    stacked = with_random_weights(rnn(keras.layers.StackedRNNCells([first, second])), x)(x)
    close(stacked, rnn(second)(rnn(first)(x)))


@every_variant
def test_stateful_batches_equal_one_sequence(make, x: np.ndarray):
    cell = make(UNITS)
    whole = with_random_weights(rnn(cell), x)(x)
    layer = rnn(cell, stateful=True)
    for _ in range(2):
        for t in range(0, TIME, 2):
            close(layer(x[:, t : t + 2]), whole[:, t : t + 2])
        layer.reset_state()


@every_variant
def test_initial_state_continues_a_sequence(make, x: np.ndarray):
    cell = make(UNITS)
    layer = with_random_weights(rnn(cell, return_state=True), x)
    whole, *last = layer(x)
    _, *states = layer(x[:, :2])
    rest, *reached = layer(x[:, 2:], initial_state=states)
    close(rest, whole[:, 2:])
    assert len(reached) == cell.state_count
    for got, expected in zip(reached, last, strict=True):
        close(got, expected)


@every_variant
def test_go_backwards_equals_the_reversed_sequence(make, x: np.ndarray):
    cell = make(UNITS)
    forward = with_random_weights(rnn(cell), x)
    close(rnn(cell, go_backwards=True)(x), forward(np.ascontiguousarray(x[:, ::-1])))


@every_variant
def test_unrolled_equals_the_loop(make, x: np.ndarray):
    cell = make(UNITS)
    loop = with_random_weights(rnn(cell), x)
    close(rnn(cell, unroll=True)(x), loop(x))


@every_variant
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_mixed_precision_returns_the_compute_dtype(make, x: np.ndarray, dtype: str):
    cell = make(UNITS, dtype=f"mixed_{dtype}", dropout=0.1, recurrent_dropout=0.1)
    states = [np.zeros((BATCH, UNITS), "float32")] * cell.state_count
    output, new_states = cell(x[:, 0], states, training=True)
    layer = rnn(make(UNITS, dtype=f"mixed_{dtype}"), dtype=f"mixed_{dtype}")
    got = [output, *new_states, layer(x)]
    assert [keras.backend.standardize_dtype(tensor.dtype) for tensor in got] == [dtype] * len(got)
    assert {weight.dtype for weight in layer.weights} == {"float32"}


@every_variant
def test_large_inputs_and_masked_rows_give_no_nan(make, x: np.ndarray):
    mask = np.ones((BATCH, TIME), bool)
    mask[1] = False
    outputs = rnn(make(UNITS))(1e4 * x, mask=mask)
    assert np.all(np.isfinite(outputs))
    close(outputs[1], np.zeros((TIME, UNITS)))


# Dropout. With two features, or two units, each row has drawn one of four masks, and its output
# must be that of the one mask over the whole sequence.

MASKS = [np.array(mask, "float32") for mask in itertools.product([0, 2], repeat=2)]


def check_drawn(got, candidates: list) -> None:
    """Check that each row of `got` is that row of a candidate, and not always the same one's."""
    fits = np.array([[np.allclose(a, b, atol=1e-6) for a, b in zip(got, c, strict=True)]
                     for c in candidates])  # fmt: skip
    assert fits.any(axis=0).all(), "expected one mask for all steps of a row"
    assert fits.any(axis=1).sum() > 1, "expected masks to differ between rows"


@every_variant
@pytest.mark.parametrize("unroll", [False, True])
@pytest.mark.parametrize("wrap", [tf.function, lambda f: f], ids=["graph", "eager"])
def test_dropout_keeps_its_mask_over_a_sequence(make, x: np.ndarray, unroll: bool, wrap):
    x = np.concatenate([x] * 6)
    layer = rnn(make(UNITS, dropout=0.5, seed=1), unroll=unroll)
    with_random_weights(layer, x)
    call = wrap(functools.partial(layer, training=True))
    first, second = call(x), call(x)
    check_drawn(first, [layer(x * mask) for mask in MASKS])
    assert not np.allclose(first, second), "expected new masks in the second call"


@every_variant
@pytest.mark.parametrize("unroll", [False, True])
def test_recurrent_dropout_keeps_its_mask_over_a_sequence(make, x: np.ndarray, unroll: bool):
    x = np.concatenate([x] * 6)
    layer = rnn(make(2, recurrent_dropout=0.5, seed=1), unroll=unroll)
    with_random_weights(layer, x)
    first, second = layer(x, training=True), layer(x, training=True)
    kernel, recurrent_kernel, *bias = layer.get_weights()
    candidates = []
    for mask in MASKS:  # (h ∘ m) U = h (diag(m) U)
        layer.set_weights([kernel, mask[:, None] * recurrent_kernel, *bias])
        candidates.append(layer(x))
    check_drawn(first, candidates)
    assert not np.allclose(first, second), "expected new masks in the second call"


@every_cell
def test_dropout_repeats_with_the_seed(cell, x: np.ndarray):
    def draw():
        layer = rnn(cell(UNITS, dropout=0.5, recurrent_dropout=0.5, seed=1))
        return with_random_weights(layer, x)(x, training=True)

    close(draw(), draw())


# Options


@every_variant
def test_config_round_trip(make):
    options = {"activation": "relu", "dropout": 0.1, "recurrent_dropout": 0.2, "seed": 3}
    for weight in ("kernel", "recurrent", "bias"):
        options[f"{weight}_initializer"] = keras.initializers.RandomNormal(seed=1)
        options[f"{weight}_regularizer"] = keras.regularizers.L2(0.5)
        options[f"{weight}_constraint"] = keras.constraints.MaxNorm(2)
    cell = make(UNITS, name="mine", dtype="mixed_float16", **options)
    config = json.loads(json.dumps(cell.get_config()))
    again = type(cell).from_config(config)
    assert again.get_config() == cell.get_config()
    own = [base for base in type(cell).__mro__ if issubclass(base, RecurrentCell)]
    named = {name for base in own for name in inspect.signature(base.__init__).parameters}
    missing = named - {"self", "args", "kwargs", "options"} - set(config)
    assert not missing, f"the config lacks {missing}"


@every_variant
def test_regularizers_and_constraints_reach_the_weights(make, x: np.ndarray):
    options = {}
    for weight in ("kernel", "recurrent", "bias"):
        options[f"{weight}_regularizer"] = "l2"
        options[f"{weight}_constraint"] = "non_neg"
    layer = rnn(make(UNITS, **options))
    layer(x)
    assert len(layer.losses) == len(layer.weights)
    assert all(weight.constraint is not None for weight in layer.weights)


@every_cell
def test_numpy_integer_becomes_an_integer(cell):
    assert type(cell(np.int64(UNITS)).units) is int


@every_cell
@pytest.mark.parametrize(
    ("option", "value"),
    [("units", value) for value in (0, -1, 2.0, True, "4", None, np.float32(3), [4])]
    + [("dropout", value) for value in (1, 1.0, -0.1, float("nan"), True, "0.5", None)]
    + [("recurrent_dropout", 1.5), ("activation", "nope"), ("activation", 5)]
    + [("recurrent_activation", "nope"), ("kernel_initializer", "nope"), ("typo", 1)],
)
def test_bad_option_is_named(cell, option: str, value):
    words = "nope" if option == "kernel_initializer" else option
    with pytest.raises(ValueError, match=words):
        cell(**{"units": UNITS} | {option: value})


@every_cell
@pytest.mark.parametrize(
    ("case", "words"),
    [
        ("one axis", "expects one step of shape"),
        ("three axes", "expects one step of shape"),
        ("more features", r"expects inputs of shape \(batch, 2\)"),
        ("too few states", "expects a list of . states, got"),
        ("too many states", "expects a list of . states, got"),
        ("a bare state", "expects a list of . states, got"),
        ("wider states", r"expects states of shape \(batch, 4\), got \(3, 5\)"),
        ("states of three axes", r"expects states of shape \(batch, 4\)"),
    ],
)
def test_bad_input_is_named_and_leaves_the_cell_usable(cell, x: np.ndarray, case: str, words: str):
    cell = cell(UNITS)
    step, states = x[:, 0], cell.get_initial_state(batch_size=BATCH)
    good, _ = cell(step, states)
    bad = {
        "one axis": (step[0], states),
        "three axes": (x, states),
        "more features": (np.ones((BATCH, 3), "float32"), states),
        "too few states": (step, states[1:]),
        "too many states": (step, [*states, states[0]]),
        "a bare state": (step, states[0]),
        "wider states": (step, [np.ones((BATCH, 5), "float32")] * len(states)),
        "states of three axes": (step, [np.ones((BATCH, 1, UNITS), "float32")] * len(states)),
    }
    with pytest.raises(ValueError, match=words):
        cell(*bad[case])
    close(cell(step, states)[0], good)


@every_cell
@pytest.mark.parametrize("shape", [(BATCH, TIME, 2, 2), (BATCH, TIME), (BATCH, TIME, None)])
def test_layer_of_wrong_rank_is_not_built(cell, shape: tuple):
    cell = cell(UNITS)
    with pytest.raises(ValueError, match="expects each step to have the shape"):
        rnn(cell).build(shape)
    assert not cell.weights


# Against Keras


def masks_of(time: int) -> dict[str, np.ndarray | None]:
    lengths = np.array([time, time // 2, time // 3])[:, None]
    right = np.arange(time) < lengths
    holes = np.random.default_rng(3).random((BATCH, time)) < 0.6
    holes[:, 0] = [True, False, True]
    row = right.copy()
    row[1] = False
    return {"none": None, "right": right, "left": right[:, ::-1], "holes": holes, "masked row": row}


@pytest.mark.parametrize("make", BUILT_IN)
@pytest.mark.parametrize("kind", masks_of(3))
def test_outputs_and_gradients_equal_those_of_keras(make, kind: str):
    x = np.random.default_rng(0).normal(size=(BATCH, 50, FEATURES)).astype("float32")
    mask = masks_of(50)[kind]
    layer = with_random_weights(rnn(make(UNITS)), x)
    built_in = getattr(keras.layers, make.func.__name__.removesuffix("Cell"))
    reference = built_in(UNITS, return_sequences=True, **make.keywords)
    reference(x)
    reference.set_weights(layer.get_weights())
    got = [layer(x, mask=mask), *gradients(layer, x, mask=mask)]
    expected = [reference(x, mask=mask), *gradients(reference, x, mask=mask)]
    errors = [np.abs(a - b).max() / np.abs(b).max() for a, b in zip(got, expected, strict=True)]
    assert max(errors) <= 1e-5, f"relative errors of output and gradients: {errors}"


@pytest.mark.parametrize("make", BUILT_IN)
def test_defaults_are_those_of_keras(make, x: np.ndarray):
    built_in = getattr(keras.layers, make.func.__name__)
    cell, reference = make(UNITS, name="c"), built_in(UNITS, name="c", **make.keywords)
    assert cell.get_config() == reference.get_config()
    rnn(cell)(x), rnn(reference)(x)
    assert [w.shape for w in cell.weights] == [w.shape for w in reference.weights]
    if cell.use_bias:
        close(cell.bias, reference.bias)


# Elsewhere


@every_cell
def test_example_of_the_docstring_runs(cell):
    test = doctest.DocTestFinder(recurse=False).find(cell, globs={})[0]
    failed, attempted = doctest.DocTestRunner().run(test)
    assert attempted > 0, f"expected an example in the docstring of {cell.__name__}"
    assert failed == 0, f"{failed} of {attempted} lines of the example failed, see above"


KERAS_2 = """
import itertools
import numpy as np
import tensorflow as tf
import tf_keras as keras
import custom_cells

rng = np.random.default_rng(0)
x = rng.normal(size=(18, 5, 2)).astype("float32")
mask = rng.random((18, 5)) < 0.7

def run(layer):
    with tf.GradientTape() as tape:
        outputs = layer(x, mask=mask)
        loss = tf.reduce_sum(outputs**2)
    return [outputs.numpy(), *(g.numpy() for g in tape.gradient(loss, layer.trainable_weights))]

for name in custom_cells.__all__:
    cell = getattr(custom_cells, name)
    assert issubclass(cell, keras.layers.AbstractRNNCell), name
    if cell is custom_cells.AbstractRNNCell:
        continue
    layer = keras.layers.RNN(cell(4), return_sequences=True)
    layer(x)
    layer.set_weights([rng.normal(size=w.shape, scale=0.5) for w in layer.get_weights()])
    built_in = getattr(keras.layers, name.removesuffix("Cell"), None)
    if built_in:
        for options in [{}, {"reset_after": False}] if name == "GRUCell" else [{}]:
            ours = keras.layers.RNN(cell(4, **options), return_sequences=True)
            theirs = built_in(4, return_sequences=True, **options)
            ours(x), theirs(x)
            ours.set_weights([rng.normal(size=w.shape, scale=0.5) for w in ours.get_weights()])
            theirs.set_weights(ours.get_weights())
            for got, expected in zip(run(ours), run(theirs), strict=True):
                error = np.abs(got - expected).max() / np.abs(expected).max()
                assert error <= 1e-5, (name, options, error)

    dropping = keras.layers.RNN(cell(4, dropout=0.5, seed=1), return_sequences=True)
    dropping(x)
    call = tf.function(dropping)
    got = call(x, training=True).numpy()
    assert not np.allclose(got, call(x, training=True)), name
    masks = [np.array(m, "float32") for m in itertools.product([0, 2], repeat=2)]
    runs = [dropping(x * m).numpy() for m in masks]
    for row, drawn in enumerate(got):
        assert any(np.allclose(drawn, r[row], atol=1e-6) for r in runs), (name, row)

    inputs = keras.Input((None, 2))
    outputs = keras.layers.Bidirectional(
        keras.layers.RNN(cell(4, dropout=0.1, recurrent_dropout=0.1), return_sequences=True)
    )(inputs)
    model = keras.Model(inputs, keras.layers.RNN([cell(3), cell(2)])(outputs))
    model.compile("sgd", "mse")
    model.fit(x, np.zeros((18, 2)), verbose=0)
    model.save(FOLDER + "/model.keras")
    again = keras.models.load_model(FOLDER + "/model.keras")
    assert np.allclose(again(x), model(x), atol=1e-6), name
    half = cell(4, dtype="mixed_float16")
    output, states = half(x[:, 0], [tf.zeros((18, 4))] * half.state_count)
    assert {tensor.dtype for tensor in [output, *states]} == {tf.float16}, name

    for options in [{"activation": 5}, {"units": 0}, {"dropout": 1.0}]:
        try:
            cell(**{"units": 4} | options)
        except ValueError as error:
            assert next(iter(options)) in str(error), error
        else:
            raise AssertionError((name, options))
"""


def test_cells_on_keras_2(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", f"FOLDER = {str(tmp_path)!r}\n{KERAS_2}"],
        env=os.environ | {"TF_USE_LEGACY_KERAS": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
