"""Train the models of notebook 01 that predict the next character of a name, on five seeds.

    python -m experiments.nb01_next_character        (about three minutes on two cores)

The scores are perplexities per character: on the validation split, on the test split, and there
on the characters up to the ninth and from the tenth. Notebook 01 trains the rows of seed 0 again.
"""

from functools import cache

import keras
import numpy as np
from keras import layers

from experiments import store, tasks

EPOCHS, BATCH = 8, 64

LAYERS = {
    "bag of characters": lambda: layers.Dense(128, activation="tanh"),
    "window of 8": lambda: layers.Conv1D(128, 8, padding="causal", activation="tanh"),
    "RNN": lambda: layers.SimpleRNN(128, return_sequences=True),
}


@cache
def read_data() -> tuple[int, dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]]:
    """Return the size of the vocabulary and, for each split, one-hot inputs, targets, weights."""
    vocabulary = len(tasks.characters()) + 2
    one_hot = np.eye(vocabulary, dtype="float32")
    return vocabulary, {
        split: (one_hot[x], y, real) for split, (x, y, real) in tasks.read_next().items()
    }


def surprise(model: keras.Model, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return minus the binary logarithm of the probability given to each target, in bits."""
    probabilities = keras.ops.convert_to_numpy(keras.ops.softmax(model(x)))
    return -np.log2(np.take_along_axis(probabilities, y[..., None], axis=-1)[..., 0])


def train(model: str, seed: int) -> store.Settings:
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
    row = {"parameters": network.count_params()}
    for split in ("validation", "test"):
        bits, real = surprise(network, features[split], data[split][1]), data[split][2] == 1
        row[split] = f"{2 ** bits[real].mean():.3f}"
    # Up to the ninth character the window of 8 reaches back to the start, as the RNN does.
    near, far = real.copy(), real.copy()
    near[:, 9:], far[:, :9] = False, False
    row["test_1_to_9"] = f"{2 ** bits[near].mean():.3f}"
    row["test_from_10"] = f"{2 ** bits[far].mean():.3f}"
    return row


def trainings() -> list[store.Settings]:
    return [{"model": model, "seed": seed} for seed in range(5) for model in LAYERS]


if __name__ == "__main__":
    store.fill(__file__, trainings, train)
