"""Train notebook 02's model on characters and pairs, and with padding done right and wrong.

    python -m experiments.nb02_phrases        (about 20 minutes on two cores)

`batches` is "buckets" (short phrases share batches, long ones too), "shuffled" (the same, but the
tokens of each phrase in random order) or the side on which every phrase was padded to the length of
the longest; `mask` is whether padding was masked. `validation` and `test` are accuracies.
"""

import time
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from course import phrases
from experiments import store, tasks

SEEDS = range(5)


def move_padding_left(ids: np.ndarray) -> np.ndarray:
    return np.array([np.roll(row, np.count_nonzero(row == 0)) for row in ids])


def make_batches(ids: np.ndarray, labels: np.ndarray, kind: str, training: bool) -> tf.data.Dataset:
    if kind in ("left", "right"):
        ids = move_padding_left(ids) if kind == "left" else ids
        return phrases.rows(ids, labels, training).batch(phrases.BATCH)
    rows = phrases.rows(ids, labels, training).map(phrases.cut)
    if kind == "shuffled":
        rows = rows.map(lambda row, label: (tf.random.shuffle(row), label))
    # Not `phrases.batches`: told the number of batches, Keras starts the shuffling of an epoch once
    # more, and the stored rows were made without.
    return phrases.batch_by_length(rows)


def train(
    batches: str,
    mask: bool,
    seed: int,
    layer: Callable[[], layers.Layer] = lambda: layers.LSTM(128),
    rate: float = 0.01,
) -> store.Settings:
    """Train the model with this layer in the middle and score it."""
    ids, labels = tasks.read_tokens()
    keras.utils.set_random_seed(seed)
    model = phrases.build(layer, mask)
    data = {
        split: make_batches(ids[split], labels[split], batches, split == "train") for split in ids
    }
    phrases.compile_model(model, len(labels["train"]), rate)
    start = time.perf_counter()
    model.fit(data["train"], epochs=phrases.EPOCHS, shuffle=False, verbose=0)
    seconds = time.perf_counter() - start
    return {
        "parameters": model.count_params(),
        "seconds": f"{seconds:.0f}",
        "validation": f"{model.evaluate(data['validation'], verbose=0)[1]:.4f}",
        "test": f"{model.evaluate(data['test'], verbose=0)[1]:.4f}",
    }


def on_all_seeds(batches: str = "buckets", mask: bool = True) -> list[store.Settings]:
    """Return the settings of a model, as it is in notebook 02 or otherwise, on five seeds."""
    return [{"batches": batches, "mask": mask, "seed": seed} for seed in SEEDS]


def trainings() -> list[store.Settings]:
    padded = [
        some
        for side in ("right", "left")
        for mask in (True, False)
        for some in on_all_seeds(side, mask)[:3]
    ]
    return [*on_all_seeds(), *on_all_seeds("shuffled"), *padded]


if __name__ == "__main__":
    store.fill(__file__, trainings, train)
