"""Train the taggers of notebook 13: which class of Python each character of a source belongs to.

    python -m experiments.nb13_tagging        (about half an hour on one core)

Each number of updates is a training of its own, in which the rate falls to 0. RATES compete after
the shortest, on FEW seeds; the one that is best on validation serves for all budgets. For the GRUs
it is the highest of the three, so BEYOND was tried too: worse for the forward GRU and level for two
directions, it was left. `validation` and `test` are the mean F1 of the classes. "joined afterwards"
multiplies the probabilities of the forward and the backward GRU of the same seed, which were
trained without each other; "both, 48 units" has as many units in each direction. What was answered
in place of what, in each file of the test split, stands in nb13_tagging_counts.npz.
"""

from functools import cache, lru_cache
from itertools import product

import keras
import numpy as np
from keras import layers

from course.python_source import CLASSES, LONGEST, read_files
from experiments import store
from experiments.recipe import Recipe, shuffled
from experiments.tasks import encode, number

BATCH, SEEDS, FEW = 32, range(5), 3
BUDGETS, RATES, BEYOND = (150, 300, 600), (0.01, 0.02, 0.04), 0.08
SCORED = 128  # pieces that are scored at a time


def gru(units: int, **options: bool) -> layers.Layer:
    return layers.GRU(units, return_sequences=True, **options)


class TurnRound(layers.Layer):
    """The outputs of a layer with go_backwards in the order of its inputs."""

    supports_masking = True

    def call(self, outputs):
        return keras.ops.flip(outputs, axis=1)


class BothForward(layers.Layer):
    """Two layers that read side by side in the same direction: Bidirectional without a future."""

    supports_masking = True

    def __init__(self, units: int):
        super().__init__()
        self.pair = [gru(units), gru(units)]

    def build(self, shape: tuple) -> None:
        for layer in self.pair:
            layer.build(shape)

    def call(self, inputs, mask=None):
        return keras.ops.concatenate([layer(inputs, mask=mask) for layer in self.pair], axis=-1)


MODELS = {
    "forward": lambda: [gru(48)],
    "backward": lambda: [gru(48, go_backwards=True), TurnRound()],
    "both": lambda: [layers.Bidirectional(gru(31))],
    "both, 48 units": lambda: [layers.Bidirectional(gru(48))],
    "both forward": lambda: [BothForward(31)],
    "window both": lambda: [layers.Conv1D(35, 17, padding="same", activation="relu")],
}
JOINED, PARTS = "joined afterwards", ("forward", "backward")
OTHERS = ("both", "both, 48 units", "both forward", "window both")
COMPETING = ("forward", "both", "window both")
# The others take the rate of the one that they are compared with.
RATE_OF = {"backward": "forward", "both forward": "forward", "both, 48 units": "both"}


@cache
def read_data() -> dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Return the characters of each piece, their labels and the number of the piece's file.

    Characters are padded on the right with 0, labels with −1. Empty pieces, of the file −1, fill up
    the last batch that is scored, so that one graph does.
    """
    files = read_files()
    numbers = number(text for pieces in files["train"] for text, _ in pieces)
    data = {}
    for split, some in files.items():
        pieces = [piece for file in some for piece in file]
        x = encode([text for text, _ in pieces], numbers, LONGEST)
        y = np.full(x.shape, -1)
        for row, (_, labels) in zip(y, pieces, strict=True):
            row[: len(labels)] = labels
        file = np.repeat(np.arange(len(some)), [len(pieces) for pieces in some])
        if split != "train":
            missing = -len(x) % SCORED
            x = np.pad(x, ((0, missing), (0, 0)))
            y = np.pad(y, ((0, missing), (0, 0)), constant_values=-1)
            file = np.pad(file, (0, missing), constant_values=-1)
        data[split] = x, y, file
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


@lru_cache(len(PARTS) * len(SEEDS))  # what is joined was trained just before
def log_probabilities(
    model: str, updates: int, rate: float, seed: int
) -> tuple[int, dict[str, np.ndarray]]:
    """Train a model and return its size and what it says of the splits that are scored."""
    data = read_data()
    x, y, _ = data["train"]
    order = shuffled(np.arange(len(x)), updates * BATCH, np.random.default_rng(seed))
    network = recipe(model).fit(x[order], y[order], rate, seed)
    said = {}
    for split in ("validation", "test"):
        scores = network.predict(data[split][0], batch_size=SCORED, verbose=0)
        said[split] = scores - np.logaddexp.reduce(scores, axis=-1, keepdims=True)
    return network.count_params(), said


def count(split: str, answers: np.ndarray) -> np.ndarray:
    """Return how often a class, (second axis), was answered by a class, (third), in each file."""
    _, y, file = read_data()[split]
    counts = np.zeros((file.max() + 1, len(CLASSES), len(CLASSES)), "int32")
    real = y >= 0
    files = np.broadcast_to(file[:, None], y.shape)
    np.add.at(counts, (files[real], y[real], answers[real]), 1)
    return counts


def f1(counts: np.ndarray) -> np.ndarray:
    """Return the F1 of each class, (…, classes), of counts that count() made, (…, 10, 10)."""
    right = np.diagonal(counts, axis1=-2, axis2=-1)
    return 2 * right / np.maximum(counts.sum(axis=-1) + counts.sum(axis=-2), 1)


def train(model: str, updates: int, rate: float | str, seed: int) -> store.Settings:
    if model == JOINED:
        parts = [log_probabilities(one, updates, best_rate(one), seed) for one in PARTS]
        parameters = sum(size for size, _ in parts)
        said = {split: sum(part[split] for _, part in parts) for split in parts[0][1]}
    else:
        parameters, said = log_probabilities(model, updates, rate, seed)
    counts = {split: count(split, scores.argmax(axis=-1)) for split, scores in said.items()}
    keep(f"{model}_{updates}_{rate}_{seed}", counts["test"])
    means = {split: f"{f1(some.sum(axis=0)).mean():.4f}" for split, some in counts.items()}
    return {"parameters": parameters} | means


def keep(name: str, counts: np.ndarray) -> None:
    path = store.beside(__file__, "_counts.npz")
    kept = dict(np.load(path)) if path.exists() else {}
    np.savez_compressed(path, **kept | {name: counts})


def best_rate(model: str) -> float:
    """Return the rate of a model that is best on validation, after the shortest budget."""
    rows = store.read(__file__)
    scores = dict.fromkeys(RATES, 0.0)
    for rate, seed in product(RATES, SEEDS[:FEW]):
        one = setting(RATE_OF.get(model, model), BUDGETS[0], rate, seed)
        scores[rate] += sum(float(row["validation"]) for row in rows if store.belongs(row, one))
    return max(scores, key=scores.get)


def setting(model: str, updates: int, rate: float | str, seed: int) -> store.Settings:
    return {"model": model, "updates": updates, "rate": rate, "seed": seed}


def trainings() -> list[store.Settings]:
    compared = [*product(COMPETING, RATES), *product(COMPETING[:2], [BEYOND])]
    grid = [(model, BUDGETS[0], rate, seed) for model, rate in compared for seed in SEEDS[:FEW]]
    if len(store.read(__file__)) >= len(grid):  # else the best rates are not known yet
        for updates, model in product(BUDGETS, (*PARTS, JOINED, *OTHERS)):
            rate = "best of each" if model == JOINED else best_rate(model)
            grid += [(model, updates, rate, seed) for seed in SEEDS]
    return [setting(*some) for some in dict.fromkeys(grid)]


if __name__ == "__main__":
    store.fill(__file__, trainings, train)
