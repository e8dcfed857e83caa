"""Train notebook 01's networks that guess the next character of a name, and one that keeps a bit.

    python -m experiments.nb01_next_character        (about a quarter of an hour on one core)

`score` is a perplexity per character of the validation names; in the task "switch" the share of
right answers BLANKS steps after the last turn. The rate is chosen on the first seeds, and
the others follow at the best. The test names are not scored here: beside the rows stands

- nb01_next_character_bits.npz: for each training of more than FIRST updates, minus the binary
  logarithm of the probability of each test name, in the order of data/phrases.csv.
"""

from functools import cache, partial

import keras
import numpy as np
from keras import layers, ops

from experiments import store, tasks
from experiments.recipe import Recipe, shuffled

BATCH, UNITS = 32, 128
FIRST, FEW, SEEDS = 400, 2, range(5)
RATES = (0.003, 0.01, 0.03)
GRID = {  # rates of each budget; 0.1 was too much for window and bag at 800
    "window of 8": {400: (*RATES, 0.1), 800: (*RATES, 0.1), 1600: RATES},
    "bag of characters": {400: (*RATES, 0.1), 800: (*RATES, 0.1), 1600: RATES},
    "RNN": {400: RATES, 800: RATES, 1600: RATES},
}
TURN, STEPS, BLANKS = 0.1, 30, 300  # of the switch

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


def draw_blanks(rows: int, seed: int) -> tasks.Split:
    """Return STEPS as in training, one more turn and then BLANKS steps without any; and the turn.

    Every other turn is to the left.
    """
    turns, one_hot = np.arange(rows) % 2, np.eye(3, dtype="float32")
    blanks = np.tile(one_hot[2], (rows, BLANKS, 1))
    x, _ = draw_switch(rows, STEPS, seed)
    return np.concatenate([x, one_hot[turns][:, None], blanks], axis=1), turns


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
        x, turns = draw_blanks(100, seed=100)
        anew = keras.Sequential([keras.Input((None, 3)), *network.layers[1:]])
        score = f"{np.mean(np.argmax(anew(x)[:, -1], axis=-1) == turns):.4f}"
    else:
        x, y = read_data()["train"]
        rows = shuffled(np.arange(len(x)), updates * BATCH, np.random.default_rng(seed))
        network = recipe(task, model).fit(x[rows], y[rows], rate, seed)
        x, y = read_data()["validation"]
        score = f"{2 ** (name_bits(network, x, y).sum() / (y >= 0).sum()):.3f}"
        if updates > FIRST:
            keep(f"{model}_{updates}_{rate}_{seed}", name_bits(network, *read_data()["test"]))
    return {"parameters": network.count_params(), "score": score}


def trainings() -> list[store.Settings]:
    stored = store.read(__file__)
    grid = [
        {"task": "switch", "model": "RNN", "rate": rate, "updates": FIRST, "seed": seed}
        for rate in RATES
        for seed in SEEDS
    ]
    for model, budgets in GRID.items():
        for updates, rates in budgets.items():
            found = {}
            for rate in rates:
                cell = {"task": "names", "model": model, "rate": rate, "updates": updates}
                few = [cell | {"seed": seed} for seed in SEEDS[:FEW]]
                rows = [row for row in stored for one in few if store.belongs(row, one)]
                if len(rows) == FEW:
                    found[rate] = sum(float(row["score"]) for row in rows)
                grid += few
            if len(found) == len(rates):
                best = {"rate": min(found, key=found.get)}
                grid += [cell | best | {"seed": seed} for seed in SEEDS[FEW:]]
    return sorted(grid, key=lambda some: some["updates"])


if __name__ == "__main__":
    store.fill(__file__, trainings, train)
