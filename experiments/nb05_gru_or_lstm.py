"""Train the models that notebook 05 compares: SimpleRNN, GRU and LSTM, small and large.

    python -m experiments.nb05_gru_or_lstm        (about half an hour on two cores)

`size` is the number of units of the LSTM; a SimpleRNN or a GRU has as many units, or as many as
give the whole model the number of parameters nearest to that of the model with the LSTM. `share` is
the share of the training split that is used. Every training makes the same number of updates. The
scores are accuracies.
"""

from functools import cache

import keras
import numpy as np
from keras import layers

from experiments import store
from experiments.recipe import Recipe, accuracy, shuffled
from experiments.tasks import LONGEST, Split, read_digits, read_spelled

LAYERS = {"SimpleRNN": layers.SimpleRNN, "GRU": layers.GRU, "LSTM": layers.LSTM}
UPDATES, BATCH = 400, 64
SEEDS = range(5)
# Three sizes on the whole training split; two smaller shares of it with the one in the middle.
CELLS = ((8, 1), (32, 1), (64, 1), (32, 1 / 4), (32, 1 / 16))
TASKS, RATES = ("phrases", "digits"), (0.003, 0.01, 0.03, 0.1)
# What each layer did best with on validation, mean of five seeds, at 32 units.
RATE = {
    ("phrases", "SimpleRNN"): 0.01,
    ("phrases", "GRU"): 0.03,
    ("phrases", "LSTM"): 0.03,
    ("digits", "SimpleRNN"): 0.01,
    ("digits", "GRU"): 0.03,
    ("digits", "LSTM"): 0.03,
}


def read(task: str) -> dict[str, Split]:
    return {"phrases": read_spelled, "digits": read_digits}[task]()


def build(task: str, layer: str, units: int) -> keras.Sequential:
    x, _ = read(task)["train"]
    if task == "phrases":
        front = [keras.Input((LONGEST,)), layers.Embedding(int(x.max()) + 1, 16, mask_zero=True)]
    else:
        front = [keras.Input(x.shape[1:])]
    return keras.Sequential([*front, LAYERS[layer](units), layers.Dense(10)])


@cache
def units_of(task: str, layer: str, size: int, match: str) -> int:
    """Return how many units match an LSTM of this size, in units or in parameters."""
    if match == "units":
        return size
    wanted = build(task, "LSTM", size).count_params()
    counts = {u: build(task, layer, u).count_params() for u in range(size, 3 * size + 1)}
    return min(counts, key=lambda units: abs(counts[units] - wanted))


@cache
def recipe(task: str, layer: str, units: int) -> Recipe:
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    return Recipe(lambda: build(task, layer, units), loss, BATCH)


def fit(
    task: str,
    layer: str,
    match: str,
    size: int,
    share: float,
    seed: int,
    rate: float,
    updates: int = UPDATES,
) -> tuple[keras.Model, store.Settings, np.ndarray]:
    """Return a trained model, the columns that describe it, and which training rows it used."""
    units = units_of(task, layer, size, match)
    # The same rows in the same order for every model of this seed.
    rng = np.random.default_rng(seed)
    x, y = read(task)["train"]
    used = rng.permutation(len(y))[: round(share * len(y))]
    order = shuffled(used, updates * BATCH, rng)
    model = recipe(task, layer, units).fit(x[order], y[order], rate, seed)
    return model, {"units": units, "parameters": model.count_params(), "rows": len(used)}, used


def train(**settings: str | float) -> store.Settings:
    model, row, used = fit(**settings)
    splits = read(settings["task"])
    scored = splits | {"train": tuple(part[used] for part in splits["train"])}
    return row | {split: f"{accuracy(model, *scored[split]):.4f}" for split in scored}


def trainings() -> list[store.Settings]:
    """Return the settings: first those that choose the rate, on validation, then the grid."""
    columns = ("task", "layer", "match", "size", "share", "seed", "rate")
    tried = [
        (task, layer, "units", 32, 1, seed, rate)
        for task in TASKS
        for layer in LAYERS
        for rate in RATES
        for seed in SEEDS
    ]
    grid = [
        (task, layer, match, size, share, seed, RATE[task, layer])
        for task in TASKS
        for size, share in CELLS
        for layer in LAYERS
        for match in (("units",) if layer == "LSTM" else ("units", "parameters"))
        for seed in SEEDS
    ]
    return [dict(zip(columns, one, strict=True)) for one in dict.fromkeys(tried + grid)]


if __name__ == "__main__":
    store.fill(__file__, trainings, train)
