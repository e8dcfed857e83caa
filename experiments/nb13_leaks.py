"""Train what notebook 13 says of bidirectional models on phrases, and of those that see the future.

    python -m experiments.nb13_leaks        (about ten minutes on two cores)

Fills experiments/results/nb13_leaks.csv and nb13_phrases.csv, a row for each training; a row
that is there is kept, so delete it to train it again. Notebook 13 trains two rows of nb13_leaks.csv
again and compares.

leaks.csv holds two tasks that ask for the next value: the sunspots of the next year, and the next
character of a name. `given` is the score where the input goes on past the place that is asked
about, `missing` where it ends there. "both, past only" reads the PAST years in both directions and
answers once. nb13_phrases.csv is notebook 02's model with a bidirectional LSTM of nearly
as many parameters.
"""

import csv
import os
from functools import cache, partial

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from keras import layers

from experiments.nb01_next_character import LONGEST, ROOT, read_data
from experiments.nb02_phrases import train as train_on_tokens
from experiments.recipe import restart, start_of
from experiments.store import fill

YEARS, PAST, TRAINED_UNTIL = 48, 32, 1900
UPDATES, BATCH, RATE = 300, 32, 0.01
SEEDS = range(5)


@cache
def read_years() -> tuple[np.ndarray, np.ndarray]:
    """Return windows of YEARS + 1 sunspot numbers in hundreds: for training, and for the test.

    No training window reaches 1900; in the test windows the year after the first PAST is 1900 or
    later.
    """
    with (ROOT / "data" / "sunspots.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    values = np.array([float(row["sunspots"]) for row in rows], dtype="float32") / 100
    windows = np.lib.stride_tricks.sliding_window_view(values, YEARS + 1)[..., None]
    first = TRAINED_UNTIL - int(rows[0]["year"])
    return windows[: first - YEARS], windows[first - PAST :]


@cache
def read_names() -> tuple[int, dict[str, tuple[np.ndarray, np.ndarray]]]:
    """Return the size of the vocabulary, and the characters and the next ones, −1 after the end."""
    vocabulary, data = read_data()
    return vocabulary, {
        split: (x.argmax(axis=-1), np.where(real == 1, y, -1))
        for split, (x, y, real) in data.items()
    }


def build(task: str, model: str) -> keras.Sequential:
    gru = partial(layers.GRU, return_sequences=True)
    inside = {
        ("sunspots", "forward"): lambda: gru(16),
        ("sunspots", "both"): lambda: layers.Bidirectional(gru(11)),
        ("sunspots", "both, past only"): lambda: layers.Bidirectional(layers.GRU(11)),
        ("names", "forward"): lambda: gru(64),
        ("names", "both"): lambda: layers.Bidirectional(gru(42)),
    }[task, model]()
    if task == "sunspots":
        return keras.Sequential([keras.Input((None, 1)), inside, layers.Dense(1)])
    vocabulary, _ = read_names()
    front = [keras.Input((None,)), layers.Embedding(vocabulary, 16)]
    return keras.Sequential([*front, inside, layers.Dense(vocabulary)])


@cache
def compiled(task: str, model: str) -> tuple[keras.Sequential, list[np.ndarray]]:
    """Return a model whose training step is compiled once for all seeds, and its optimizer's start.

    Compiled by XLA, which Keras does not do on a CPU unless asked, a step takes half the time.
    """
    network = build(task, model)
    optimizer = keras.optimizers.Adam(
        keras.optimizers.schedules.CosineDecay(RATE, UPDATES), clipnorm=1.0
    )
    optimizer.build(network.trainable_variables)
    loss = (
        keras.losses.MeanSquaredError()
        if task == "sunspots"
        else keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=-1)
    )
    network.compile(optimizer, loss, jit_compile=True)
    return network, start_of(optimizer)


def fit(task: str, model: str, x: np.ndarray, y: np.ndarray, seed: int) -> keras.Sequential:
    network, start = compiled(task, model)
    restart(network, start, seed, lambda: build(task, model))
    rng = np.random.default_rng(seed)
    order = np.concatenate([rng.permutation(len(x)) for _ in range(UPDATES * BATCH // len(x) + 1)])
    order = order[: UPDATES * BATCH]
    network.fit(x[order], y[order], batch_size=BATCH, shuffle=False, verbose=0)
    return network


def train_forecaster(model: str, seed: int) -> dict[str, str]:
    train, test = read_years()
    once = model == "both, past only"
    x, y = (train[:, :PAST], train[:, PAST]) if once else (train[:, :-1], train[:, 1:])
    network = fit("sunspots", model, x, y, seed)

    def error(years: int) -> str:
        answers = np.array(network(test[:, :years]))
        answers = answers if once else answers[:, PAST - 1]
        return f"{100 * np.sqrt(np.mean((answers - test[:, PAST]) ** 2)):.2f}"

    given = "" if once else error(YEARS)
    return {"parameters": str(network.count_params()), "given": given, "missing": error(PAST)}


def train_writer(model: str, seed: int) -> dict[str, str]:
    _, data = read_names()
    network = fit("names", model, *data["train"], seed)
    x, y = data["test"]

    def perplexity(scores) -> str:
        said = np.array(keras.ops.log_softmax(scores))[y >= 0]
        return f"{np.exp(-said[np.arange(len(said)), y[y >= 0]].mean()):.2f}"

    ends = [network(x[:, : t + 1])[:, -1:] for t in range(LONGEST + 1)]
    return {
        "parameters": str(network.count_params()),
        "given": perplexity(network(x)),
        "missing": perplexity(keras.ops.concatenate(ends, axis=1)),
    }


def train(task: str, model: str, seed: int) -> dict[str, str]:
    return {"sunspots": train_forecaster, "names": train_writer}[task](model, seed)


if __name__ == "__main__":
    kinds = [("sunspots", model) for model in ("forward", "both", "both, past only")]
    kinds += [("names", model) for model in ("forward", "both")]
    rows = [{"task": t, "model": m, "seed": seed} for seed in SEEDS for t, m in kinds]
    fill("nb13_leaks.csv", rows, train)
    both = partial(train_on_tokens, layer=lambda _: layers.Bidirectional(layers.LSTM(83)))
    seeds = [{"batches": "buckets", "mask": True, "seed": seed} for seed in SEEDS]
    fill("nb13_phrases.csv", seeds, both)
