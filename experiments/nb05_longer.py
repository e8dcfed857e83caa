"""Train some models of nb05_gru_or_lstm two and four times as long, for notebook 05.

    python -m experiments.nb05_longer        (about ten minutes on one core)

The columns are those of nb05_gru_or_lstm, and two more: `updates`, of which that script makes 400;
and `right`, which test rows the model got right, one bit each, as a hexadecimal number. So the
notebook can ask how a lead would move with another test split.
"""

import numpy as np

from experiments import store
from experiments.nb05_gru_or_lstm import BATCH, CELLS, RATE, SEEDS, TASKS, read, recipe, units_of
from experiments.recipe import accuracy, shuffled


def train(
    task: str,
    layer: str,
    match: str,
    size: int,
    share: float,
    updates: int,
    seed: int,
    rate: float,
) -> store.Settings:
    splits = read(task)
    units = units_of(task, layer, size, match)
    # The same rows in the same order for every model of this seed.
    rng = np.random.default_rng(seed)
    x, y = splits["train"]
    used = rng.permutation(len(y))[: round(share * len(y))]
    order = shuffled(used, updates * BATCH, rng)
    model = recipe(task, layer, units).fit(x[order], y[order], rate, seed)
    x_test, y_test = splits["test"]
    right = np.argmax(model(x_test), axis=1) == y_test
    return {
        "units": units,
        "parameters": model.count_params(),
        "rows": len(used),
        "validation": f"{accuracy(model, *splits['validation']):.4f}",
        "test": f"{np.mean(right):.4f}",
        "right": np.packbits(right).tobytes().hex(),
    }


def trainings() -> list[store.Settings]:
    """Return the settings: 32 units, then the digits with 8 units or less data."""
    gated = (("LSTM", "units"), ("GRU", "units"), ("GRU", "parameters"))
    small, middle, _, *less = CELLS
    blocks = [
        (TASKS, gated, [middle], 800),
        (TASKS, gated[:2], [middle], 1600),
        (TASKS[1:], gated, [small], 800),
        (TASKS[1:], gated, less, 400),
    ]
    return [
        {
            "task": task,
            "layer": layer,
            "match": match,
            "size": size,
            "share": share,
            "updates": updates,
            "seed": seed,
            "rate": RATE[task, layer],
        }
        for some, models, cells, updates in blocks
        for task in some
        for size, share in cells
        for layer, match in models
        for seed in SEEDS
    ]


if __name__ == "__main__":
    store.fill(__file__, trainings, train)
