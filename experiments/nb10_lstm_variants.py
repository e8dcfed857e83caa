"""Train the variants of the LSTM that notebook 10 compares, on three tasks, for longer and longer.

    python -m experiments.nb10_lstm_variants        (about two hours and a half on one core)

The scores are accuracies. Each number of updates is a training of its own, in which the rate falls
to 0. Rates compete on validation with SHORTEST updates, on five seeds, and where none solves the
task, with more, on three; where the first or the last is best, one more is tried beyond it. The
best one trains five seeds with twice as many updates again and again, up to LONGEST, once more if
the score fell there, or until the task is solved twice. `fingerprint` is what a cell computes from
fixed weights, by which notebook 10 knows that the cells which it writes are these. Notebook 10
trains some rows again.
"""

from functools import cache, lru_cache, partial
from itertools import product

import keras
import numpy as np
from keras import layers, ops

from custom_cells import (
    CIFGCell,
    LayerNormLSTMCell,
    LSTMCell,
    PeepholeLSTMCell,
    SimpleRNNCell,
)
from experiments import nb05_gru_or_lstm, store
from experiments.recipe import Recipe, accuracy, shuffled
from experiments.tasks import Split, draw_marks

UNITS, BATCH, STEPS = 32, 64, 40
SEEDS, SHORTEST = range(5), 400
# How many updates decide on the rate, and how many there are at most.
COMPARED = {"marks": (400, 1600), "digits": (400,), "phrases": (400,)}
LONGEST = {"marks": 12800, "digits": 800, "phrases": 800}
# From the second to the fourth are tried in any case.
RATES = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3)
SOLVED = 0.995  # on validation, by every seed
FALL = 0.01  # after which one more doubling follows the longest


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


class NoGatesCell(LSTMCell):
    """An LSTM that writes and shows everything, and forgets nothing."""

    blocks, gates, start = "g", "", {}

    def step(self, x, h, c, *, training=False):
        c = c + ops.tanh(x + ops.matmul(h, self.recurrent_kernel))
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


class ForgetBias3Cell(LSTMCell):
    """An LSTM that keeps 95 % of its memory per step when training begins."""

    start = {"f": 3.0}


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
    "no gates": NoGatesCell,
    "SimpleRNN": SimpleRNNCell,
    "forget bias 0": partial(LSTMCell, unit_forget_bias=False),
    "forget bias 3": ForgetBias3Cell,
}
ON_MARKS = ("no gates", "SimpleRNN", "forget bias 0", "forget bias 3")  # alone


@lru_cache(2)
def read(task: str, updates: int = SHORTEST) -> dict[str, Split]:
    if task != "marks":
        return nb05_gru_or_lstm.read(task)
    sizes = {"train": updates * BATCH, "validation": 1000, "test": 1000}
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


def train(task: str, variant: str, rate: float, updates: int, seed: int) -> store.Settings:
    splits = read(task, updates)
    x, y = splits["train"]
    # The same rows in the same order for every variant of this seed.
    order = shuffled(np.arange(len(y)), updates * BATCH, np.random.default_rng(seed))
    model = recipe(task, variant).fit(x[order], y[order], rate, seed)
    row = {"parameters": model.count_params(), "fingerprint": fingerprint(variant)}
    scored = ("validation", "test")
    return row | {split: f"{accuracy(model, *splits[split]):.4f}" for split in scored}


Key = tuple[str, str, str, str]


def validation() -> dict[Key, dict[str, float]]:
    """Return what is stored: the score of each seed, by task, variant, rate and updates."""
    found = {}
    for row in store.read(__file__):
        key = row["task"], row["variant"], row["rate"], row["updates"]
        found.setdefault(key, {})[row["seed"]] = float(row["validation"])
    return found


def judges(updates: int) -> range:
    """Return the seeds that decide on a rate."""
    return SEEDS if updates == SHORTEST else SEEDS[:3]


def mean(task: str, variant: str, rate: float, updates: int, scores: dict) -> float:
    """Return the mean score of a rate, NaN as long as a training is missing."""
    found = scores.get((task, variant, str(rate), str(updates)), {})
    return float(np.mean([found.get(str(seed), np.nan) for seed in judges(updates)]))


def competing(task: str, variant: str, scores: dict) -> tuple[list[tuple], float | None]:
    """Return rates and updates to try, and the best rate as soon as it is known."""
    first, last, compared = 1, 4, COMPARED[task][:1]
    while True:
        rates = RATES[first:last]
        means = [mean(task, variant, rate, compared[-1], scores) for rate in rates]
        grid, best = list(product(rates, compared)), int(np.argmax(means))
        if np.isnan(means).any():
            return grid, None
        if best == 0 and first > 0:
            first -= 1
        elif best == len(rates) - 1 and last < len(RATES):
            last += 1
        elif compared != COMPARED[task] and max(means) < SOLVED:
            compared = COMPARED[task]
        else:
            return grid, rates[best]


def budgets(task: str, variant: str, rate: float, scores: dict) -> list[int]:
    """Return the numbers of updates to train at the best rate."""
    found, solved, before = [SHORTEST], 0, -1.0
    while True:
        seeds = scores.get((task, variant, str(rate), str(found[-1])), {})
        known = len(seeds) == len(SEEDS)
        solved += known and min(seeds.values()) >= SOLVED
        now = np.mean(list(seeds.values())) if known else before
        if solved == 2 or (found[-1] >= LONGEST[task] and now >= before - FALL):
            return found
        if found[-1] >= 2 * LONGEST[task]:
            return found
        found.append(2 * found[-1])
        before = now


def trainings() -> list[store.Settings]:
    scores, grid = validation(), []
    for task in COMPARED:
        for variant in CELLS:
            if variant in ON_MARKS and task != "marks":
                continue
            tried, best = competing(task, variant, scores)
            grid += [
                (task, variant, rate, updates, seed)
                for rate, updates in tried
                for seed in judges(updates)
            ]
            if best:
                grid += [
                    (task, variant, best, updates, seed)
                    for updates in budgets(task, variant, best, scores)
                    for seed in SEEDS
                ]
    columns = ("task", "variant", "rate", "updates", "seed")
    return [dict(zip(columns, some, strict=True)) for some in dict.fromkeys(grid)]


if __name__ == "__main__":
    store.fill(__file__, trainings, train)
