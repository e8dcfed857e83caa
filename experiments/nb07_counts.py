"""Choose the counts that notebook 07's writer of names is measured against.

    python -m experiments.nb07_counts        (two minutes)

They count the names of all languages together and those of each by itself, and mix: a share of what
the language's own counts say, the rest from all. A row is an order and two discounts, of counts of
1 and of more; `own_S` is the perplexity per character on the validation names with the share S.
"""

from collections import Counter
from functools import cache

import numpy as np

from experiments import store, tasks
from experiments.nb07_writing import count, perplexity, probability

ORDERS, FIRST, FURTHER = (5, 6, 7, 8, 10), (0.65, 0.75, 0.85), (0.75, 1.0, 1.25)
SHARES = (0.5, 0.6, 0.7, 0.8, 0.9)

Counts = dict[str, Counter]


def read(split: str) -> list[tuple[int, str]]:
    """Return language and name of each; a name begins and ends with a line feed."""
    names, languages = tasks.read_names()
    return [(a, f"\n{n}\n") for a, n in zip(languages[split], names[split], strict=True)]


@cache
def fit(order: int) -> list[tuple[Counts, Counts]]:
    """Return for each language the counts of all names and of its own."""
    names = read("train")
    shared = count([name for _, name in names], order)
    return [
        (shared, count([name for a, name in names if a == language], order))
        for language in range(10)
    ]


def train(order: int, first: float, further: float) -> store.Settings:
    D = [(0.0, first, further, further)] * order
    V = len(tasks.characters()) + 2  # the line feed and one unknown character
    bits = []
    for language, name in read("validation"):
        shared, own = (
            np.array(
                [
                    probability(n, D, name[max(0, t - order + 1) : t], name[t], V)
                    for t in range(1, len(name))
                ]
            )
            for n in fit(order)[language]
        )
        bits.append([-np.log2((1 - s) * shared + s * own).sum() for s in SHARES])
    found = np.array(bits).T
    return {
        f"own_{share}": f"{perplexity(some, 'validation'):.3f}"
        for share, some in zip(SHARES, found, strict=True)
    }


def trainings() -> list[store.Settings]:
    return [
        {"order": order, "first": first, "further": further}
        for order in ORDERS
        for first in FIRST
        for further in FURTHER
    ]


if __name__ == "__main__":
    store.fill(__file__, trainings, train)
