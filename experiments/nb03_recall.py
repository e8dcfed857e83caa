"""Train notebook 03's models to remember the first symbol of a sequence over many steps.

    python -m experiments.nb03_recall        (about a quarter of an hour on two cores)

`start` is "default", or says what differs from Keras's initial weights: "gain g" multiplies the
recurrent kernel, "bias b" is the first bias of the gate that keeps (the LSTM's forget, the GRU's
update gate). `before` and the columns `after_N` are gradients with respect to the input, before and
after training: their norm at the first symbol, N steps before the last, as a share of that at the
last. Notebook 03 trains one row again.
"""

from collections.abc import Callable
from functools import cache

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from experiments import store
from experiments.tasks import SYMBOLS, draw_recall

UNITS, STEPS, BATCH = 32, 500, 64
LAYERS = ("SimpleRNN", "LSTM", "GRU")
LAGS = (5, 10, 20, 30, 40, 80)
STARTS = [
    ("SimpleRNN", "gain 0.8", (40,)),
    ("SimpleRNN", "gain 1.2", (40, 80)),
    ("LSTM", "bias 0", (40,)),
    ("LSTM", "bias 3", (40,)),
    ("LSTM", "bias 5", (40, 80, 160)),
    ("GRU", "bias 3", (40,)),
    ("GRU", "bias 5", (40, 80, 160)),
]


def build(layer: str, start: str = "default", dtype: str = "float32") -> keras.Sequential:
    model = keras.Sequential(
        [
            keras.Input((None, SYMBOLS)),
            getattr(layers, layer)(UNITS, dtype=dtype),
            layers.Dense(SYMBOLS // 2, dtype=dtype),
        ]
    )
    kind, _, value = start.partition(" ")
    kernel, recurrent_kernel, bias = model.layers[0].get_weights()
    if kind == "gain":
        recurrent_kernel *= float(value)
    elif kind == "bias" and layer == "LSTM":
        bias[UNITS : 2 * UNITS] = float(value)
    elif kind == "bias":
        bias[0, :UNITS] = float(value)
    model.layers[0].set_weights([kernel, recurrent_kernel, bias])
    return model


@cache
def make_gradients(layer: str) -> tuple[keras.Sequential, Callable]:
    """Return a model in float64, where small gradients are not rounded to 0, and their function."""
    model = build(layer, dtype="float64")
    entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    @tf.function(reduce_retracing=True)
    def gradients(x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = entropy(y, model(x))
        return tape.gradient(loss, x)

    return model, gradients


def shares(layer: str, weights: list[np.ndarray], lag: int, seed: int) -> np.ndarray:
    """Return the gradient's norm at lags 0, 1, … as a share of the norm at lag 0."""
    model, gradients = make_gradients(layer)
    model.set_weights(weights)
    x, y = draw_recall(BATCH, lag, seed)
    slopes = gradients(tf.constant(x, "float64"), tf.constant(y)).numpy()
    norms = np.sqrt(np.sum(slopes**2, axis=(0, 2)))[::-1]
    return norms / norms[0]


def train(layer: str, lag: int, rate: float, start: str, seed: int) -> store.Settings:
    keras.utils.set_random_seed(seed)
    model = build(layer, start)
    row = {"before": f"{shares(layer, model.get_weights(), lag, 2000 + seed)[lag]:.2e}"}
    model.compile(
        keras.optimizers.Adam(rate, clipnorm=1.0),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    x, y = draw_recall(STEPS * BATCH, lag, seed)
    model.fit(x, y, batch_size=BATCH, epochs=1, verbose=0)
    x, y = draw_recall(1000, lag, 1000 + seed)
    row["accuracy"] = f"{model.evaluate(x, y, batch_size=500, verbose=0)[1]:.3f}"
    after = shares(layer, model.get_weights(), 120, 2000 + seed)
    return row | {f"after_{at}": f"{after[at]:.2e}" for at in range(20, 121, 20)}


def trainings() -> list[store.Settings]:
    """Return the settings: the comparison, then other starts, then other rates."""
    grid = [
        (layer, lag, 0.003, "default", seed)
        for lag in LAGS
        for layer in LAYERS
        for seed in range(5)
    ]
    grid += [
        (layer, lag, 0.003, start, seed)
        for layer, start, lags in STARTS
        for lag in lags
        for seed in range(3)
    ]
    grid += [
        (layer, 40, rate, "default", seed)
        for layer in LAYERS
        for rate in (0.001, 0.01)
        for seed in range(3)
    ]
    columns = ("layer", "lag", "rate", "start", "seed")
    return [dict(zip(columns, one, strict=True)) for one in grid]


if __name__ == "__main__":
    store.fill(__file__, trainings, train)
