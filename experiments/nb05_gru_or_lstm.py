"""Train the models that notebook 05 compares: SimpleRNN, GRU and LSTM, small and large.

    python -m experiments.nb05_gru_or_lstm        (about half an hour on two cores)

Fills experiments/results/nb05_gru_or_lstm.csv, a row for each training; a row that is there is
kept, so delete it to train it again. Notebook 05 trains one row again and compares. `size` is the
number of units of the LSTM; a SimpleRNN or a GRU has as many units, or as many as give the whole
model the number of parameters nearest to that of the model with the LSTM. `share` is the share of
the training split that is used. Every training makes the same number of updates. At the end it
trains the model of notebook 02 with a GRU in the place of the LSTM: phrases_gru.csv.
"""

import csv
import os
from functools import cache, partial
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from keras import layers

from experiments.nb02_phrases import LANGUAGES
from experiments.nb02_phrases import train as train_on_tokens
from experiments.recipe import restart, start_of
from experiments.store import fill

ROOT = Path(__file__).resolve().parent.parent
LAYERS = {"SimpleRNN": layers.SimpleRNN, "GRU": layers.GRU, "LSTM": layers.LSTM}
LONGEST, UPDATES, BATCH = 24, 400, 64
SEEDS = range(5)
# Three sizes on the whole training split; two smaller shares of it with the one in the middle.
CELLS = ((8, 1), (32, 1), (64, 1), (32, 1 / 4), (32, 1 / 16))
TASKS, RATES = ("phrases", "digits"), (0.003, 0.01, 0.03, 0.1)
# What each layer did best with on validation, mean of two seeds, at 32 units: the first 48 rows.
RATE = {
    ("phrases", "SimpleRNN"): 0.01,
    ("phrases", "GRU"): 0.03,
    ("phrases", "LSTM"): 0.03,
    ("digits", "SimpleRNN"): 0.01,
    ("digits", "GRU"): 0.03,
    ("digits", "LSTM"): 0.03,
}

Split = tuple[np.ndarray, np.ndarray]


def read_phrases() -> dict[str, Split]:
    """Return the characters of the names of at most 24, padded on the right, and the languages."""
    with (ROOT / "data" / "phrases.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if len(row["phrase"]) <= LONGEST]
    characters = sorted({c for row in rows if row["split"] == "train" for c in row["phrase"]})
    # 0 is padding, 1 any character that no training name has.
    number = {character: n for n, character in enumerate(characters, 2)}
    splits = {}
    for split in ("train", "validation", "test"):
        part = [row for row in rows if row["split"] == split]
        ids = np.zeros((len(part), LONGEST), dtype="int32")
        for line, row in zip(ids, part, strict=True):
            line[: len(row["phrase"])] = [number.get(c, 1) for c in row["phrase"]]
        splits[split] = ids, np.array([LANGUAGES.index(row["language"]) for row in part])
    return splits


def read_digits() -> dict[str, Split]:
    """Return the digits as 16 steps of four pixels each, half a row a step."""
    with np.load(ROOT / "data" / "digits.npz") as file:
        images, labels = file["images"], file["labels"]
    order = np.random.default_rng(0).permutation(len(labels))
    steps = (images[order] / 16).reshape(-1, 16, 4).astype("float32")
    ends = [int(0.6 * len(order)), int(0.8 * len(order))]
    parts = zip(np.split(steps, ends), np.split(labels[order], ends), strict=True)
    return dict(zip(("train", "validation", "test"), parts, strict=True))


@cache
def read(task: str) -> dict[str, Split]:
    return {"phrases": read_phrases, "digits": read_digits}[task]()


def build(task: str, layer: str, units: int) -> keras.Sequential:
    x, _ = read(task)["train"]
    if task == "phrases":
        front = [keras.Input((LONGEST,)), layers.Embedding(int(x.max()) + 1, 16, mask_zero=True)]
    else:
        front = [keras.Input(x.shape[1:])]
    return keras.Sequential([*front, LAYERS[layer](units), layers.Dense(10)])


@cache
def units_of(task: str, layer: str, size: int, match: str) -> int:
    """Return how many units match an LSTM of this size, in units or in parameters."""
    if match == "units":
        return size
    wanted = build(task, "LSTM", size).count_params()
    counts = {u: build(task, layer, u).count_params() for u in range(size, 3 * size + 1)}
    return min(counts, key=lambda units: abs(counts[units] - wanted))


@cache
def compiled(task: str, layer: str, units: int, rate: float) -> tuple[keras.Sequential, list]:
    """Return a model whose training step is compiled once for all seeds, and its optimizer's start.

    Compiled by XLA, which Keras does not do on a CPU unless asked, a step takes half the time.
    """
    model = build(task, layer, units)
    schedule = keras.optimizers.schedules.CosineDecay(rate, UPDATES)
    optimizer = keras.optimizers.Adam(schedule, clipnorm=1.0)
    optimizer.build(model.trainable_variables)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer, loss, jit_compile=True)
    return model, start_of(optimizer)


def train(
    task: str, layer: str, match: str, size: int, share: float, seed: int, rate: float
) -> dict[str, str]:
    splits = read(task)
    units = units_of(task, layer, size, match)
    model, start = compiled(task, layer, units, rate)
    restart(model, start, seed, lambda: build(task, layer, units))
    # The same rows in the same order for every model of this seed.
    rng = np.random.default_rng(seed)
    x, y = splits["train"]
    used = rng.permutation(len(y))[: round(share * len(y))]
    passes = -(-UPDATES * BATCH // len(used))
    order = np.concatenate([rng.permutation(used) for _ in range(passes)])[: UPDATES * BATCH]
    model.fit(x[order], y[order], batch_size=BATCH, epochs=1, shuffle=False, verbose=0)
    row = {"units": str(units), "parameters": str(model.count_params()), "rows": str(len(used))}
    for split in ("train", "validation", "test"):
        x, y = splits[split]
        if split == "train":
            x, y = x[used], y[used]
        row[split] = f"{np.mean(np.argmax(model(x), axis=1) == y):.4f}"
    return row


def trainings() -> list[dict[str, object]]:
    """Return the settings: first those that choose the rate, on validation, then the grid."""
    columns = ("task", "layer", "match", "size", "share", "seed", "rate")
    tried = [
        (task, layer, "units", 32, 1, seed, rate)
        for task in TASKS
        for layer in LAYERS
        for rate in RATES
        for seed in range(2)
    ]
    grid = [
        (task, layer, match, size, share, seed, RATE[task, layer])
        for task in TASKS
        for size, share in CELLS
        for layer in LAYERS
        for match in (("units",) if layer == "LSTM" else ("units", "parameters"))
        for seed in SEEDS
    ]
    return [dict(zip(columns, one, strict=True)) for one in dict.fromkeys(tried + grid)]


if __name__ == "__main__":
    fill("nb05_gru_or_lstm.csv", trainings(), train)
    # The model of notebook 02 with a GRU in the place of its LSTM, for the leaderboard.
    with_gru = partial(train_on_tokens, layer=layers.GRU)
    seeds = [{"batches": "buckets", "mask": True, "seed": seed} for seed in SEEDS]
    fill("nb05_phrases.csv", seeds, with_gru)
