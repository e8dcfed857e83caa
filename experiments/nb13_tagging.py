"""Train the taggers of notebook 13: which class of Python each character of a source belongs to.

    python -m experiments.nb13_tagging        (about five minutes on two cores)

Fills experiments/results/nb13_tagging.csv, a row for each training; a row that is there is kept, so
delete it to train it again. Notebook 13 trains two rows again and compares. All models have the
same number of parameters, as near as their units allow, and make the same updates; "joined
afterwards" multiplies the probabilities of the forward and the backward GRU, which were trained
without each other.
"""

import os
from functools import cache

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from keras import layers
from sklearn.metrics import f1_score

from course.python_source import CLASSES, LONGEST, read_pieces
from experiments.recipe import restart, start_of
from experiments.store import fill

UPDATES, BATCH, RATE = 150, 32, 0.02
WORDS = [CLASSES.index(name) for name in ("keyword", "name", "call", "attribute")]


def gru(units: int, **options: bool) -> layers.Layer:
    return layers.GRU(units, return_sequences=True, **options)


class TurnRound(layers.Layer):
    """The outputs of a layer with go_backwards in the order of its inputs."""

    supports_masking = True

    def call(self, outputs):
        return keras.ops.flip(outputs, axis=1)


MODELS = {
    "forward": lambda: [gru(48)],
    "backward": lambda: [gru(48, go_backwards=True), TurnRound()],
    "both": lambda: [layers.Bidirectional(gru(31))],
    "window left": lambda: [layers.Conv1D(64, 9, padding="causal", activation="relu")],
    "window both": lambda: [layers.Conv1D(35, 17, padding="same", activation="relu")],
}


@cache
def read_data() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return the characters, padded on the right with 0, and the labels, there with −1."""
    pieces = read_pieces()
    known = sorted({c for text, _ in pieces["train"] for c in text})
    number = {character: n for n, character in enumerate(known, 2)}
    data = {}
    for split, some in pieces.items():
        x = np.zeros((len(some), LONGEST), dtype="int32")
        y = np.full((len(some), LONGEST), -1)
        for row, (text, labels) in enumerate(some):
            x[row, : len(text)] = [number.get(c, 1) for c in text]
            y[row, : len(text)] = labels
        data[split] = x, y
    return data


def build(model: str) -> keras.Sequential:
    vocabulary = int(read_data()["train"][0].max()) + 1
    return keras.Sequential(
        [
            keras.Input((None,)),
            layers.Embedding(vocabulary, 16, mask_zero="window" not in model),
            *MODELS[model](),
            layers.Dense(len(CLASSES)),
        ]
    )


@cache
def compiled(model: str) -> tuple[keras.Sequential, list[np.ndarray]]:
    """Return a model whose training step is compiled once for all seeds, and its optimizer's start.

    Compiled by XLA, which Keras does not do on a CPU unless asked, a step takes half the time.
    """
    network = build(model)
    optimizer = keras.optimizers.Adam(
        keras.optimizers.schedules.CosineDecay(RATE, UPDATES), clipnorm=1.0
    )
    optimizer.build(network.trainable_variables)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=-1)
    network.compile(optimizer, loss, jit_compile=True)
    return network, start_of(optimizer)


@cache
def log_probabilities(model: str, seed: int) -> tuple[int, np.ndarray]:
    """Train a model and return its size and what it says of the test split."""
    data = read_data()
    network, start = compiled(model)
    restart(network, start, seed, lambda: build(model))
    # The same rows in the same order for every model of this seed.
    rng = np.random.default_rng(seed)
    x, y = data["train"]
    order = np.concatenate([rng.permutation(len(x)) for _ in range(UPDATES * BATCH // len(x) + 1)])
    order = order[: UPDATES * BATCH]
    network.fit(x[order], y[order], batch_size=BATCH, shuffle=False, verbose=0)
    x, _ = data["test"]
    scores = keras.ops.concatenate([network(part) for part in np.array_split(x, 4)])
    return network.count_params(), keras.ops.convert_to_numpy(keras.ops.log_softmax(scores))


def positions(y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return for each character how many of its run of one class come before, and after it."""
    first, last = np.zeros_like(y), np.zeros_like(y)
    for t in range(1, y.shape[1]):
        first[:, t] = np.where(y[:, t] == y[:, t - 1], first[:, t - 1] + 1, 0)
    for t in reversed(range(y.shape[1] - 1)):
        last[:, t] = np.where(y[:, t] == y[:, t + 1], last[:, t + 1] + 1, 0)
    return first, last


def train(model: str, seed: int) -> dict[str, str]:
    if model == "joined afterwards":
        parts = [log_probabilities(one, seed) for one in ("forward", "backward")]
        parameters, scores = sum(size for size, _ in parts), sum(part for _, part in parts)
    else:
        parameters, scores = log_probabilities(model, seed)
    _, y = read_data()["test"]
    answers = scores.argmax(axis=-1)
    f1 = f1_score(y[y >= 0], answers[y >= 0], labels=range(len(CLASSES)), average=None)
    row = {
        "parameters": str(parameters),
        "accuracy": f"{np.mean(answers[y >= 0] == y[y >= 0]):.4f}",
        "f1": f"{f1.mean():.4f}",
    }
    row |= {name: f"{one:.4f}" for name, one in zip(CLASSES, f1, strict=True)}
    first, last = positions(y)
    for name, place in (("from_start", first), ("from_end", last)):
        for distance in range(8):
            chosen = np.isin(y, WORDS) & (place == distance)
            row[f"{name}_{distance + 1}"] = f"{np.mean(answers[chosen] == y[chosen]):.4f}"
    return row


if __name__ == "__main__":
    models = ["forward", "backward", "both", "joined afterwards", "window left", "window both"]
    fill(
        "tagging.csv",
        [{"model": model, "seed": seed} for seed in range(3) for model in models],
        train,
    )
