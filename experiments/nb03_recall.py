"""Train notebook 03's models to remember the first symbol of a sequence over many steps.

    python -m experiments.nb03_recall        (a little over an hour on one core)

A row is one training at a constant rate; `right_N` is the share of right answers on the validation
sequences after N updates, `gradient_N` the gradient with respect to the first symbol as a share of
that with respect to the last input, and `learnt` the updates after which 99 % were right for the
first time. A training stops early when 99.5 % were right in three checks in succession, CHECK
updates apart; its last values then stand in all later columns. `test` belongs to the last of them.
Columns beyond `updates`, the budget, are empty if nothing was learnt.

`start` is "default", Keras's initial weights, or "bias b": b is where the bias of the gate that
keeps starts (the LSTM's forget gate, the GRU's update gate, the leaky cell's only one, which is
at 0 by default as in the GRU). First all rates at lag 40 for 2,000 updates. The best has the
highest mean of `right_N` over all budgets and seeds; at that rate other lags follow.
"""

import math
from collections.abc import Callable
from functools import cache
from types import SimpleNamespace

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from custom_cells import SimpleRNNCell
from experiments import store
from experiments.recipe import Recipe
from experiments.tasks import SYMBOLS, Split, draw_recall

UNITS, BATCH, CHECK = 32, 64, 125
CHECKPOINTS = (125, 250, 500, 1000, 2000, 4000, 8000)
TRIED = {
    ("SimpleRNN", "default"): (0.001, 0.003, 0.01, 0.03, 0.1),
    ("Leaky", "default"): (0.001, 0.003, 0.01, 0.03, 0.1),
    ("LSTM", "default"): (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0),
    ("GRU", "default"): (0.003, 0.01, 0.03, 0.1, 0.3),
    ("Leaky", "bias 5"): (0.001, 0.003, 0.01),
    ("LSTM", "bias 5"): (0.001, 0.003, 0.01),
    ("GRU", "bias 5"): (0.001, 0.003, 0.01),
}
BEST = {  # of these rates
    ("SimpleRNN", "default"): 0.01,
    ("Leaky", "default"): 0.003,
    ("LSTM", "default"): 1.0,
    ("GRU", "default"): 0.1,
    ("Leaky", "bias 5"): 0.01,
    ("LSTM", "bias 5"): 0.003,
    ("GRU", "bias 5"): 0.01,
}
# Other lags and their updates, by the start; for the LSTM as it starts, more.
LAGS = {"default": {10: 2000, 20: 2000, 30: 4000, 80: 4000}, "bias 5": {80: 2000}}
LONGER = LAGS["default"] | {30: 8000, 40: 8000}
LATER = [
    (layer, start, rate, UNITS, lag, updates)
    for (layer, start), rate in BEST.items()
    for lag, updates in (LONGER if (layer, start) == ("LSTM", "default") else LAGS[start]).items()
]
# The LSTM also at 0.003, the best of its usual rates, and an earlier edition's choice.
LATER += [("LSTM", "default", 0.003, UNITS, *later) for later in LONGER.items()]
# As many units as give a plain RNN the parameters of an LSTM with 32.
LATER += [
    ("SimpleRNN", "default", rate, 67, lag, updates)
    for rate, lag, updates in ((0.01, 40, 2000), (0.003, 40, 2000), (0.003, 80, 4000))
]
CONSTANT = 10**9  # a cosine so long that nothing is seen of its fall

entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


class LeakyCell(SimpleRNNCell):
    """A share of the state stays: h(t) = a h(t−1) + (1 − a) tanh(x(t) W + b + h(t−1) U)."""

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        super().build(input_shape)
        self.keep = self.add_weight(shape=(self.units,), initializer="zeros", name="keep")

    def step(self, x, h, *, training=False):
        new, _ = super().step(x, h, training=training)
        a = ops.sigmoid(self.keep)
        h = a * h + (1 - a) * new
        return h, [h]


def build(
    layer: str, start: str = "default", units: int = UNITS, dtype: str = "float32"
) -> keras.Sequential:
    if layer == "Leaky":
        recurrent = layers.RNN(LeakyCell(units, dtype=dtype), dtype=dtype)
    else:
        recurrent = getattr(layers, layer)(units, dtype=dtype)
    model = keras.Sequential(
        [
            keras.Input((None, SYMBOLS)),
            recurrent,
            layers.Dense(SYMBOLS // 2, dtype=dtype),
        ]
    )
    if start != "default":
        *kernels, bias = recurrent.get_weights()
        keeps = {"LSTM": np.s_[units : 2 * units], "GRU": np.s_[0, :units], "Leaky": np.s_[:]}
        bias[keeps[layer]] = float(start.removeprefix("bias "))
        recurrent.set_weights([*kernels, bias])
    return model


@cache
def make_gradients(layer: str, units: int) -> tuple[keras.Sequential, Callable]:
    """Return a model in float64, where small gradients are not rounded to 0, and their function."""
    model = build(layer, units=units, dtype="float64")

    @tf.function(reduce_retracing=True)
    def gradients(x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = entropy(y, model(x))
        return tape.gradient(loss, x)

    return model, gradients


def share(layer: str, units: int, weights: list[np.ndarray], x: np.ndarray, y: np.ndarray) -> float:
    """Return the gradient's norm at the first step as a share of that at the last."""
    model, gradients = make_gradients(layer, units)
    model.set_weights(weights)
    slopes = gradients(tf.constant(x, "float64"), tf.constant(y)).numpy()
    first, last = (math.sqrt(np.sum(slopes[:, step] ** 2)) for step in (0, -1))
    return first / last


@cache
def make_recipe(layer: str, units: int, lag: int) -> SimpleNamespace:
    """Return the recipe of the model, and a compiled function that counts its right answers."""
    recipe = Recipe(lambda: build(layer, units=units), entropy, BATCH)

    @tf.function(jit_compile=True)
    def right(x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
        hits = tf.argmax(recipe.model(x), axis=1) == tf.cast(y, "int64")
        return tf.reduce_mean(tf.cast(hits, "float32"))

    return SimpleNamespace(recipe=recipe, right=right)


def sequences(updates: int, lag: int, seed: int) -> Split:
    """Return what is trained on in the CHECK updates that end with so many."""
    return draw_recall(CHECK * BATCH, lag, 1_000_000 * (seed + 1) + updates)


def train(
    layer: str, start: str, units: int, lag: int, rate: float, updates: int, seed: int
) -> store.Settings:
    made = make_recipe(layer, units, lag)
    recipe = made.recipe
    recipe.build = lambda: build(layer, start, units)
    recipe.restart(seed, rate, CONSTANT)
    model = recipe.model
    validation, test = (draw_recall(1000, lag, base + seed) for base in (1000, 3000))
    probe = draw_recall(BATCH, lag, 2000 + seed)
    row = {"gradient_0": f"{share(layer, units, model.get_weights(), *probe):.2e}"}
    learnt, good, now = "", 0, 0
    right = math.nan
    for checkpoint in CHECKPOINTS:
        while now < min(checkpoint, updates) and good < 3:
            now += CHECK
            model.fit(*sequences(now, lag, seed), batch_size=BATCH, shuffle=False, verbose=0)
            right = float(made.right(*validation))
            good = good + 1 if right >= 0.995 else 0
            if not learnt and right >= 0.99:
                learnt = now
        gradient = share(layer, units, model.get_weights(), *probe)
        reached = checkpoint <= updates or good == 3
        row[f"right_{checkpoint}"] = f"{right:.3f}" if reached else ""
        row[f"gradient_{checkpoint}"] = f"{gradient:.2e}" if reached else ""
    return row | {"learnt": learnt, "test": f"{float(made.right(*test)):.3f}"}


def trainings() -> list[store.Settings]:
    """Return the settings: all rates at lag 40, then the best at other lags."""
    grid = [
        (*model, UNITS, 40, rate, 2000, seed)
        for model, rates in TRIED.items()
        for rate in rates
        for seed in range(5)
    ]
    grid += [
        (layer, start, units, lag, rate, updates, seed)
        for layer, start, rate, units, lag, updates in LATER
        for seed in range(5)
    ]
    columns = ("layer", "start", "units", "lag", "rate", "updates", "seed")
    return [dict(zip(columns, one, strict=True)) for one in grid]


if __name__ == "__main__":
    store.fill(__file__, trainings, train)
