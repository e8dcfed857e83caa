"""Train the models of nb05_gru_or_lstm twice as long, and some four times, for notebook 05.

    python -m experiments.nb05_longer        (about half an hour on one core)

The columns are those of nb05_gru_or_lstm, and two more: `updates`, of which that script makes 400;
and `right`, which test rows the model got right, one bit each, as a hexadecimal number. So the
notebook can ask how a lead would move with another test split.
"""

import numpy as np

from experiments import store
from experiments.nb05_gru_or_lstm import CELLS, RATE, SEEDS, TASKS, fit, read
from experiments.recipe import accuracy


def train(**settings: str | float) -> store.Settings:
    model, row, _ = fit(**settings)
    splits = read(settings["task"])
    x, y = splits["test"]
    right = np.argmax(model(x), axis=1) == y
    return row | {
        "validation": f"{accuracy(model, *splits['validation']):.4f}",
        "test": f"{np.mean(right):.4f}",
        "right": np.packbits(right).tobytes().hex(),
    }


def trainings() -> list[store.Settings]:
    """Return the settings: all with 800 updates, some with 1,600, some with 400 for their bits."""
    gated = (("LSTM", "units"), ("GRU", "units"), ("GRU", "parameters"))
    plain = (("SimpleRNN", "units"), ("SimpleRNN", "parameters"))
    _, middle, _, *less = CELLS
    blocks = [
        (TASKS, gated + plain, CELLS, 800),
        (TASKS, gated[:2], [middle], 1600),
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
