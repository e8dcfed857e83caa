"""Train many small networks at once: one graph for all rates of learning and all seeds.

A small recurrent network leaves a processor waiting between its steps. A crowd runs its members
side by side, each with weights, rows and a rate of its own, and takes a third of the time. What a
member learns is what `recipe.Recipe` would teach it but for rounding: Adam, a rate that falls along
a cosine, rows in an order that the seed fixes.
"""

from collections.abc import Callable, Sequence

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from experiments.recipe import shuffled

TOGETHER = 25  # updates that are one call

Weights = list[np.ndarray]


class Cells(layers.Layer):
    """GRU cells side by side; in the place of the batch stand the members, (members, rows, units).

    The kernel has been applied before the loop, as it needs no state. The last column of what is
    read tells whether the step counts (1) or is to be passed over (0).
    """

    def __init__(self, rows: int, recurrent: tf.Tensor, bias: tf.Tensor):
        super().__init__()
        self.rows, self.recurrent, self.bias = rows, recurrent, bias
        self.state_size = self.output_size = recurrent.shape[1]

    def get_initial_state(self, batch_size=None):
        return [ops.zeros((self.recurrent.shape[0], self.rows, self.state_size))]

    def call(self, x, states):
        (h,) = states
        x_z, x_r, x_h, counts = tf.split(x, [self.state_size] * 3 + [1], axis=-1)
        h_z, h_r, h_h = tf.split(ops.matmul(h, self.recurrent) + self.bias, 3, axis=-1)
        z = ops.sigmoid(x_z + h_z)
        new = z * h + (1 - z) * ops.tanh(x_h + ops.sigmoid(x_r + h_r) * h_h)
        h = counts * new + (1 - counts) * h
        return h, [h]


def gru(x, counts, kernel, recurrent, bias, sequences=False):
    """Run GRUs over x, (members, steps, rows, features)."""
    x = ops.matmul(x, kernel[:, None]) + bias[:, None, :1]
    cells = Cells(x.shape[2], recurrent, bias[:, 1:])
    return layers.RNN(cells, return_sequences=sequences)(tf.concat([x, counts], axis=-1))


def dense(x, kernel, bias):
    """Apply one layer of each member to the last axis of x, (members, rows, features)."""
    return ops.matmul(x, kernel) + bias


def run(model: str, weights: list, x, skip: float | None, horizon: int):
    """Return what each member makes of its rows, (members, rows, steps, features).

    Args:
        model: "GRU", a GRU and a dense layer; "decoder", a GRU whose last state a second one reads
            at every step; "window", two dense layers on the flattened steps.
        skip: the value of a first feature that marks a step to be passed over.
        horizon: how many steps a decoder writes.
    """
    members, rows = x.shape[:2]
    if model == "window":
        hidden = ops.tanh(dense(ops.reshape(x, (members, rows, -1)), *weights[:2]))
        return dense(hidden, *weights[2:])
    x = ops.transpose(x, (0, 2, 1, 3))
    counts = ops.ones_like(x[..., :1]) if skip is None else ops.cast(x[..., :1] != skip, "float32")
    h = gru(x, counts, *weights[:3])
    if model == "GRU":
        return dense(h, *weights[3:])
    again = ops.repeat(h[:, None], horizon, axis=1)
    states = gru(again, ops.ones_like(again[..., :1]), *weights[3:6], sequences=True)
    written = ops.matmul(states, weights[6][:, None]) + weights[7][:, None]
    return ops.transpose(written[..., 0], (0, 2, 1))


class Crowd:
    """Networks that learn side by side.

    Args:
        build: returns a new Keras model of one member: `Sequential`, as `run` describes it.
        model, skip: as `run` takes them.
        loss: of targets and forecasts, (members, rows, outputs), for each member, (members,).
        x, y: the training rows.
        batch: rows in a batch.
        rates, seeds: each rate is tried with each seed.
    """

    def __init__(
        self,
        build: Callable[[], keras.Model],
        model: str,
        loss: Callable,
        x: np.ndarray,
        y: np.ndarray,
        batch: int,
        rates: Sequence[float],
        seeds: Sequence[int],
        skip: float | None = None,
    ):
        self.build, self.batch, self.rows = build, batch, len(x)
        self.members = [(rate, seed) for rate in rates for seed in seeds]
        x, y = tf.constant(x, "float32"), tf.constant(y, "float32")
        self.weights = [tf.Variable(value) for value in self.start()]
        self.means, self.squares = (
            [tf.Variable(tf.zeros_like(value)) for value in self.weights] for _ in range(2)
        )

        def forward(x):
            return run(model, self.weights, x, skip, y.shape[1])

        @tf.function(jit_compile=True)
        def update(orders, rates):
            for step in tf.range(TOGETHER):
                with tf.GradientTape() as tape:
                    found = forward(tf.gather(x, orders[step]))
                    total = tf.reduce_sum(loss(tf.gather(y, orders[step]), found))
                slopes = tape.gradient(total, self.weights)
                for weight, slope, mean, square in zip(
                    self.weights, slopes, self.means, self.squares, strict=True
                ):
                    mean.assign_add((slope - mean) * 0.1)
                    square.assign_add((slope**2 - square) * 0.001)
                    change = mean / (tf.sqrt(square) + 1e-7)
                    shape = [len(self.members)] + [1] * (weight.shape.rank - 1)
                    weight.assign_sub(tf.reshape(rates[step], shape) * change)

        self.update = update

    def start(self) -> Weights:
        """Return the weights with which Keras begins each member, stacked."""
        found = []
        for _, seed in self.members:
            keras.utils.set_random_seed(seed)
            found.append(self.build().get_weights())
        return [
            np.stack([value[None] if value.ndim == 1 else value for value in values])
            for values in zip(*found, strict=True)
        ]

    def fit(self, updates: int) -> Weights:
        """Train all from the start in so many updates, and return their weights."""
        for weight, value in zip(self.weights, self.start(), strict=True):
            weight.assign(value)
        for moment in (*self.means, *self.squares):
            moment.assign(tf.zeros_like(moment))
        orders = np.stack(
            [
                shuffled(
                    np.arange(self.rows), updates * self.batch, np.random.default_rng(seed)
                ).reshape(updates, self.batch)
                for _, seed in self.members
            ],
            axis=1,
        ).astype("int32")
        step = np.arange(updates)[:, None]
        falling = 0.5 * (1 + np.cos(np.pi * step / updates))
        unbiased = np.sqrt(1 - 0.999 ** (step + 1)) / (1 - 0.9 ** (step + 1))  # Adam's
        rates = np.array([rate for rate, _ in self.members]) * falling * unbiased
        for first in range(0, updates, TOGETHER):
            some = slice(first, first + TOGETHER)
            self.update(tf.constant(orders[some]), tf.constant(rates[some], "float32"))
        return [weight.numpy() for weight in self.weights]
