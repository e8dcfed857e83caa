"""Train the stacks that notebook 14 compares: one to six GRU layers, equally many parameters.

    python -m experiments.nb14_depth        (about an hour on two cores)

Fills experiments/results/nb14_depth.csv, a row for each training; a row that is there is kept, so
delete it to train it again. Notebook 14 trains one row again and compares. The tasks are those of
notebook 05. Every model has as many parameters as the one with a single layer of 64 units, as
nearly as whole units allow. `style` is "plain", "residual" (the input of every layer but the first
is added to its output) or "dropout" (of 0.3 before every layer but the first). Two rates of
learning are tried on two seeds for each model; the one that did better on validation gets three
seeds more.
"""

import csv
import os
from functools import cache

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from keras import layers

from custom_cells import ResidualCell
from experiments.nb05_gru_or_lstm import BATCH, LONGEST, read
from experiments.recipe import restart, start_of
from experiments.store import RESULTS, fill

FILE = "nb14_depth.csv"
RATES, SEEDS = (0.01, 0.03), range(5)
WIDEST, EMBEDDING, DROP = 64, 16, 0.3
SHORT, LONG = 400, 1200
# Task, style, depth and updates of each model.
MODELS = [(task, "plain", n, SHORT) for n in range(1, 7) for task in ("digits", "phrases")]
MODELS += [
    (task, style, n, SHORT)
    for task in ("phrases", "digits")
    for style in ("residual", "dropout")
    for n in range(2, 7)
]
MODELS += [
    ("phrases", style, n, LONG)
    for style in ("plain", "residual", "dropout")
    for n in (1, 2, 4, 6)
    if style == "plain" or n > 1
]


def build(task: str, style: str, depth: int, units: int) -> keras.Sequential:
    x, _ = read(task)["train"]
    if task == "phrases":
        tokens = int(x.max()) + 1
        model = [keras.Input((LONGEST,)), layers.Embedding(tokens, EMBEDDING, mask_zero=True)]
    else:
        model = [keras.Input(x.shape[1:])]
    for number in range(1, depth + 1):
        cell = layers.GRUCell(units)
        if style == "residual" and number > 1:
            cell = ResidualCell(cell)
        if style == "dropout" and number > 1:
            model.append(layers.Dropout(DROP))
        model.append(layers.RNN(cell, return_sequences=number < depth))
    return keras.Sequential([*model, layers.Dense(10)])


def size(features: int, depth: int, units: int) -> int:
    """Return the parameters of the layers that depend on the number of units."""
    first, others = (3 * (n * units + units**2 + 2 * units) for n in (features, units))
    return first + (depth - 1) * others + 10 * (units + 1)


def units_of(task: str, depth: int) -> int:
    """Return the width that gives a stack the parameters of one layer of 64 units."""
    features = EMBEDDING if task == "phrases" else read(task)["train"][0].shape[-1]
    wanted = size(features, 1, WIDEST)
    return min(range(1, WIDEST + 1), key=lambda units: abs(size(features, depth, units) - wanted))


@cache
def compiled(task: str, style: str, depth: int) -> tuple[keras.Sequential, list]:
    """Return a model whose training step is compiled once for all seeds, and its optimizer's start.

    Compiled by XLA, which Keras does not do on a CPU unless asked, a step takes half the time.
    """
    model = build(task, style, depth, units_of(task, depth))
    optimizer = keras.optimizers.Adam(clipnorm=1.0)
    optimizer.build(model.trainable_variables)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer, loss, jit_compile=True)
    return model, start_of(optimizer)


def train(
    task: str, style: str, depth: int, updates: int, seed: int, rate: float
) -> dict[str, str]:
    units = units_of(task, depth)
    model, start = compiled(task, style, depth)
    restart(model, start, seed, lambda: build(task, style, depth, units))

    cosine = keras.optimizers.schedules.CosineDecay(rate, updates)

    def set_rate(batch, logs=None):
        model.optimizer.learning_rate.assign(cosine(batch))

    # The same rows in the same order for every model of this seed.
    rng = np.random.default_rng(seed)
    splits = read(task)
    x, y = splits["train"]
    passes = -(-updates * BATCH // len(y))
    order = np.concatenate([rng.permutation(len(y)) for _ in range(passes)])[: updates * BATCH]
    model.fit(
        x[order],
        y[order],
        batch_size=BATCH,
        shuffle=False,
        verbose=0,
        callbacks=[keras.callbacks.LambdaCallback(on_train_batch_begin=set_rate)],
    )
    row = {"units": str(units), "parameters": str(model.count_params())}
    for split, (x, y) in splits.items():
        row[split] = f"{np.mean(np.argmax(model(x), axis=1) == y):.4f}"
    return row


def best_rate(model: dict[str, object]) -> float:
    """Return the rate that did better on validation with the first two seeds."""
    with (RESULTS / FILE).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))

    def score(rate: float) -> float:
        tries = [model | {"seed": seed, "rate": rate} for seed in SEEDS[:2]]
        wanted = [{column: str(value) for column, value in one.items()} for one in tries]
        return sum(
            float(row["validation"])
            for row in rows
            if any(one.items() <= row.items() for one in wanted)
        )

    return max(RATES, key=score)


if __name__ == "__main__":
    for task, style, depth, updates in MODELS:
        model = {"task": task, "style": style, "depth": depth, "updates": updates}
        tries = [model | {"seed": seed, "rate": rate} for rate in RATES for seed in SEEDS[:2]]
        fill(FILE, tries, train)
        rate = best_rate(model)
        fill(FILE, [model | {"seed": seed, "rate": rate} for seed in SEEDS], train)
