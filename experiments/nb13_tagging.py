"""Train the taggers of notebook 13: which class of Python each character of a source belongs to.

    python -m experiments.nb13_tagging        (about five minutes on two cores)

All models have the same number of parameters, as near as their units allow, and make the same
updates; "joined afterwards" multiplies the probabilities of the forward and the backward GRU, which
were trained without each other. `accuracy` is the share of characters, `f1` the mean over the
classes, whose own follow. `from_start_n` is the accuracy on the n-th character of a word, and
`from_end_n` on the n-th from its end.
"""

from functools import cache

import keras
import numpy as np
from keras import layers
from sklearn.metrics import f1_score

from course.python_source import CLASSES, LONGEST, read_pieces
from experiments import store
from experiments.recipe import Recipe, shuffled
from experiments.tasks import encode, number

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
    numbers = number(text for text, _ in pieces["train"])
    data = {}
    for split, some in pieces.items():
        y = np.full((len(some), LONGEST), -1)
        for row, (_, labels) in zip(y, some, strict=True):
            row[: len(labels)] = labels
        data[split] = encode([text for text, _ in some], numbers, LONGEST), y
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
def recipe(model: str) -> Recipe:
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=-1)
    return Recipe(lambda: build(model), loss, BATCH)


@cache
def log_probabilities(model: str, seed: int) -> tuple[int, np.ndarray]:
    """Train a model and return its size and what it says of the test split."""
    data = read_data()
    x, y = data["train"]
    order = shuffled(np.arange(len(x)), UPDATES * BATCH, np.random.default_rng(seed))
    network = recipe(model).fit(x[order], y[order], RATE, seed)
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


def train(model: str, seed: int) -> store.Settings:
    if model == "joined afterwards":
        parts = [log_probabilities(one, seed) for one in ("forward", "backward")]
        parameters, scores = sum(size for size, _ in parts), sum(part for _, part in parts)
    else:
        parameters, scores = log_probabilities(model, seed)
    _, y = read_data()["test"]
    answers = scores.argmax(axis=-1)
    f1 = f1_score(y[y >= 0], answers[y >= 0], labels=range(len(CLASSES)), average=None)
    row = {
        "parameters": parameters,
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


def trainings() -> list[store.Settings]:
    models = ("forward", "backward", "both", "joined afterwards", "window left", "window both")
    return [{"model": model, "seed": seed} for seed in range(3) for model in models]


if __name__ == "__main__":
    store.fill(__file__, trainings, train)
