"""Train memories of many sizes to repeat a list: what a state of fixed size holds, and what not.

    python -m experiments.nb12_copying        (about an hour on one core)

So many `symbols`, of eight kinds, are read and then repeated in order; the place in the list is
told at each step, so nothing has to be counted. `model` is a cell, and `numbers` tells how many its
memory has: one for each unit, or for each pair of entries of a key and a value in a DeltaNet. With
"looking back" attention leads from each blank to all symbols, so its memory grows with the list.
Each number of updates is a training of its own, in which the rate falls to 0. Scores are shares of
symbols repeated right.
"""

import math
from functools import cache

import keras
import numpy as np
from keras import layers

import custom_cells
from experiments import store
from experiments.recipe import Recipe
from experiments.tasks import SYMBOLS, draw_copy

LENGTHS, BATCH, SEEDS = (16, 32), 32, range(3)
RATES, HIGHER = (0.003, 0.01, 0.03), (0.1, 0.3)
BUDGETS, COMPARED = (800, 1600, 3200), 1600
MODELS = [("minGRU", units) for units in (8, 32, 128)]
MODELS += [("GRU", units) for units in (16, 64)]
MODELS += [("DeltaNet", units * units) for units in (8, 16, 32)]
MODELS += [("looking back", 0)]


def memory(model: str, numbers: int) -> layers.Layer:
    if model == "GRU":
        return layers.GRU(numbers, return_sequences=True)
    if model == "minGRU":
        cell = custom_cells.MinGRUCell(numbers)
    else:
        side = math.isqrt(numbers)
        cell = custom_cells.DeltaNetCell(side, key_dim=side)
    return layers.RNN(cell, return_sequences=True)


def build(model: str, numbers: int, symbols: int) -> keras.Model:
    """Return a model from a list and its blanks to the scores of the symbols at each blank."""
    inputs = keras.Input((2 * symbols, SYMBOLS + 1 + symbols))
    if model == "looking back":
        listed, blank = inputs[:, :symbols], inputs[:, symbols:]
        query, value, key = (layers.Dense(32)(part) for part in (blank, listed, listed))
        found = layers.Attention()([query, value, key])
    else:
        found = memory(model, numbers)(inputs)[:, symbols:]
    return keras.Model(inputs, layers.Dense(SYMBOLS)(found))


@cache
def recipe(*shape: str | int) -> Recipe:
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    return Recipe(lambda: build(*shape), loss, BATCH)


def train(
    symbols: int, model: str, numbers: int, updates: int, rate: float, seed: int
) -> store.Settings:
    x, y = draw_copy(updates * BATCH, symbols, seed)
    trained = recipe(model, numbers, symbols).fit(x, y, rate, seed)
    row = {"parameters": trained.count_params()}
    # Far from the seeds of training.
    for split, number in (("validation", 10_000), ("test", 20_000)):
        x, y = draw_copy(1000, symbols, number)
        answers = trained.predict(x, batch_size=500, verbose=0).argmax(axis=-1)
        row[split] = f"{np.mean(answers == y):.4f}"
    return row


def trainings() -> list[store.Settings]:
    """Return the settings of all: those that choose a rate, then those at the chosen one."""
    grid = []
    for symbols in LENGTHS:
        for model, numbers in MODELS:
            one = {"symbols": symbols, "model": model, "numbers": numbers}
            rival = one | {"updates": COMPARED}
            rates, best = store.compete(__file__, rival, RATES, HIGHER)
            rivals = [rival | {"rate": rate} for rate in rates]
            grid += [some | {"seed": seed} for some in rivals for seed in SEEDS[:2]]
            if best is None:
                continue
            for updates in BUDGETS:
                if updates != COMPARED:
                    grid += [one | {"updates": updates, "rate": best, "seed": s} for s in SEEDS]
    return grid


if __name__ == "__main__":
    store.fill(__file__, trainings, train)
