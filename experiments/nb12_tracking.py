"""Train linear and other cells to keep track of a state that every step may change.

    python -m experiments.nb12_tracking        (about two hours on one core)

Of `task` "parity", a cell tells at each step whether the ones among the bits so far are odd; of
"products", which of six is the product of the permutations of three things so far. Each model has a
Dense layer of WIDTH, one layer of the cell with as many units as PARAMETERS allow, and a Dense
layer. It is trained on STEPS steps; each number of updates is a training of its own, in which the
rate falls to 0. Scores are shares of steps told right: `inside` of those as in training, and a
column such as `128` of the steps up to that one which the column before has not. `validation` is of
all steps beyond STEPS, and it chooses the rate.
"""

from functools import cache

import keras
import numpy as np
from keras import layers, ops

import custom_cells
from custom_cells.linear import LinearCell
from experiments import store
from experiments.recipe import Recipe, most_units
from experiments.tasks import draw_parity, draw_products

STEPS, WIDTH, PARAMETERS, BATCH, SEEDS = 32, 32, 2000, 32, range(5)
ENDS = (64, 128, 256)
RATES, HIGHER = (0.001, 0.003, 0.01, 0.03), (0.1, 0.3)
BUDGETS, COMPARED = (400, 800, 1600, 3200), 1600
TASKS = {"parity": (2, lambda *of, seed: draw_parity(*of, 1, seed)), "products": (6, draw_products)}


class SignedMinGRUCell(LinearCell):
    blocks, states, gates = "zg", "h", "z"

    def coefficients(self, x):
        z, g = self.split(x)
        z = ops.sigmoid(z)
        return 1 - 2 * z, z * g


CELLS = {
    "minGRU": custom_cells.MinGRUCell,
    "signed minGRU": SignedMinGRUCell,
    "LRU": custom_cells.LRUCell,
    "DeltaNet": lambda units: custom_cells.DeltaNetCell(units, key_dim=8),
    "signed DeltaNet": lambda units: custom_cells.DeltaNetCell(
        units, key_dim=8, allow_neg_eigval=True
    ),
    "DeltaProduct": lambda units: custom_cells.DeltaProductCell(units, key_dim=8),
    "RWKV-7": lambda units: custom_cells.RWKV7Cell(units, key_dim=8),
    "SimpleRNN": layers.SimpleRNNCell,
    "GRU": layers.GRUCell,
    "LSTM": layers.LSTMCell,
}


def build(task: str, model: str, units: int) -> keras.Sequential:
    classes, draw = TASKS[task]
    features = draw(1, 1, seed=0)[0].shape[-1]
    return keras.Sequential(
        [
            keras.Input((None, features)),
            layers.Dense(WIDTH),
            layers.RNN(CELLS[model](units), return_sequences=True),
            layers.Dense(classes),
        ]
    )


@cache
def recipe(task: str, model: str) -> Recipe:
    units = most_units(lambda units: build(task, model, units), PARAMETERS)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    return Recipe(lambda: build(task, model, units), loss, BATCH)


def right(trained: keras.Model, task: str, seed: int) -> np.ndarray:
    """Return the share of 500 sequences in which each step is told right."""
    x, y = TASKS[task][1](500, ENDS[-1], seed=seed)
    return np.mean(trained.predict(x, batch_size=500, verbose=0).argmax(axis=-1) == y, axis=0)


def train(task: str, model: str, updates: int, rate: float, seed: int) -> store.Settings:
    x, y = TASKS[task][1](updates * BATCH, STEPS, seed=seed)
    trained = recipe(task, model).fit(x, y, rate, seed)
    row = {"units": trained.layers[1].cell.units, "parameters": trained.count_params()}
    # Far from the seeds of training.
    row["validation"] = f"{right(trained, task, 10_000)[STEPS:].mean():.4f}"
    told = np.split(right(trained, task, 20_000), [STEPS, *ENDS[:-1]])
    names = ("inside", *map(str, ENDS))
    return row | {name: f"{part.mean():.4f}" for name, part in zip(names, told, strict=True)}


def trainings() -> list[store.Settings]:
    """Return the settings of all: those that choose a rate, then those at the chosen one."""
    grid = []
    for task in TASKS:
        for model in CELLS:
            one = {"task": task, "model": model}
            rival = one | {"updates": COMPARED}
            rates, best = store.compete(__file__, rival, RATES, HIGHER)
            rivals = [rival | {"rate": rate} for rate in rates]
            grid += [some | {"seed": seed} for some in rivals for seed in SEEDS[:2]]
            if best is None:
                continue
            for updates in BUDGETS:
                if updates == COMPARED:
                    continue
                seeds = SEEDS if updates == BUDGETS[-1] else SEEDS[:2]
                grid += [one | {"updates": updates, "rate": best, "seed": s} for s in seeds]
    return grid


if __name__ == "__main__":
    store.fill(__file__, trainings, train)
