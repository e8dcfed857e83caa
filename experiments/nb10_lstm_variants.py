"""Train the variants of the LSTM that notebook 10 compares, on three tasks and five seeds.

    python -m experiments.nb10_lstm_variants        (about ten minutes on two cores)

`fingerprint` is what a cell computes from fixed weights, by which notebook 10 knows that the cells
which it writes are these. The scores are accuracies. Notebook 10 trains two rows again.
"""

from functools import cache, partial
from itertools import product

import keras
import numpy as np
from keras import layers, ops

from custom_cells import CIFGCell, LayerNormLSTMCell, LSTMCell, PeepholeLSTMCell
from experiments import nb05_gru_or_lstm, store
from experiments.recipe import Recipe, accuracy, shuffled
from experiments.tasks import Split, draw_marks

UNITS, UPDATES, BATCH, STEPS = 32, 400, 64, 40
TASKS = ("phrases", "digits", "marks")
RATES = (0.01, 0.03)


class NoInputGateCell(LSTMCell):
    """An LSTM that writes every candidate whole."""

    blocks, gates = "fgo", "fo"

    def step(self, x, h, c, *, training=False):
        f, g, o = ops.split(x + ops.matmul(h, self.recurrent_kernel), 3, axis=-1)
        c = ops.sigmoid(f) * c + ops.tanh(g)
        h = ops.sigmoid(o) * ops.tanh(c)
        return h, [h, c]


class NoForgetGateCell(LSTMCell):
    """An LSTM whose memory only adds."""

    blocks, gates, start = "igo", "io", {}

    def step(self, x, h, c, *, training=False):
        i, g, o = ops.split(x + ops.matmul(h, self.recurrent_kernel), 3, axis=-1)
        c = c + ops.sigmoid(i) * ops.tanh(g)
        h = ops.sigmoid(o) * ops.tanh(c)
        return h, [h, c]


class NoOutputGateCell(LSTMCell):
    """An LSTM that shows all that it holds."""

    blocks, gates = "ifg", "if"

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

    states = "hcifo"

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
    "no forget gate": NoForgetGateCell,
    "no output gate": NoOutputGateCell,
    "no output squash": NoOutputSquashCell,
    "full gate recurrence": FullGateRecurrenceCell,
}


@cache
def read(task: str) -> dict[str, Split]:
    if task != "marks":
        return nb05_gru_or_lstm.read(task)
    sizes = {"train": UPDATES * BATCH, "validation": 1000, "test": 1000}
    return {
        split: draw_marks(size, STEPS, seed) for seed, (split, size) in enumerate(sizes.items())
    }


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
def recipe(task: str, variant: str) -> Recipe:
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    return Recipe(lambda: build(task, variant), loss, BATCH)


def train(task: str, variant: str, rate: float, seed: int) -> store.Settings:
    splits = read(task)
    x, y = splits["train"]
    # The same rows in the same order for every variant of this seed.
    order = shuffled(np.arange(len(y)), UPDATES * BATCH, np.random.default_rng(seed))
    model = recipe(task, variant).fit(x[order], y[order], rate, seed)
    row = {"parameters": model.count_params(), "fingerprint": fingerprint(variant)}
    scored = ("validation", "test")
    return row | {split: f"{accuracy(model, *splits[split]):.4f}" for split in scored}


def trainings() -> list[store.Settings]:
    columns = ("seed", "task", "variant", "rate")
    grid = product(range(5), TASKS, CELLS, RATES)
    return [dict(zip(columns, one, strict=True)) for one in grid]


if __name__ == "__main__":
    store.fill(__file__, trainings, train)
