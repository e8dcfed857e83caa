"""Train the models of notebook 01 that predict the next character of a name, on five seeds.

    python -m experiments.nb01_next_character        (about three minutes on two cores)

Fills experiments/results/nb01_next_character.csv; a row that is there is kept, so delete it to
train it again. Notebook 01 trains the rows of seed 0 again and compares.
"""

import csv
import os
from functools import cache
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from keras import layers

from experiments.store import fill

ROOT = Path(__file__).resolve().parent.parent
LONGEST, EPOCHS, BATCH = 24, 8, 64

LAYERS = {
    "bag of characters": lambda: layers.Dense(128, activation="tanh"),
    "window of 8": lambda: layers.Conv1D(128, 8, padding="causal", activation="tanh"),
    "RNN": lambda: layers.SimpleRNN(128, return_sequences=True),
}


@cache
def read_data() -> tuple[int, dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]]:
    """Return the size of the vocabulary and, for each split, one-hot inputs, targets, weights."""
    names: dict[str, list[str]] = {"train": [], "test": [], "validation": []}
    with (ROOT / "data" / "phrases.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if len(row["phrase"]) <= LONGEST:
                names[row["split"]].append(row["phrase"])
    index = {character: n for n, character in enumerate(sorted(set("".join(names["train"]))), 2)}
    vocabulary = len(index) + 2
    data = {}
    for split, phrases in names.items():
        ids = np.zeros((len(phrases), LONGEST + 2), dtype="int32")
        for row, phrase in zip(ids, phrases, strict=True):
            row[1 : len(phrase) + 1] = [index.get(character, 1) for character in phrase]
        lengths = np.array([len(phrase) for phrase in phrases])
        real = (np.arange(LONGEST + 1) <= lengths[:, None]).astype("float32")
        data[split] = np.eye(vocabulary, dtype="float32")[ids[:, :-1]], ids[:, 1:], real
    return vocabulary, data


def surprise(model: keras.Model, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return minus the binary logarithm of the probability given to each target, in bits."""
    probabilities = keras.ops.convert_to_numpy(keras.ops.softmax(model(x)))
    return -np.log2(np.take_along_axis(probabilities, y[..., None], axis=-1)[..., 0])


def train(model: str, seed: int) -> dict[str, str]:
    vocabulary, data = read_data()
    # Added up along time, the one-hot vectors lose their order: that is the bag.
    features = {
        split: x.cumsum(axis=1) if model == "bag of characters" else x
        for split, (x, _, _) in data.items()
    }
    keras.utils.set_random_seed(seed)
    network = keras.Sequential(
        [keras.Input((None, vocabulary)), LAYERS[model](), layers.Dense(vocabulary)]
    )
    _, y, real = data["train"]
    rate = keras.optimizers.schedules.CosineDecay(0.01, decay_steps=EPOCHS * len(y) // BATCH)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    network.compile(keras.optimizers.Adam(rate, clipnorm=0.1), loss)
    network.fit(
        features["train"], y, sample_weight=real, batch_size=BATCH, epochs=EPOCHS, verbose=0
    )
    row = {"parameters": str(network.count_params())}
    for split in ("validation", "test"):
        bits, real = surprise(network, features[split], data[split][1]), data[split][2] == 1
        row[split] = f"{2 ** bits[real].mean():.3f}"
    # Up to the ninth character the window of 8 reaches back to the start, as the RNN does.
    near, far = real.copy(), real.copy()
    near[:, 9:], far[:, :9] = False, False
    row["test_1_to_9"] = f"{2 ** bits[near].mean():.3f}"
    row["test_from_10"] = f"{2 ** bits[far].mean():.3f}"
    return row


if __name__ == "__main__":
    fill(
        "next_character.csv",
        [{"model": model, "seed": seed} for seed in range(5) for model in LAYERS],
        train,
    )
