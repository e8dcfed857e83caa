"""Time several contenders in turns, so that a slow spell of the machine meets them all."""

import random
import time
from collections.abc import Callable

import numpy as np

Seconds = dict[str, list[float]]


def take_turns(steps: dict[str, Callable[[], object]], rounds: int, seconds: float) -> Seconds:
    """Return how long each contender took in each round.

    Args:
        steps: the contenders by name; each round runs them in a new random order.
        rounds: at least so many,
        seconds: and at least for so long.
    """
    took: Seconds = {name: [] for name in steps}
    shuffle = random.Random(0)
    done, end = 0, time.perf_counter() + seconds
    while done < rounds or time.perf_counter() < end:
        for name in shuffle.sample(list(steps), len(steps)):
            start = time.perf_counter()
            steps[name]()
            took[name].append(time.perf_counter() - start)
        done += 1
    return took


def milliseconds(took: list[float]) -> str:
    """Return the median."""
    return f"{1000 * np.median(took):.2f}"


def ratios(name: str, took: Seconds, by: str) -> dict[str, str]:
    """Return the median and the quartiles of a contender's time by another's in the same round.

    They are three columns of a row, whose names begin with `name`.
    """
    found = np.percentile(np.divide(took[name], took[by]), (50, 25, 75))
    columns = (f"{name}_{column}" for column in ("ratio", "q1", "q3"))
    return {column: f"{ratio:.3f}" for column, ratio in zip(columns, found, strict=True)}
