"""Ask the variants of notebook 10 to follow the marks for longer than they were trained to.

    python -m experiments.nb10_lengths        (about ten minutes on one core)

Each is trained on sequences of 40 steps at its best rate, with 1,600 updates. A column tells how
many of 1,000 sequences of so many steps it then answers right.
"""

import numpy as np

from experiments import nb10_lstm_variants as variants
from experiments import store
from experiments.recipe import shuffled
from experiments.tasks import draw_marks

ASKED = ("LSTM", "no input gate", "no forget gate")
UPDATES = 1600
LENGTHS = (40, 80, 160, 320, 640)


def train(variant: str, rate: float, seed: int) -> store.Settings:
    x, y = variants.read("marks", UPDATES)["train"]
    order = shuffled(np.arange(len(y)), UPDATES * variants.BATCH, np.random.default_rng(seed))
    rnn, dense = variants.recipe("marks", variant).fit(x[order], y[order], rate, seed).layers
    found = {}
    for length in LENGTHS:
        x, y = draw_marks(1000, length, seed=3)
        found[str(length)] = f"{np.mean(np.argmax(dense(rnn(x)), axis=1) == y):.4f}"
    return found


def trainings() -> list[store.Settings]:
    scores, grid = variants.validation(), []
    for variant in ASKED:
        _, best = variants.competing("marks", variant, scores)
        if best:
            grid += [{"variant": variant, "rate": best, "seed": seed} for seed in variants.SEEDS]
    return grid


if __name__ == "__main__":
    store.fill(__file__, trainings, train)
