"""Train the variants of the LSTM that notebook 10 compares, on three tasks and five seeds.

    python -m experiments.nb10_lstm_variants        (about ten minutes on two cores)

Fills experiments/results/nb10_lstm_variants.csv, a row for each training; a row that is there is
kept, so delete it to train it again. Notebook 10 writes the cells anew, compares `fingerprint`,
what a cell computes from fixed weights, and trains two rows again.
"""

import os
from functools import cache, partial
from itertools import product

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from keras import layers, ops

from custom_cells import CIFGCell, LayerNormLSTMCell, LSTMCell, PeepholeLSTMCell
from experiments.nb05_gru_or_lstm import Split, read_digits, read_phrases
from experiments.recipe import restart, start_of
from experiments.store import fill

UNITS, UPDATES, BATCH, SYMBOLS, STEPS = 32, 400, 64, 8, 40
TASKS = ("phrases", "digits", "marks")
RATES = (0.01, 0.03)


class NoInputGateCell(LSTMCell):
    """An LSTM that writes every candidate whole."""

    gates = 3
    forget_gate = 0

    def step(self, x, h, c, *, training=False):
        f, g, o = ops.split(x + ops.matmul(h, self.recurrent_kernel), 3, axis=-1)
        c = ops.sigmoid(f) * c + ops.tanh(g)
        h = ops.sigmoid(o) * ops.tanh(c)
        return h, [h, c]


class NoForgetGateCell(LSTMCell):
    """An LSTM whose memory only adds."""

    gates = 3

    def step(self, x, h, c, *, training=False):
        i, g, o = ops.split(x + ops.matmul(h, self.recurrent_kernel), 3, axis=-1)
        c = c + ops.sigmoid(i) * ops.tanh(g)
        h = ops.sigmoid(o) * ops.tanh(c)
        return h, [h, c]


class NoOutputGateCell(LSTMCell):
    """An LSTM that shows all that it holds."""

    gates = 3

    def step(self, x, h, c, *, training=False):
        i, f, g = ops.split(x + ops.matmul(h, self.recurrent_kernel), 3, axis=-1)
        c = ops.sigmoid(f) * c + ops.sigmoid(i) * ops.tanh(g)
        h = ops.tanh(c)
        return h, [h, c]


class NoOutputSquashCell(LSTMCell):
    """An LSTM that shows its memory as it is, without tanh."""

    def step(self, x, h, c, *, training=False):
        i, f, g, o = ops.split(x + ops.matmul(h, self.recurrent_kernel), 4, axis=-1)
        c = ops.sigmoid(f) * c + ops.sigmoid(i) * ops.tanh(g)
        h = ops.sigmoid(o) * c
        return h, [h, c]


class FullGateRecurrenceCell(LSTMCell):
    """An LSTM whose gates also see what all gates were a step before."""

    state_count = 5

    def build(self, input_shape):
        super().build(input_shape)
        shape = (3 * self.units, 3 * self.units)
        self.gate_kernel = self.add_weight(
            name="gate_kernel", shape=shape, initializer="orthogonal"
        )

    def step(self, x, h, c, i, f, o, *, training=False):
        past = ops.matmul(ops.concatenate([i, f, o], axis=-1), self.gate_kernel)
        past_i, past_f, past_o = ops.split(past, 3, axis=-1)
        i, f, g, o = ops.split(x + ops.matmul(h, self.recurrent_kernel), 4, axis=-1)
        i, f, o = ops.sigmoid(i + past_i), ops.sigmoid(f + past_f), ops.sigmoid(o + past_o)
        c = f * c + i * ops.tanh(g)
        h = o * ops.tanh(c)
        return h, [h, c, i, f, o]


def keep_at_first(shape, dtype=None):
    """Return a first bias of CIFG with which 1 − i starts where an LSTM's forget gate does."""
    i, *rest = ops.split(ops.zeros(shape, dtype), 3)
    return ops.concatenate([i - 1, *rest])


CELLS = {
    "LSTM": LSTMCell,
    "peepholes": PeepholeLSTMCell,
    "coupled gates": partial(CIFGCell, bias_initializer=keep_at_first),
    "layer norm": LayerNormLSTMCell,
    "no input gate": NoInputGateCell,
    "no forget gate": partial(NoForgetGateCell, unit_forget_bias=False),
    "no output gate": NoOutputGateCell,
    "no output squash": NoOutputSquashCell,
    "full gate recurrence": FullGateRecurrenceCell,
}


def draw_marks(number: int, seed: int) -> Split:
    """Return symbols of which a few are marked, the first always, and the last marked symbol."""
    rng = np.random.default_rng(seed)
    symbols = rng.integers(SYMBOLS, size=(number, STEPS))
    marked = rng.random((number, STEPS)) < 0.05
    marked[:, 0] = True
    last = STEPS - 1 - np.argmax(marked[:, ::-1], axis=1)
    x = np.concatenate([np.eye(SYMBOLS)[symbols], marked[..., None]], axis=-1)
    return x.astype("float32"), symbols[np.arange(number), last]


@cache
def read(task: str) -> dict[str, Split]:
    if task != "marks":
        return {"phrases": read_phrases, "digits": read_digits}[task]()
    sizes = {"train": UPDATES * BATCH, "validation": 1000, "test": 1000}
    return {split: draw_marks(size, seed) for seed, (split, size) in enumerate(sizes.items())}


@cache
def fingerprint(variant: str) -> str:
    rng = np.random.default_rng(0)
    layer = layers.RNN(CELLS[variant](4), return_sequences=True)
    layer.build((None, None, 3))
    layer.set_weights([rng.normal(size=weight.shape) for weight in layer.weights])
    x = np.random.default_rng(1).normal(size=(2, 6, 3)).astype("float32")
    return f"{np.abs(layer(x)).sum():.3f}"


def build(task: str, variant: str) -> keras.Sequential:
    x, y = read(task)["train"]
    front = [keras.Input(x.shape[1:])]
    if task == "phrases":
        front.append(layers.Embedding(int(x.max()) + 1, 16, mask_zero=True))
    rnn = layers.RNN(CELLS[variant](UNITS))
    return keras.Sequential([*front, rnn, layers.Dense(int(y.max()) + 1)])


@cache
def compiled(task: str, variant: str) -> tuple[keras.Sequential, keras.Variable, list[np.ndarray]]:
    """Return a model compiled once for all seeds and rates, its rate, and its optimizer's start."""
    model, rate = build(task, variant), keras.Variable(0.0)
    schedule = keras.optimizers.schedules.CosineDecay(rate, UPDATES)
    optimizer = keras.optimizers.Adam(schedule, clipnorm=1.0)
    optimizer.build(model.trainable_variables)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer, loss, jit_compile=True, steps_per_execution=25)
    return model, rate, start_of(optimizer)


def train(task: str, variant: str, rate: float, seed: int) -> dict[str, str]:
    splits = read(task)
    model, rate_of_model, start = compiled(task, variant)
    restart(model, start, seed, lambda: build(task, variant))
    rate_of_model.assign(rate)
    # The same rows in the same order for every variant of this seed.
    rng = np.random.default_rng(seed)
    x, y = splits["train"]
    passes = -(-UPDATES * BATCH // len(y))
    order = np.concatenate([rng.permutation(len(y)) for _ in range(passes)])[: UPDATES * BATCH]
    model.fit(x[order], y[order], batch_size=BATCH, epochs=1, shuffle=False, verbose=0)
    row = {"parameters": str(model.count_params()), "fingerprint": fingerprint(variant)}
    for split in ("validation", "test"):
        x, y = splits[split]
        row[split] = f"{np.mean(np.argmax(model(x), axis=1) == y):.4f}"
    return row


if __name__ == "__main__":
    columns = ("seed", "task", "variant", "rate")
    grid = product(range(5), TASKS, CELLS, RATES)
    fill("nb10_lstm_variants.csv", [dict(zip(columns, one, strict=True)) for one in grid], train)
