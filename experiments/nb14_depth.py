"""Train the stacks that notebook 14 compares on ordinary tasks: one to six GRU layers.

    python -m experiments.nb14_depth        (about two hours on one core)

The tasks are those of notebook 05. Every model has as many parameters as the one with a single
layer of 64 units, as nearly as whole units allow; only "wide" ones keep 64 units in every layer.
`style` is also "plain", "residual" (the input of every layer but the first is added to its output)
or "dropout" (of 0.3 before every layer but the first). Two rates are tried on two seeds for each
model, and a third on some; the one that did better on validation gets three seeds more. The longest
trainings have the rate that was best before. The scores are accuracies.
"""

from functools import cache

import keras
import numpy as np
from keras import layers

from custom_cells import ResidualCell
from experiments import store
from experiments.nb05_gru_or_lstm import BATCH, read
from experiments.recipe import Recipe, accuracy, shuffled
from experiments.tasks import LONGEST

RATES, SEEDS = (0.01, 0.03), range(5)
WIDEST, EMBEDDING, DROP = 64, 16, 0.3
SHORT, LONG, LONGER = 400, 1200, 2400
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

# As wide as the one with a single layer, and so larger.
MODELS += [(task, "wide", n, SHORT) for task in ("phrases", "digits") for n in (2, 4)]
# At the rate that was best at LONG.
LONGEST_MODELS = [("phrases", "plain", n) for n in (1, 2)]
HIGH, HIGH_MODELS = 0.1, [(t, "plain", n, SHORT) for t in ("phrases", "digits") for n in (1, 2, 4)]


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


def units_of(task: str, style: str, depth: int) -> int:
    """Return the width that gives a stack the parameters of one layer of 64 units, or just 64."""
    if style == "wide":
        return WIDEST
    features = EMBEDDING if task == "phrases" else read(task)["train"][0].shape[-1]
    wanted = size(features, 1, WIDEST)
    return min(range(1, WIDEST + 1), key=lambda units: abs(size(features, depth, units) - wanted))


@cache
def recipe(task: str, style: str, depth: int) -> Recipe:
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    return Recipe(lambda: build(task, style, depth, units_of(task, style, depth)), loss, BATCH)


def train(
    task: str, style: str, depth: int, updates: int, seed: int, rate: float
) -> store.Settings:
    splits = read(task)
    x, y = splits["train"]
    # The same rows in the same order for every model of this seed.
    order = shuffled(np.arange(len(y)), updates * BATCH, np.random.default_rng(seed))
    model = recipe(task, style, depth).fit(x[order], y[order], rate, seed)
    row = {"units": units_of(task, style, depth), "parameters": model.count_params()}
    return row | {split: f"{accuracy(model, *some):.4f}" for split, some in splits.items()}


def trainings() -> list[store.Settings]:
    """Return for each model the settings that choose its rate, then all seeds at the chosen one."""
    columns = ("task", "style", "depth", "updates", "seed", "rate")
    scores = {
        tuple(row[column] for column in columns): float(row["validation"])
        for row in store.read(__file__)
    }
    grid, later = [], []
    for model in MODELS:
        tries = {rate: [(*model, seed, rate) for seed in SEEDS[:2]] for rate in RATES}
        grid += [one for some in tries.values() for one in some]
        found = {
            rate: [scores.get(tuple(map(str, one))) for one in some] for rate, some in tries.items()
        }
        if not any(None in some for some in found.values()):
            best = max(RATES, key=lambda rate: sum(found[rate]))
            grid += [(*model, seed, best) for seed in SEEDS[2:]]
            if model[:3] in LONGEST_MODELS and model[3] == LONG:
                later += [(*model[:3], LONGER, seed, best) for seed in SEEDS]
    grid += later
    grid += [(*model, seed, HIGH) for model in HIGH_MODELS for seed in SEEDS[:2]]
    return [dict(zip(columns, one, strict=True)) for one in grid]


if __name__ == "__main__":
    store.fill(__file__, trainings, train)
