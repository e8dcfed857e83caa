"""Time a trained classifier of phrases, with a custom cell, in the ways in which it can leave.

    python -m experiments.nb16_exports        (about four minutes on two cores)

Beside requirements.txt this needs `pip install onnx tf2onnx onnxruntime`.

There is a row for each way, number of units and number of phrases at once. `away` is the largest
difference of a score from the model's own over the test phrases, `same` the number of them with
the same answer, `kB` the size of the file or folder. What counts is processor time, of one thread,
which other programs on the machine do not lengthen. The ways take turns, and `median`, `low` and
`high` are the time as a share of the graph's, `tf.function(model)`, in the same round: the median
of all rounds and the quartiles. Every phrase is read for STEPS characters.
"""

import tempfile
import time
import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from course import phrases
from custom_cells import GRUCell
from experiments import store, tasks

STEPS, EPOCHS, BATCH, RATE, ROUNDS = 24, 4, 128, 0.01, 60
WAYS = (
    "call",
    "predict",
    "graph",
    "XLA",
    "SavedModel",
    "LiteRT",
    "LiteRT, 8 bits",
    "LiteRT, by steps",
    "ONNX",
)
SLOW = {"call": 10, "predict": 10}  # these take so long that fewer rounds do
Run = Callable[[np.ndarray], np.ndarray]


@cache
def read() -> tuple[dict[str, np.ndarray], dict[str, np.ndarray], int]:
    """Return the first STEPS characters of each phrase, the labels, and the number of tokens."""
    texts, labels = phrases.read(tasks.DATA / "phrases.csv")
    known = sorted({character for text in texts["train"] for character in text})
    number = {character: n for n, character in enumerate(known, 2)}
    ids = {}
    for split, some in texts.items():
        ids[split] = np.zeros((len(some), STEPS), "int32")
        for row, text in zip(ids[split], some, strict=True):
            row[: len(text)] = [number.get(character, 1) for character in text[:STEPS]]
    return ids, labels, len(known) + 2


def build(units: int, steps: int | None = None, unroll: bool = False) -> keras.Sequential:
    embedding = layers.Embedding(read()[2], 32, mask_zero=True)
    recurrent = layers.RNN(GRUCell(units), unroll=unroll)
    inputs = keras.Input((steps,), dtype="int32")
    return keras.Sequential([inputs, embedding, recurrent, layers.Dense(10)])


@cache
def train(units: int) -> keras.Sequential:
    x, y, _ = read()
    keras.utils.set_random_seed(0)
    model = build(units)
    steps = EPOCHS * int(np.ceil(len(y["train"]) / BATCH))
    model.compile(
        keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(RATE, steps)),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    model.fit(x["train"], y["train"], batch_size=BATCH, epochs=EPOCHS, verbose=0)
    return model


def one_step(model: keras.Sequential, units: int) -> keras.Model:
    """Return the model that reads one character: id and state go in, scores and state come out."""
    embedding, recurrent, dense = model.layers
    character, before = keras.Input((), dtype="int32", name="id"), keras.Input((units,), name="h")
    vector = layers.Embedding(embedding.input_dim, embedding.output_dim, weights=embedding.weights)
    output, (after,) = recurrent.cell(vector(character), [before])
    return keras.Model([character, before], [dense(output), after])


def interpreter(path: str) -> Callable:
    with warnings.catch_warnings():  # it points to a package that is not needed here
        warnings.filterwarnings("ignore", ".*tf.lite.Interpreter is deprecated")
        return tf.lite.Interpreter(path, num_threads=1).get_signature_runner()


def run_lite(path: str) -> Run:
    run = interpreter(path)
    (name,) = run.get_input_details()
    return lambda x: next(iter(run(**{name: x}).values()))


def run_by_steps(path: str, units: int) -> Run:
    run = interpreter(path)

    def read_all(x: np.ndarray) -> np.ndarray:
        state, scores = np.zeros((len(x), units), "float32"), np.zeros((len(x), 10), "float32")
        for column in x.T:
            found = run(id=column, h=state)
            real = column[:, None] > 0
            scores = np.where(real, found["output_0"], scores)
            state = np.where(real, found["output_1"], state)
        return scores

    return read_all


def run_onnx(path: str) -> Run:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options)
    (name,) = (one.name for one in session.get_inputs())
    return lambda x: session.run(None, {name: x})[0]


def kilobytes(path: Path) -> float:
    files = [path] if path.is_file() else [one for one in path.rglob("*") if one.is_file()]
    return sum(one.stat().st_size for one in files) / 1000


@cache
def export(units: int) -> tuple[dict[str, Run], dict[str, float], tempfile.TemporaryDirectory]:
    """Return what runs each way, and the sizes of the files in kB."""
    model, folder = train(units), tempfile.TemporaryDirectory()
    place = Path(folder.name)
    model.export(place / "saved", verbose=False)
    twin = build(units, STEPS, unroll=True)
    twin.set_weights(model.get_weights())
    smaller = {"optimizations": [tf.lite.Optimize.DEFAULT]}
    step = one_step(model, units)
    for name, which, options in (
        ("whole", twin, {}),
        ("bits", twin, smaller),
        ("step", step, {}),
    ):
        which.export(place / f"{name}.tflite", format="litert", verbose=False, **options)
    model.export(place / "model.onnx", format="onnx", verbose=False)
    model.save(place / "model.keras")

    saved = tf.saved_model.load(place / "saved")
    graph = tf.function(model, reduce_retracing=True)
    xla = tf.function(model, jit_compile=True)
    runs = {
        "call": lambda x: model(x).numpy(),
        "predict": lambda x: model.predict(x, batch_size=len(x), verbose=0),
        "graph": lambda x: graph(tf.constant(x)).numpy(),
        "XLA": lambda x: xla(tf.constant(x)).numpy(),
        "SavedModel": lambda x: saved.serve(tf.constant(x)).numpy(),
        "LiteRT": run_lite(str(place / "whole.tflite")),
        "LiteRT, 8 bits": run_lite(str(place / "bits.tflite")),
        "LiteRT, by steps": run_by_steps(str(place / "step.tflite"), units),
        "ONNX": run_onnx(str(place / "model.onnx")),
    }
    files = {
        "SavedModel": "saved",
        "LiteRT": "whole.tflite",
        "LiteRT, 8 bits": "bits.tflite",
        "LiteRT, by steps": "step.tflite",
        "ONNX": "model.onnx",
    }
    sizes = {way: kilobytes(place / files.get(way, "model.keras")) for way in WAYS}
    return runs, sizes, folder


@cache
def seconds(units: int, at_once: int) -> dict[str, np.ndarray]:
    """Return the processor seconds of each round, by way."""
    runs, *_ = export(units)
    ids = read()[0]["test"]
    x = ids[np.all(ids > 0, axis=1)][:at_once]  # no padding: every way reads every character
    assert len(x) == at_once
    found = {way: np.full(ROUNDS, np.nan) for way in WAYS}
    for way in WAYS:
        runs[way](x)
    for turn in range(ROUNDS):
        for way in np.roll(WAYS, turn):
            if turn < SLOW.get(way, ROUNDS):
                start = time.process_time()
                runs[way](x)
                found[way][turn] = time.process_time() - start
    return found


def measure(units: int, at_once: int, way: str) -> store.Settings:
    runs, sizes, _ = export(units)
    ids = read()[0]["test"]
    expected = train(units).predict(ids, verbose=0)
    size = 64 if way in SLOW else at_once
    got = np.concatenate([runs[way](ids[n : n + size]) for n in range(0, len(ids), size)])
    taken = seconds(units, at_once)
    shares = taken[way] / taken["graph"]
    quantiles = {"low": 0.25, "median": 0.5, "high": 0.75}
    return {
        "away": f"{np.abs(got - expected).max():.1e}",
        "same": int(np.sum(got.argmax(axis=1) == expected.argmax(axis=1))),
        "of": len(got),
        "kB": f"{sizes[way]:.1f}",
        "ms per phrase": f"{1000 * np.nanmedian(taken[way]) / at_once:.4f}",
        **{name: f"{np.nanquantile(shares, q):.4f}" for name, q in quantiles.items()},
    }


def trainings() -> list[store.Settings]:
    return [
        {"units": units, "at once": at_once, "way": way}
        for units in (64, 256)
        for at_once in (1, 64)
        for way in WAYS
    ]


if __name__ == "__main__":
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    tf.get_logger().setLevel("ERROR")
    store.fill(__file__, trainings, lambda **row: measure(*row.values()))
