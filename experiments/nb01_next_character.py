"""Train notebook 01's networks that guess the next character of a name, and one that keeps a bit.

    python -m experiments.nb01_next_character        (about five minutes on one core)

`score` is a perplexity per character of the validation names; in the task "switch" the share of
right answers where the last turn lies eight steps back or more, in new sequences of ten times the
length. The rate is chosen on the first seeds at FIRST updates; then come the doubled budgets
at that rate, for the networks that have any. Their test names are not scored here: beside the rows
stands

- nb01_next_character_bits.npz: for each of these trainings, minus the binary logarithm of the
  probability of each test name, in the order of data/phrases.csv.
"""

from functools import cache, partial

import keras
import numpy as np
from keras import layers, ops

from experiments import store, tasks
from experiments.recipe import Recipe, shuffled

BATCH, UNITS = 32, 128
RATES, FIRST, FEW = (0.003, 0.01, 0.03), 400, 2
MORE_RATES = {"window of 8": (0.1,), "bag of characters": (0.1,)}  # where the best was at the edge
# How many seeds each doubled budget has.
BUDGETS = {"RNN": {800: 5, 1600: 2}, "window of 8": {800: 1}, "bag of characters": {}}
SEEDS = range(5)
TURN, STEPS = 0.1, 30  # of the switch

LAYERS = {
    "bag of characters": partial(layers.Dense, UNITS, activation="tanh"),
    "window of 8": partial(layers.Conv1D, UNITS, 8, padding="causal", activation="tanh"),
    "RNN": partial(layers.SimpleRNN, UNITS, return_sequences=True),
}


def draw_switch(rows: int, steps: int, seed: int) -> tasks.Split:
    """Return turns to the left, to the right or none, one-hot, and which came last, at each step.

    The first step is always a turn, each further one with a probability of TURN.
    """
    rng = np.random.default_rng(seed)
    symbols = rng.integers(2, size=(rows, steps))
    none = rng.random((rows, steps)) >= TURN
    none[:, 0] = False
    symbols[none] = 2
    last = np.maximum.accumulate(np.where(none, 0, np.arange(steps)), axis=1)
    return np.eye(3, dtype="float32")[symbols], np.take_along_axis(symbols, last, axis=1)


def since_turn(x: np.ndarray) -> np.ndarray:
    """Return how many steps ago the last turn was, (rows, steps)."""
    steps = np.arange(x.shape[1])
    return steps - np.maximum.accumulate(np.where(x[..., 2] == 1, 0, steps), axis=1)


@cache
def read_data() -> dict[str, tasks.Split]:
    """Return what is read and what comes then, -1 behind the end, which the loss ignores."""
    return {
        split: (x, np.where(real == 1, y, -1)) for split, (x, y, real) in tasks.read_next().items()
    }


def build(task: str, model: str) -> keras.Model:
    """Return a model from numbers of characters, or the one-hot turns, to scores at each step."""
    if task == "switch":
        inputs = keras.Input((STEPS, 3))
        return keras.Model(
            inputs, layers.Dense(2)(layers.SimpleRNN(8, return_sequences=True)(inputs))
        )
    vocabulary = len(tasks.characters()) + 2
    inputs = keras.Input((tasks.LONGEST + 1,), dtype="int32")
    features = ops.one_hot(inputs, vocabulary)
    if model == "bag of characters":  # added up along time, they lose their order
        features = ops.cumsum(features, axis=1)
    return keras.Model(inputs, layers.Dense(vocabulary)(LAYERS[model]()(features)))


@cache
def recipe(task: str, model: str) -> Recipe:
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=-1)
    return Recipe(partial(build, task, model), loss, BATCH)


def name_bits(model: keras.Model, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return minus the binary logarithm of the probability of each name, its end included."""
    log_p = ops.convert_to_numpy(ops.log_softmax(model(x)))
    given = np.take_along_axis(log_p, np.maximum(y, 0)[..., None], axis=-1)[..., 0]
    return -np.where(y < 0, 0, given).sum(axis=1) / np.log(2)


def keep(name: str, bits: np.ndarray) -> None:
    path = store.beside(__file__, "_bits.npz")
    kept = dict(np.load(path)) if path.exists() else {}
    np.savez_compressed(path, **kept | {name: bits.astype("float32")})


def train(task: str, model: str, rate: float, updates: int, seed: int) -> store.Settings:
    if task == "switch":
        network = recipe(task, model).fit(
            *draw_switch(updates * BATCH, STEPS, seed), rate=rate, seed=seed
        )
        x, y = draw_switch(100, 10 * STEPS, seed=100)
        anew = keras.Sequential([keras.Input((None, 3)), *network.layers[1:]])
        right = np.argmax(anew(x), axis=-1) == y
        score = f"{right[since_turn(x) >= 8].mean():.4f}"
    else:
        x, y = read_data()["train"]
        rows = shuffled(np.arange(len(x)), updates * BATCH, np.random.default_rng(seed))
        network = recipe(task, model).fit(x[rows], y[rows], rate, seed)
        x, y = read_data()["validation"]
        score = f"{2 ** (name_bits(network, x, y).sum() / (y >= 0).sum()):.3f}"
        if updates in BUDGETS[model]:
            keep(f"{model}_{updates}_{seed}", name_bits(network, *read_data()["test"]))
    return {"parameters": network.count_params(), "score": score}


def trainings() -> list[store.Settings]:
    rows, first, last = store.read(__file__), [], []
    for model, budgets in BUDGETS.items():
        cell = {"task": "names", "model": model}
        rates = RATES + MORE_RATES.get(model, ())
        first += [
            cell | {"rate": rate, "updates": FIRST, "seed": seed}
            for rate in rates
            for seed in range(FEW)
        ]
        found = {
            rate: [
                float(row["score"])
                for row in rows
                if store.belongs(row, cell | {"rate": rate, "updates": FIRST})
            ]
            for rate in rates
        }
        if min(map(len, found.values())) == FEW:
            best = min(rates, key=lambda rate: sum(found[rate]))
            last += [
                cell | {"rate": best, "updates": updates, "seed": seed}
                for updates, seeds in budgets.items()
                for seed in range(seeds)
            ]
    switch = [
        {"task": "switch", "model": "RNN", "rate": rate, "updates": FIRST, "seed": seed}
        for rate in RATES
        for seed in SEEDS
    ]
    return [*first, *switch, *sorted(last, key=lambda some: some["updates"])]


if __name__ == "__main__":
    store.fill(__file__, trainings, train)
