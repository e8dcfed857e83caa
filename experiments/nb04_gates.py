"""Train small LSTMs on two tasks of memory, and measure what each gate does there.

    python -m experiments.nb04_gates        (about ten minutes on two cores)

"recall": remember the first of 21 symbols; nothing else of its kind comes. "marks": remember the
last symbol of 30 that carried a mark, so that most symbols must not be written and each mark
replaces the one before. Each task is learnt from two first biases of the forget gate, 1 and 5, so
that what the task does and what the bias does can be told apart. A row is a training of so many
updates; 0 is the network untrained.
`validation` chooses the rate; all else is measured on test sequences, which each seed draws anew.

The signal is the first symbol, or a mark but that of the first step, where there is no state yet;
the rest is every step without one.

- input_signal, input_rest and so on: a gate, or the candidate's size, mean over units and steps.
- unit_input, unit_forget: signal minus rest of one unit, where the gap of the input gate is the
  widest, and that of the forget gate the lowest, on the validation sequences.
- pinned_input and so on: accuracy while the gate stands at its mean over sequences and steps, a
  number for each unit.
- cut: accuracy where, at the last mark (or the first symbol), the input gate is shut and the forget
  gate open; earlier: share of answers that name the mark before; cut_rest: accuracy if that is done
  at one step of the rest, after the signal.
- erased: accuracy where the forget gates are shut at that one step.
- kept_10: what the forget gates leave of a cell state over the ten steps after the signal, where
  there are as many, and kept_20 over twenty; unit_kept_10: of the unit that keeps most.
- along_20, all_20: root mean square, over units, of the gradient of the last cell state by that of
  twenty steps before, along the cell states alone and along all ways.
"""

from functools import cache

import keras
import numpy as np
from keras import layers, ops

from experiments import store, tasks
from experiments.recipe import Recipe

UNITS, BATCH, ROWS = 16, 64, 1000
STEPS = {"recall": 20, "marks": 30}
# Task and first bias of the forget gate: the chosen rate, and others.
CHOSEN = {("recall", 5): 0.01, ("marks", 1): 0.03, ("recall", 1): 0.01, ("marks", 5): 0.03}
OTHERS = {
    ("recall", 5): (0.003, 0.03),
    ("marks", 1): (0.01, 0.1),
    ("recall", 1): (0.003, 0.03),
    ("marks", 5): (0.01, 0.1),
}
BUDGETS = (0, 100, 200, 400, 800, 1600)
# How many updates the rates are compared at.
RIVALS = {("recall", 5): 400, ("marks", 1): 400, ("recall", 1): 3200, ("marks", 5): 400}
LONGER = {("recall", 1): (3200, 6400)}
GATES = {"i": "input", "f": "forget", "o": "output"}

Steps = dict[str, np.ndarray]


def draw(task: str, rows: int, seed: int) -> tasks.Split:
    return getattr(tasks, f"draw_{task}")(rows, STEPS[task], seed)


def build(task: str, bias: float, path: str = "both") -> keras.Sequential:
    """Return a model whose LSTM starts with this bias of the forget gate.

    With the path "cell", gates and candidate see no hidden state: their recurrent weights are 0 and
    stay so. What the model remembers then comes along the cell state.
    """
    features, answers = (8, 4) if task == "recall" else (9, 8)
    blind = {"recurrent_initializer": "zeros", "recurrent_constraint": ops.zeros_like}
    recurrent = layers.LSTM(UNITS, **(blind if path == "cell" else {}))
    model = keras.Sequential([keras.Input((None, features)), recurrent, layers.Dense(answers)])
    kernel, recurrent_kernel, biases = recurrent.get_weights()
    biases[UNITS : 2 * UNITS] = bias
    recurrent.set_weights([kernel, recurrent_kernel, biases])
    return model


@cache
def recipe(task: str, bias: float, path: str = "both") -> Recipe:
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    return Recipe(lambda: build(task, bias, path), loss, BATCH)


def fit(task: str, bias: float, path: str, rate: float, updates: int, seed: int) -> keras.Model:
    """Return the model after so many updates, or as it begins."""
    trained = recipe(task, bias, path)
    if updates:
        return trained.fit(*draw(task, updates * BATCH, seed), rate, seed)
    trained.restart(seed, rate, 1)
    return trained.model


def sigmoid(z: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-z))


def lstm(x: np.ndarray, weights: list[np.ndarray], by_hand: dict[str, np.ndarray] | None = None):
    """Return gates, candidate and states of each step, (rows, steps, units).

    `by_hand` has gates that are not computed but given, (rows, steps, units); NaN is computed.
    """
    W, U, b = weights[:3]
    h = c = np.zeros((len(x), UNITS), "float32")
    steps: list[Steps] = []
    for t in range(x.shape[1]):
        i, f, g, o = np.split(x[:, t] @ W + h @ U + b, 4, axis=1)
        now = {"i": sigmoid(i), "f": sigmoid(f), "g": np.tanh(g), "o": sigmoid(o)}
        for name, given in (by_hand or {}).items():
            now[name] = np.where(np.isnan(given[:, t]), now[name], given[:, t])
        c = now["f"] * c + now["i"] * now["g"]
        h = now["o"] * np.tanh(c)
        steps.append(now | {"c": c, "h": h})
    return {name: np.stack([step[name] for step in steps], axis=1) for name in "ifgoch"}


def answers(found: Steps, weights: list[np.ndarray]) -> np.ndarray:
    return np.argmax(found["h"][:, -1] @ weights[3] + weights[4], axis=1)


def signal_and_rest(task: str, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Tell the steps, (rows, steps), that matter, and those that do not."""
    if task == "recall":
        signal = np.zeros(x.shape[:2], bool)
        signal[:, 0] = True
        return signal, ~signal
    marked = x[:, :, -1] > 0
    return marked & (np.arange(x.shape[1]) > 0), ~marked


def last_signal(task: str, x: np.ndarray) -> np.ndarray:
    """Return the step of the last mark, or of the first symbol, (rows,)."""
    if task == "recall":
        return np.zeros(len(x), int)
    return x.shape[1] - 1 - np.argmax(x[:, ::-1, -1] > 0, axis=1)


def after(gate: np.ndarray, last: np.ndarray, lag: int) -> np.ndarray:
    """Return the gate over so many steps after the last signal, in the rows that have as many."""
    enough = np.flatnonzero(last + lag < gate.shape[1])
    return np.stack([gate[n, last[n] + 1 : last[n] + 1 + lag] for n in enough])


def single(x: np.ndarray, steps: np.ndarray, value: float) -> np.ndarray:
    """Return a gate by hand: `value` at one step of each row, NaN elsewhere."""
    given = np.full((*x.shape[:2], UNITS), np.nan, "float32")
    given[np.arange(len(x)), steps] = value
    return given


def jacobian_norms(x: np.ndarray, weights: list[np.ndarray], lag: int) -> tuple[float, float]:
    """Return the size of dc_T/dc_{T−lag} along the cell states alone, and along all ways."""
    _, U, _ = weights[:3]
    found = lstm(x, weights)
    U = np.stack(np.split(U, 4, axis=1))  # of i, f, g, o
    eye = np.broadcast_to(np.eye(UNITS), (len(x), UNITS, UNITS))
    dc, dh, alone = eye, None, np.ones((len(x), UNITS))
    steps = x.shape[1]
    for t in range(steps - lag - 1, steps):
        i, f, g, o, c = (found[name][:, t] for name in "ifgoc")
        if t >= steps - lag:
            before = found["c"][:, t - 1]
            slopes = (g * i * (1 - i), before * f * (1 - f), i * (1 - g * g))
            # Row k, column j: what unit j's state of long ago does to unit k.
            through_h = sum(
                s[:, :, None] * np.einsum("jk,bjl->bkl", u, dh)
                for s, u in zip(slopes, U[:3], strict=True)
            )
            do = (o * (1 - o))[:, :, None] * np.einsum("jk,bjl->bkl", U[3], dh)
            dc, alone = f[:, :, None] * dc + through_h, alone * f
        else:
            do = 0.0  # the output gate of that step was there before
        squashed = np.tanh(c)
        dh = do * squashed[:, :, None] + (o * (1 - squashed**2))[:, :, None] * dc
    size = [np.sqrt(np.mean(alone**2)), np.sqrt(np.mean(np.sum(dc**2, axis=2)))]
    return float(size[0]), float(size[1])


def read_gates(task: str, weights: list[np.ndarray], seed: int) -> store.Settings:
    """Measure the gates of an LSTM on test sequences."""
    (known, _), (x, y) = draw(task, ROWS, 1000 + seed), draw(task, ROWS, 2000 + seed)
    found, chosen_on = lstm(x, weights), lstm(known, weights)
    signal, rest = signal_and_rest(task, x)
    signal_known, rest_known = signal_and_rest(task, known)
    row: store.Settings = {}
    for name, gate in (GATES | {"g": "candidate"}).items():
        size = np.abs(found[name])
        row[f"{gate}_signal"], row[f"{gate}_rest"] = size[signal].mean(), size[rest].mean()
    for name, sign in (("i", 1), ("f", -1)):
        gap = chosen_on[name][signal_known].mean(axis=0) - chosen_on[name][rest_known].mean(axis=0)
        unit = np.argmax(sign * gap)
        at = found[name][:, :, unit]
        row[f"unit_{GATES[name]}"] = at[signal].mean() - at[rest].mean()

    def right(by_hand: dict[str, np.ndarray], rows: slice | np.ndarray = slice(None)) -> float:
        given = {name: gate[rows] for name, gate in by_hand.items()}
        return np.mean(answers(lstm(x[rows], weights, given), weights) == y[rows])

    pinned = {
        name: np.broadcast_to(found[name].mean(axis=(0, 1)), found[name].shape) for name in GATES
    }
    for name, gate in GATES.items():
        row[f"pinned_{gate}"] = right({name: pinned[name]})
    row["pinned_all"] = right(pinned)

    last = last_signal(task, x)
    some = (last < x.shape[1] - 1) & ((task == "recall") | (last > 0))
    cut = {"i": single(x, last, 0.0), "f": single(x, last, 1.0)}
    row["cut"] = right(cut, some)
    row["earlier"] = ""
    if task == "marks":
        symbols = np.argmax(x[:, :, :-1], axis=2)
        before = [
            np.flatnonzero(line[:at] > 0)[-1]
            for line, at in zip(x[some][:, :, -1], last[some], strict=True)
        ]
        named = answers(lstm(x[some], weights, {n: g[some] for n, g in cut.items()}), weights)
        other = symbols[some][np.arange(len(before)), before]
        unlike = other != y[some]
        row["earlier"] = np.mean(named[unlike] == other[unlike])
        row["cut"] = np.mean(named[unlike] == y[some][unlike])
    later = np.random.default_rng(seed).integers(last[some] + 1, x.shape[1])
    at = np.zeros(len(x), int)
    at[some] = later
    row["cut_rest"] = right({"i": single(x, at, 0.0), "f": single(x, at, 1.0)}, some)
    row["erased"] = right({"f": single(x, at, 0.0)}, some)

    for lag in (10, 20):
        kept = after(found["f"], last, lag).prod(axis=1)
        row[f"kept_{lag}"] = kept.mean()
        if lag == 10:
            known_last = last_signal(task, known)
            best = after(chosen_on["f"], known_last, lag).prod(axis=1).mean(axis=0).argmax()
            row["unit_kept_10"] = kept[:, best].mean()
    row["along_20"], row["all_20"] = jacobian_norms(x[:100], weights, 20)
    return row


def train(task: str, bias: float, rate: float, updates: int, seed: int) -> store.Settings:
    return measure(fit(task, bias, "both", rate, updates, seed), task, seed)


def measure(model: keras.Model, task: str, seed: int) -> store.Settings:
    weights = model.get_weights()
    row: store.Settings = {}
    for split, base in (("validation", 1000), ("test", 2000)):
        x, y = draw(task, ROWS, base + seed)
        row[split] = np.mean(np.argmax(model(x), axis=1) == y)
    row |= read_gates(task, weights, seed)
    return {name: value if value == "" else f"{value:.4g}" for name, value in row.items()}


def trainings() -> list[store.Settings]:
    """Return the settings: each pair of task and bias at its rate, then at others."""
    grid = [
        (*which, CHOSEN[which], updates, seed)
        for which in CHOSEN
        for seed in range(5)
        for updates in (*BUDGETS, *LONGER.get(which, ()))
    ]
    grid += [
        (*which, rate, RIVALS[which], seed)
        for which, rates in OTHERS.items()
        for rate in rates
        for seed in range(5)
    ]
    columns = ("task", "bias", "rate", "updates", "seed")
    return [dict(zip(columns, one, strict=True)) for one in grid]


if __name__ == "__main__":
    store.fill(__file__, trainings, train)
