"""Ask which way a memory takes through an LSTM: along the cell state, or through the hidden state.

    python -m experiments.nb04_belt        (about a minute on two cores)

The models and tasks are those of nb04_gates, the sequences its test sequences. The signal is the
first symbol, or the last mark.

- belt: accuracy while gates and candidate read, in place of the hidden state, its mean over all
  sequences at that step. What is remembered can then come along the cell state only.
- grown: the size of the last cell state, times that right after the signal; sizes are means of
  absolute values over units and sequences.
- share: the size of what is left at the end of the write at the signal, the later forget gates
  times it, as a share of the size of the last cell state.
"""

import numpy as np

from experiments import store
from experiments.nb04_gates import BATCH, CHOSEN, ROWS, draw, last_signal, lstm, recipe, sigmoid

TASKS = (("recall", 5), ("marks", 1))


def belt_only(x: np.ndarray, weights: list[np.ndarray], found: dict[str, np.ndarray]) -> np.ndarray:
    """Return the answers when no step sees the hidden state of its own sequence."""
    W, U, b, readout, scores = weights
    mean = found["h"].mean(axis=0)
    h, c = np.zeros(U.shape[0], "float32"), 0.0
    for t in range(x.shape[1]):
        i, f, g, o = np.split(x[:, t] @ W + h @ U + b, 4, axis=1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = mean[t]
    return np.argmax(sigmoid(o) * np.tanh(c) @ readout + scores, axis=1)


def train(task: str, bias: float, updates: int, seed: int) -> store.Settings:
    rate = CHOSEN[task, bias]
    model = recipe(task, bias).fit(*draw(task, updates * BATCH, seed), rate, seed)
    weights = model.get_weights()
    x, y = draw(task, ROWS, 2000 + seed)
    found = lstm(x, weights)
    last, rows = last_signal(task, x), np.arange(len(x))
    write = (found["i"] * found["g"])[rows, last]
    later = np.arange(x.shape[1]) > last[:, None]
    kept = np.where(later[:, :, None], found["f"], 1.0).prod(axis=1)
    end, begin = np.abs(found["c"][:, -1]), np.abs(found["c"][rows, last])
    answers = np.argmax(model(x), axis=1)
    row = {
        "test": np.mean(answers == y),
        "belt": np.mean(belt_only(x, weights, found) == y),
        "grown": end.mean() / begin.mean(),
        "share": np.abs(kept * write).mean() / end.mean(),
    }
    return {name: f"{value:.4g}" for name, value in row.items()}


def trainings() -> list[store.Settings]:
    return [
        {"task": task, "bias": bias, "updates": updates, "seed": seed}
        for updates in (400, 800)
        for task, bias in TASKS
        for seed in range(5)
    ]


if __name__ == "__main__":
    store.fill(__file__, trainings, train)
