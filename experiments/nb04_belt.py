"""Ask which way a memory takes through an LSTM: along the cell state, or through the hidden state.

    python -m experiments.nb04_belt        (about two minutes on two cores)

The models and tasks are those of nb04_gates at their chosen rates, the sequences its test
sequences. With the path "cell" a model is trained, and asked, without recurrent weights, so that
the cell state is its only memory. The signal is the first symbol, or the last mark.

The last cell state is a sum: what is left of the write at the signal (that write times the later
forget gates), and all the rest. `decoded` is how often the symbol is the one whose mean, in the
validation sequences, is nearest.

- whole, loss, loss_pinned: accuracy and loss of the network, and its loss with each gate pinned to
  its mean over sequences and steps.
- far, far_pinned: accuracy on recall after 1,000 distractors, the gates pinned to the same means.
- apart_input and so on: how far a unit's gate at the signal is from its gate elsewhere, on average.
- share: how much the first part differs between symbols, as a share of the sum; root mean square
  over units of the standard deviation of the eight or four means.
- first, rest: accuracy where the other part is replaced by its mean over sequences, and the output
  gate by its own; decoded_first, decoded_rest.
- belt: accuracy while gates and candidate read, in place of the hidden state, its mean over all
  sequences at that step.
- erased_10 and so on: accuracy on recall where all forget gates are shut at that step.
"""

import keras
import numpy as np

from experiments import store, tasks
from experiments.nb04_gates import (
    CHOSEN,
    GATES,
    ROWS,
    STEPS,
    Steps,
    answers,
    draw,
    fit,
    last_signal,
    lstm,
    sigmoid,
    signal_and_rest,
    single,
)

FAR, FAR_ROWS = 1000, 300
# Task, bias and path: updates.
GRID = {
    ("recall", 5, "both"): 1600,
    ("recall", 1, "both"): 3200,
    ("marks", 5, "both"): 1600,
    ("recall", 5, "cell"): 800,
}


def belt_only(x: np.ndarray, weights: list[np.ndarray], found: Steps) -> np.ndarray:
    """Return the answers when no step sees the hidden state of its own sequence."""
    W, U, b, readout, scores = weights
    mean = found["h"].mean(axis=0)
    h, c = np.zeros(U.shape[0], "float32"), 0.0
    for t in range(x.shape[1]):
        i, f, g, o = np.split(x[:, t] @ W + h @ U + b, 4, axis=1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = mean[t]
    return np.argmax(sigmoid(o) * np.tanh(c) @ readout + scores, axis=1)


def parts(task: str, x: np.ndarray, found: Steps) -> tuple[np.ndarray, np.ndarray]:
    """Return what the write at the signal left in the last cell state, and the rest of it."""
    last, rows = last_signal(task, x), np.arange(len(x))
    later = np.arange(x.shape[1]) > last[:, None]
    kept = np.where(later[:, :, None], found["f"], 1.0).prod(axis=1)
    first = kept * (found["i"] * found["g"])[rows, last]
    return first, found["c"][:, -1] - first


def means(values: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the mean of each symbol, (symbols, units)."""
    return np.stack([values[y == symbol].mean(axis=0) for symbol in np.unique(y)])


def spread(values: np.ndarray, y: np.ndarray) -> float:
    return np.sqrt(np.mean(means(values, y).var(axis=0)))


def nearest(values: np.ndarray, centres: np.ndarray) -> np.ndarray:
    return np.argmin(((values[:, None] - centres) ** 2).sum(axis=2), axis=1)


def pin(found: Steps, like: np.ndarray) -> Steps:
    """Return each gate at its mean over sequences and steps, for sequences like these."""
    shape = (*like.shape[:2], found["i"].shape[2])
    return {name: np.broadcast_to(found[name].mean(axis=(0, 1)), shape) for name in GATES}


def measure(model: keras.Model, task: str, seed: int) -> store.Settings:
    weights = model.get_weights()
    (known, known_y), (x, y) = draw(task, ROWS, 1000 + seed), draw(task, ROWS, 2000 + seed)
    found = lstm(x, weights)
    entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    def loss(steps: Steps) -> float:
        return float(entropy(y, steps["h"][:, -1] @ weights[3] + weights[4]))

    row = {
        "whole": np.mean(np.argmax(model(x), axis=1) == y),
        "loss": loss(found),
        "loss_pinned": loss(lstm(x, weights, pin(found, x))),
    }
    far, far_y = tasks.draw_recall(FAR_ROWS, FAR, 4000 + seed)
    for name, by_hand in (("far", {}), ("far_pinned", pin(found, far))):
        right = task == "recall" and np.mean(answers(lstm(far, weights, by_hand), weights) == far_y)
        row[name] = right if task == "recall" else ""
    signal, rest = signal_and_rest(task, x)
    for name, gate in GATES.items():
        gap = found[name][signal].mean(axis=0) - found[name][rest].mean(axis=0)
        row[f"apart_{gate}"] = np.abs(gap).mean()

    shown = found["o"][:, -1].mean(axis=0)

    def right(c: np.ndarray) -> float:
        return np.mean(np.argmax(shown * np.tanh(c) @ weights[3] + weights[4], axis=1) == y)

    first, others = parts(task, x, found)
    known_first, known_others = parts(task, known, lstm(known, weights))
    row["share"] = spread(first, y) / spread(first + others, y)
    row["first"] = right(first + others.mean(axis=0))
    row["rest"] = right(first.mean(axis=0) + others)
    row["decoded_first"] = np.mean(nearest(first, means(known_first, known_y)) == y)
    row["decoded_rest"] = np.mean(nearest(others, means(known_others, known_y)) == y)
    row["belt"] = np.mean(belt_only(x, weights, found) == y)
    for step in (10, 15, STEPS["recall"]):
        shut = {"f": single(x, np.full(len(x), step), 0.0)}
        right_then = np.mean(answers(lstm(x, weights, shut), weights) == y)
        row[f"erased_{step}"] = right_then if task == "recall" else ""
    return {name: value if value == "" else f"{value:.4g}" for name, value in row.items()}


def train(task: str, bias: float, path: str, updates: int, seed: int) -> store.Settings:
    return measure(fit(task, bias, path, CHOSEN[task, bias], updates, seed), task, seed)


def trainings() -> list[store.Settings]:
    columns = ("task", "bias", "path", "updates", "seed")
    return [
        dict(zip(columns, (*which, updates, seed), strict=True))
        for which, updates in GRID.items()
        for seed in range(5)
    ]


if __name__ == "__main__":
    store.fill(__file__, trainings, train)
