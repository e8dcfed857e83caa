"""Models of every cell, saved here and loaded elsewhere, give the same output."""

import contextlib
import functools
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import keras
import loader
import numpy as np
import pytest
import tensorflow as tf
from cells import CELLS, FEATURES, UNITS, close, rnn, variants

from custom_cells import (
    AntisymmetricRNNCell,
    CoRNNCell,
    GatedAntisymmetricRNNCell,
    LayerNormLSTMCell,
    LSTMCell,
    ResidualCell,
    UnICORNNCell,
    ZoneoutCell,
)

X = np.random.default_rng(0).normal(size=(3, 5, FEATURES)).astype("float32")


def wrapped(units: int, **options):
    """Return both wrappers around a cell, below one that makes the input as wide as it is."""
    cell = ZoneoutCell(ResidualCell(LSTMCell(units, **options)), [0.1, 0.5], seed=1)
    return keras.layers.StackedRNNCells([LSTMCell(units), cell])


# With dropout a model holds the state of a random generator, which no export may stumble over.
VARIANTS = [*variants(dropout=0.5, seed=2), pytest.param(wrapped, id="wrapped")]
# Their short steps would move the output too little to tell models apart.
LONGER_STEPS = {
    AntisymmetricRNNCell: {"epsilon": 1.0},
    GatedAntisymmetricRNNCell: {"epsilon": 1.0},
    CoRNNCell: {"dt": 0.5},
    UnICORNNCell: {"dt": 0.7},
}
# What check_cell does not ask, of cells with layers inside.
NESTED = {"norms": functools.partial(LayerNormLSTMCell, dropout=0.5, seed=2), "wrapped": wrapped}
nested = pytest.mark.parametrize("make", NESTED.values(), ids=NESTED)


def module_of(make) -> str:
    return getattr(make, "func", make).__module__.rpartition(".")[2]


@contextlib.contextmanager
def other_process():
    """Give a function that calls functions in a new process, which imports only their modules."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        yield lambda function, *args: pool.submit(function, *args).result()


@pytest.fixture(scope="module")
def elsewhere():
    with other_process() as call:
        yield call


def model_of(*layers, time: int | None = None) -> keras.Model:
    """Return a model with random weights: a bias of zeros would hide errors."""
    return with_random_weights(keras.Sequential([keras.Input((time, FEATURES)), *layers]))


def with_random_weights(model: keras.Model) -> keras.Model:
    rng = np.random.default_rng(1)
    model.set_weights([rng.normal(size=w.shape, scale=0.5) for w in model.get_weights()])
    return model


def equal(got: list, expected: list, tolerance: float = 1e-6) -> None:
    for a, b in zip(got, expected, strict=True):
        assert np.ptp(b) > 0.1, "equal outputs would mean nothing"
        close(a, b, tolerance)


# Keras's own files


def test_other_process_imports_the_cells_and_no_test(elsewhere):
    modules = elsewhere(loader.imported)
    assert "custom_cells" in modules
    assert not modules & {"test_saving", "cells"}


def test_class_is_named_where_custom_cells_is_not_imported(tmp_path):
    model_of(rnn(CELLS[0](UNITS))).save(tmp_path / "model.keras")
    message = f"Could not locate class '{CELLS[0].__name__}'"
    with other_process() as call, pytest.raises(TypeError, match=message):
        call(keras.models.load_model, tmp_path / "model.keras")


# Keras saves how many masks a cell has drawn neither in a model nor in weights: a loaded cell
# begins again with its seed. RNN draws masks in inference too, so both are called equally often.
@nested
def test_loaded_model_gives_the_same_output(make, tmp_path, elsewhere):
    layers = keras.layers.Bidirectional(rnn(make(UNITS))), rnn([make(UNITS), make(UNITS)])
    model = model_of(*layers)
    whole, weights = tmp_path / "model.keras", tmp_path / "model.weights.h5"
    model.save(whole)
    model.save_weights(weights)
    expected = loader.outputs(model, X)
    assert not np.allclose(*expected, atol=1e-2), "expected training to drop features"
    new = keras.models.model_from_json(model.to_json())
    assert not np.allclose(new(X), expected[0], atol=1e-2), "expected new weights to differ"
    loaded = elsewhere(loader.load, whole, weights, X)
    equal(loaded, 2 * expected)


@nested
def test_loaded_model_keeps_its_precision(make, tmp_path, elsewhere):
    # The policy is the default while the model is made, but not where it is loaded.
    keras.config.set_dtype_policy("mixed_float16")
    try:
        model = model_of(rnn(make(UNITS)))
    finally:
        keras.config.set_dtype_policy("float32")
    path = tmp_path / "model.keras"
    model.save(path)
    expected = loader.outputs(model, X)
    assert {str(array.dtype) for array in expected} == {"float16"}
    policies, outputs = elsewhere(loader.load_with_policies, path, X)
    assert policies == ["mixed_float16"] * 2
    equal(outputs, expected)


def test_file_of_the_first_version_loads():
    """It holds every cell and both wrappers, and its weights are those drawn here."""
    model = keras.models.load_model(Path(__file__).with_name("saved_by_0.1.keras"))
    rng = np.random.default_rng(1)
    for weight in model.get_weights():
        close(weight, rng.normal(size=weight.shape).astype("float32"))
    assert all(np.all(np.isfinite(output)) for output in model(X))


# Files that need neither Keras nor the cells


# Converting takes seconds, so the cells of a module stand in one model.
FAMILIES = {
    module: [one.values[0] for one in VARIANTS if module_of(one.values[0]) == module]
    for module in sorted({module_of(one.values[0]) for one in VARIANTS})
}


# The warning points to the package ai-edge-litert, which nothing else here needs.
@pytest.mark.parametrize("module", FAMILIES)
@pytest.mark.filterwarnings("ignore:.*tf.lite.Interpreter is deprecated:UserWarning")
def test_unrolled_model_runs_on_the_built_in_ops_of_litert(module: str, tmp_path):
    x, inputs = X[:, :3], keras.Input((3, FEATURES))
    outputs = []
    for make in FAMILIES[module]:
        options = LONGER_STEPS.get(getattr(make, "func", None), {})
        outputs.append(rnn(make(UNITS, **options), unroll=True)(inputs))
    model = with_random_weights(keras.Model(inputs, outputs))
    path = str(tmp_path / "model.tflite")
    built_in = {"supported_ops": [tf.lite.OpsSet.TFLITE_BUILTINS]}
    model.export(path, format="litert", target_spec=built_in, verbose=False)
    # A delegate would stand in the list in the place of the ops that it runs.
    resolver = tf.lite.experimental.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    interpreter = tf.lite.Interpreter(path, experimental_op_resolver_type=resolver)
    ops = {op["op_name"] for op in interpreter._get_ops_details()}
    assert "FULLY_CONNECTED" in ops
    assert all(op.isupper() for op in ops), f"only custom ops have lower case, got {ops}"
    run = interpreter.get_signature_runner()
    got = run(**dict.fromkeys(run.get_input_details(), x))
    for n, expected in enumerate(keras.tree.flatten(model(x))):
        equal([got[f"output_{n}"]], [expected], 1e-5)
