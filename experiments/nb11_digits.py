"""Train every cell to tell digits that are shown pixel by pixel, in one random order.

    python -m experiments.nb11_digits        (two hours on one core)

64 steps; 1,078 digits to learn from, and as good as each comes again in every 34 updates.
"""

import numpy as np

from experiments import store, zoo
from experiments.tasks import Seed, Split, read_shuffled_pixels


def draw(rows: int, seed: Seed) -> Split:
    x, y = read_shuffled_pixels()["train"]
    drawn = np.random.default_rng(seed).permutation(len(x))[:rows]
    return x[drawn], y[drawn]


TASKS = {"digits": zoo.Task(draw, lambda split: read_shuffled_pixels()[split], 10, reach=64)}


def trainings() -> list[store.Settings]:
    return zoo.grid("digits", zoo.EVERY)


if __name__ == "__main__":
    zoo.fill(__file__, trainings)
