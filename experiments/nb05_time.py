"""Time a training step of SimpleRNN, GRU and LSTM with equal units, for notebook 05.

    python -m experiments.nb05_time        (about two minutes on two cores)

There is a row for each number of units, with XLA and without. What counts is processor time, of all
threads together, which other programs on the machine do not lengthen. The models take turns, and
what is kept is the time as a share of the LSTM's in the same round: the median of all rounds and,
as `low` and `high`, the quartiles.
"""

import time

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from experiments import store

LAYERS = {
    "SimpleRNN": layers.SimpleRNN,
    "GRU": layers.GRU,
    "GRU, reset before": lambda units: layers.GRU(units, reset_after=False),
    "LSTM": layers.LSTM,
}
STEPS, FEATURES, BATCH, ROUNDS = 24, 16, 64, 40


def make_step(layer: str, units: int, xla: bool):
    """Return a function that makes one training step, compiled and called once."""
    model = keras.Sequential(
        [keras.Input((STEPS, FEATURES)), LAYERS[layer](units), layers.Dense(10)]
    )
    optimizer = keras.optimizers.Adam(0.001, clipnorm=1.0)
    optimizer.build(model.trainable_variables)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    x = tf.random.stateless_normal((BATCH, STEPS, FEATURES), seed=(0, 0))
    y = tf.range(BATCH) % 10

    @tf.function(jit_compile=xla)
    def step() -> tf.Tensor:
        with tf.GradientTape() as tape:
            value = loss(y, model(x, training=True))
        weights = model.trainable_variables
        optimizer.apply(tape.gradient(value, weights), weights)
        return value

    step()
    return step


def measure(units: int, xla: bool) -> store.Settings:
    steps = {layer: make_step(layer, units, xla) for layer in LAYERS}
    seconds: dict[str, list[float]] = {layer: [] for layer in LAYERS}
    for turn in range(ROUNDS):
        # Each model comes first, second, … equally often.
        order = np.roll(list(LAYERS), turn)
        for layer in order:
            start = time.process_time()
            steps[layer]().numpy()
            seconds[layer].append(time.process_time() - start)
    row = {"LSTM ms": f"{1000 * np.median(seconds['LSTM']):.1f}"}
    for layer in list(LAYERS)[:-1]:
        shares = np.array(seconds[layer]) / np.array(seconds["LSTM"])
        for name, q in (("low", 0.25), ("median", 0.5), ("high", 0.75)):
            row[f"{layer} {name}"] = f"{np.quantile(shares, q):.2f}"
    return row


def trainings() -> list[store.Settings]:
    return [{"units": units, "xla": xla} for xla in (False, True) for units in (16, 64, 256)]


if __name__ == "__main__":
    store.fill(__file__, trainings, measure)
