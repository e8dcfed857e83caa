"""Train stacks on the task that notebook 14 makes for depth: the parity of parities.

    python -m experiments.nb14_parity        (about an hour and a half on one core)

Of order k, a stack of k layers that each tell whether the ones so far are odd would do. Stacks of
one `size` have as many parameters as one layer of NARROW units, "small", or as four of them,
"large", as nearly as whole units allow. `style` is "plain" or "residual", as in nb14_depth. Each
number of updates is a training of its own, in which the rate falls to 0. Scores are shares of steps
told right, of STEPS as in training; `longer` is that of the three times as many that follow these.
The weights of one stack are kept in nb14_parity_weights.npz.
"""

from functools import cache

import keras
import numpy as np
from keras import layers

from custom_cells import ResidualCell
from experiments import store
from experiments.recipe import Recipe
from experiments.tasks import draw_parity

STEPS, NARROW, BATCH, SEEDS = 16, 24, 32, range(5)
STYLES = [("plain", 1), ("plain", 4), ("residual", 4)]  # and depth
THREE, FIVE = (0.01, 0.03, 0.1), (0.003, 0.01, 0.03, 0.1, 0.3)
# Order, size, updates, the updates after which rates competed, and which.
GRID = [(5, "small", updates, 800, FIVE) for updates in (400, 800, 1600)]
GRID += [(5, "small", updates, 3200, THREE) for updates in (3200, 6400, 12800)]
GRID += [(5, "large", updates, 800, THREE) for updates in (800, 1600)]
GRID += [(3, "small", 800, 800, THREE)]
# Order, style, size, updates, rate and seed of the stack whose weights are kept.
KEPT = (5, "residual", "small", 800, 0.03, 3)


def parameters(depth: int, units: int) -> int:
    """Return the parameters of a stack of GRUs that reads a bit, and of its two answers."""
    first, others = (3 * (n * units + units**2 + 2 * units) for n in (1, units))
    return first + (depth - 1) * others + 2 * (units + 1)


def units_of(depth: int, size: str) -> int:
    wanted = parameters(1 if size == "small" else 4, NARROW)
    return min(range(1, 4 * NARROW), key=lambda units: abs(parameters(depth, units) - wanted))


def build(style: str, depth: int, units: int) -> keras.Sequential:
    model = keras.Sequential([keras.Input((None, 1))])
    for number in range(depth):
        cell = layers.GRUCell(units)
        if style == "residual" and number:
            cell = ResidualCell(cell)
        model.add(layers.RNN(cell, return_sequences=True))
    model.add(layers.Dense(2))
    return model


@cache
def recipe(style: str, depth: int, units: int) -> Recipe:
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    return Recipe(lambda: build(style, depth, units), loss, BATCH)


def train(
    order: int, style: str, depth: int, size: str, updates: int, rate: float, seed: int
) -> store.Settings:
    units = units_of(depth, size)
    x, y = draw_parity(updates * BATCH, STEPS, order, seed)
    model = recipe(style, depth, units).fit(x, y, rate, seed)
    if (order, style, size, updates, rate, seed) == KEPT:
        np.savez_compressed(store.beside(__file__, "_weights.npz"), *model.get_weights())
    row = {"units": units, "parameters": model.count_params()}
    # Far from the seeds of training.
    for split, number in (("validation", 10_000), ("test", 20_000)):
        x, y = draw_parity(1000, 4 * STEPS, order, number)
        right = np.argmax(model.predict(x, batch_size=500, verbose=0), axis=-1) == y
        row[split] = f"{right[:, :STEPS].mean():.4f}"
    return row | {"longer": f"{right[:, STEPS:].mean():.4f}"}


def best_rate(model: dict[str, object], rates: tuple[float, ...]) -> float:
    """Return the rate of two seeds that does best on validation, 0.03 before all are known."""
    found = {rate: [] for rate in rates}
    wanted = {name: str(value) for name, value in model.items()}
    for row in store.read(__file__):
        if wanted.items() <= row.items() and row["seed"] in ("0", "1"):
            found[float(row["rate"])].append(float(row["validation"]))
    if any(len(scores) < 2 for scores in found.values()):
        return 0.03
    return max(rates, key=lambda rate: np.mean(found[rate]))


def trainings() -> list[store.Settings]:
    """Return the settings of all: those that choose a rate, then those at the chosen one."""
    grid = []
    for order, size, updates, compared, rates in GRID:
        for style, depth in STYLES:
            model = {"order": order, "style": style, "depth": depth, "size": size}
            rival = model | {"updates": compared}
            grid += [rival | {"rate": rate, "seed": seed} for rate in rates for seed in SEEDS[:2]]
            best = {"updates": updates, "rate": best_rate(rival, rates)}
            grid += [model | best | {"seed": seed} for seed in SEEDS]
    return list({tuple(some.values()): some for some in grid}.values())


if __name__ == "__main__":
    store.fill(__file__, trainings, train)
