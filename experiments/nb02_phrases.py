"""Train notebook 02's model on several seeds, and with padding done right and wrong.

    python -m experiments.nb02_phrases        (about 20 minutes on two cores)

Fills experiments/results/nb02_phrases.csv, a row for each training; a row that is there is kept, so
delete it to train it again. Notebook 02 trains the first row again and compares. `batches` is
"buckets" (short phrases share batches, long ones too), "shuffled" (the same, but the tokens of each
phrase in random order) or the side on which every phrase was padded to the length of the longest.
"""

import csv
import os
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from experiments.store import fill

ROOT = Path(__file__).resolve().parent.parent
LANGUAGES = ("en", "fr", "de", "es", "it", "pt", "nl", "pl", "sv", "fi")
EPOCHS, BATCH = 8, 64
COLUMNS = ("batches", "mask", "seed")


@cache
def read_texts() -> dict[str, tuple[list[str], np.ndarray]]:
    """Return the phrases and the labels of each split."""
    with (ROOT / "data" / "phrases.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    splits = {}
    for split in ("train", "validation", "test"):
        part = [row for row in rows if row["split"] == split]
        labels = np.array([LANGUAGES.index(row["language"]) for row in part])
        splits[split] = [row["phrase"] for row in part], labels
    return splits


@cache
def read_splits() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return the token ids, padded on the right, and the labels of each split."""
    texts = {
        split: [f" {phrase} " for phrase in phrases] for split, (phrases, _) in read_texts().items()
    }
    vectorize = layers.TextVectorization(
        max_tokens=1000, standardize=None, split="character", ngrams=2
    )
    vectorize.adapt(texts["train"])
    ids = vectorize([text for split in texts for text in texts[split]]).numpy()
    ends = np.cumsum([len(texts[split]) for split in texts])[:-1]
    return {
        split: (part, read_texts()[split][1])
        for split, part in zip(texts, np.split(ids, ends), strict=True)
    }


def move_padding_left(ids: np.ndarray) -> np.ndarray:
    return np.array([np.roll(row, np.count_nonzero(row == 0)) for row in ids])


def hide_some(row: tf.Tensor, label: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Replace a tenth of the tokens by 1, the unknown token; padding stays padding."""
    hidden = (tf.random.uniform(tf.shape(row)) < 0.1) & (row > 0)
    return tf.where(hidden, tf.ones_like(row), row), label


def make_batches(ids: np.ndarray, labels: np.ndarray, kind: str, training: bool) -> tf.data.Dataset:
    rows = tf.data.Dataset.from_tensor_slices((ids, labels))
    if training:
        rows = rows.shuffle(len(labels), seed=0).map(hide_some)
    if kind in ("left", "right"):
        return rows.batch(BATCH)
    rows = rows.map(lambda row, label: (row[: tf.math.count_nonzero(row)], label))
    if kind == "shuffled":
        rows = rows.map(lambda row, label: (tf.random.shuffle(row), label))
    return rows.bucket_by_sequence_length(
        lambda row, label: tf.shape(row)[0],
        bucket_boundaries=[40],
        bucket_batch_sizes=[BATCH, BATCH],
    )


def train(
    batches: str,
    mask: bool,
    seed: int,
    layer: Callable[[int], layers.Layer] = layers.LSTM,
    rate: float = 0.01,
) -> dict[str, str]:
    splits = read_splits()
    keras.utils.set_random_seed(seed)
    model = keras.Sequential(
        [
            keras.Input((None,)),
            layers.Embedding(1000, 64, mask_zero=mask),
            layer(128),
            layers.Dense(10),
        ]
    )
    data = {
        split: make_batches(
            move_padding_left(ids) if batches == "left" else ids, labels, batches, split == "train"
        )
        for split, (ids, labels) in splits.items()
    }
    steps = EPOCHS * len(splits["train"][1]) // BATCH
    model.compile(
        keras.optimizers.AdamW(
            keras.optimizers.schedules.CosineDecay(rate, steps), weight_decay=0.1
        ),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    start = time.perf_counter()
    model.fit(data["train"], epochs=EPOCHS, verbose=0)
    seconds = time.perf_counter() - start
    return {
        "parameters": str(model.count_params()),
        "seconds": f"{seconds:.0f}",
        "validation": f"{model.evaluate(data['validation'], verbose=0)[1]:.4f}",
        "test": f"{model.evaluate(data['test'], verbose=0)[1]:.4f}",
    }


if __name__ == "__main__":
    trainings = [(kind, True, seed) for kind in ("buckets", "shuffled") for seed in range(5)]
    trainings += [
        (side, mask, seed)
        for side in ("right", "left")
        for mask in (True, False)
        for seed in range(3)
    ]
    fill("nb02_phrases.csv", [dict(zip(COLUMNS, one, strict=True)) for one in trainings], train)
