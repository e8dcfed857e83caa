"""Compare the cells in `keras.layers.RNN` with Keras's built-in layers: time.

    python -m benchmarks.speed        (5 minutes on two idle cores)

A row compares, at the same weights and on the same batch,

- `built_in`: `keras.layers.LSTM(units)`, or GRU, or SimpleRNN;
- `keras_cell`: `keras.layers.RNN(keras.layers.LSTMCell(units))`, which on a CPU computes the same
  graph as `built_in`, so its ratio shows what is noise;
- `custom`: `keras.layers.RNN(custom_cells.LSTMCell(units))`.

Each is the only layer of a model and returns its last output; nothing is unrolled, masked or
dropped. On a GPU `built_in` would run cuDNN, which a cell cannot: this script hides GPUs.
`step` is "forward", a call of the model, or "training", `train_step` with Adam and the squared
error; either is one `tf.function` with the `jit_compile` of the row, traced before the clock runs.

The contenders take turns in one process, in a new random order each round. A ratio is the median
over the rounds of a contender's time by that of `built_in` in the same round, so that a slow spell
of the machine cancels; `q1` and `q3` are the quartiles of these ratios. `built_in_ms` depends on
the machine. The stored rows were measured on idle cores.
"""

import os
from collections.abc import Callable
from functools import partial

os.environ["CUDA_VISIBLE_DEVICES"] = "-1"

import keras
import numpy as np
import tensorflow as tf
from keras import layers

import custom_cells
from experiments import store
from experiments.turns import milliseconds, ratios, take_turns

ROUNDS, SECONDS = 40, 5
SIZES = [
    {"batch": 32, "time": 25, "features": 32, "units": 32},
    {"batch": 32, "time": 100, "features": 64, "units": 128},
    {"batch": 64, "time": 50, "features": 128, "units": 256},
]
KINDS = [
    {"layer": layer, "jit_compile": jit_compile}
    for layer in ("LSTM", "GRU", "SimpleRNN")
    for jit_compile in (False, True)
]
STEPS = ("forward", "training")
CONTENDERS = {
    "built_in": lambda layer, units: getattr(layers, layer)(units),
    "keras_cell": lambda layer, units: layers.RNN(getattr(layers, f"{layer}Cell")(units)),
    "custom": lambda layer, units: layers.RNN(getattr(custom_cells, f"{layer}Cell")(units)),
}


def make_model(layer: layers.Layer, size: dict[str, int]) -> keras.Model:
    model = keras.Sequential([keras.Input((size["time"], size["features"])), layer])
    # The model's own jit_compile concerns `fit`, which is not called.
    model.compile("adam", "mse")
    return model


def make_batch(size: dict[str, int]) -> tuple[tf.Tensor, tf.Tensor]:
    generator = np.random.default_rng(0)
    shapes = (size["batch"], size["time"], size["features"]), (size["batch"], size["units"])
    x, y = (tf.constant(generator.normal(size=shape), "float32") for shape in shapes)
    return x, y


def make_step(model: keras.Model, step: str, jit_compile: bool) -> Callable:
    if step == "forward":
        return tf.function(lambda x, y: model(x), jit_compile=jit_compile)
    return tf.function(lambda x, y: model.train_step((x, y)), jit_compile=jit_compile)


def compare_times(layer: str, step: str, jit_compile: bool, **size: int) -> store.Settings:
    batch = make_batch(size)
    models = {
        contender: make_model(make_layer(layer, size["units"]), size)
        for contender, make_layer in CONTENDERS.items()
    }
    steps = {}
    for contender, model in models.items():
        model.set_weights(models["built_in"].get_weights())
        steps[contender] = partial(make_step(model, step, jit_compile), *batch)
        for _ in range(5):
            steps[contender]()
    took = take_turns(steps, ROUNDS, SECONDS)
    row = {"rounds": len(took["built_in"]), "built_in_ms": milliseconds(took["built_in"])}
    for contender in ("keras_cell", "custom"):
        row |= ratios(contender, took, "built_in")
    return row


def trainings() -> list[store.Settings]:
    return [size | kind | {"step": step} for size in SIZES for kind in KINDS for step in STEPS]


if __name__ == "__main__":
    store.fill(__file__, trainings, compare_times)
