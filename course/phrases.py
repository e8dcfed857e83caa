"""How notebooks tell the language of a phrase: tokens, batches, model, optimizer.

Notebook 02 reads characters, `vectorize_characters` and `by_length`. The notebooks after it read
characters and then pairs of them, `tokenize` and `batches`. Model and optimizer are the same. Data
is held in a dict for each kind with the splits "train", "validation" and "test" as keys.
"""

import csv
from collections.abc import Callable, Sequence
from os import PathLike

import keras
import numpy as np
import tensorflow as tf
from keras import layers

LANGUAGES = ("en", "fr", "de", "es", "it", "pt", "nl", "pl", "sv", "fi")
TOKENS, EPOCHS, BATCH = 1000, 8, 64
LONG = 40  # phrases of so many tokens share batches, and so do the shorter ones


def read(path: str | PathLike) -> tuple[dict[str, list[str]], dict[str, np.ndarray]]:
    """Return the phrases of each split of data/phrases.csv, and their labels, (phrases,)."""
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    texts, labels = {}, {}
    for split in ("train", "validation", "test"):
        part = [row for row in rows if row["split"] == split]
        texts[split] = [row["phrase"] for row in part]
        labels[split] = np.array([LANGUAGES.index(row["language"]) for row in part])
    return texts, labels


def vectorize_characters(texts: Sequence[str]) -> layers.TextVectorization:
    """Return the layer that numbers the characters of these texts, the commonest first.

    0 pads on the right, 1 is a character that stands in none of them.
    """
    vectorize = layers.TextVectorization(max_tokens=TOKENS, standardize=None, split="character")
    vectorize.adapt([f" {text} " for text in texts])
    return vectorize


def by_length(
    vectorize: layers.TextVectorization, texts: Sequence[str], labels: np.ndarray
) -> tf.data.Dataset:
    """Return the phrases as characters, with a space at either end, in batches from short to long.

    Each batch is padded to its longest phrase, which is hardly longer than its shortest.
    """
    order = np.argsort([len(text) for text in texts], kind="stable")
    spaced = [f" {texts[n]} " for n in order]
    data = tf.data.Dataset.from_tensor_slices((spaced, labels[order])).batch(BATCH)
    return data.map(lambda text, label: (vectorize(text), label)).cache()


def tokenize(
    texts: dict[str, list[str]],
) -> tuple[layers.TextVectorization, dict[str, np.ndarray]]:
    """Return the layer that makes tokens, and the tokens, (phrases, 105), of each split.

    The tokens of a phrase, with a space at either end, are its characters and then its pairs of
    neighbours, of which the commonest in the training split have numbers; 1 is any other, and 0
    pads on the right.
    """
    spaced = {split: [f" {text} " for text in some] for split, some in texts.items()}
    vectorize = layers.TextVectorization(
        max_tokens=TOKENS, standardize=None, split="character", ngrams=2
    )
    vectorize.adapt(spaced["train"])
    ids = vectorize([text for some in spaced.values() for text in some]).numpy()
    ends = np.cumsum([len(some) for some in spaced.values()])[:-1]
    return vectorize, dict(zip(spaced, np.split(ids, ends), strict=True))


def hide_some(row: tf.Tensor, label: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Replace a tenth of the tokens by 1, the unknown token; padding stays padding."""
    hidden = (tf.random.uniform(tf.shape(row)) < 0.1) & (row > 0)
    return tf.where(hidden, tf.ones_like(row), row), label


def cut(row: tf.Tensor, label: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Take the padding on the right away."""
    return row[: tf.math.count_nonzero(row)], label


def rows(ids: np.ndarray, labels: np.ndarray, training: bool) -> tf.data.Dataset:
    """Return single phrases with their labels; in training in random order, some tokens hidden.

    What is random follows the seed that `keras.utils.set_random_seed` was given before.
    """
    data = tf.data.Dataset.from_tensor_slices((ids, labels))
    return data.shuffle(len(labels), seed=0).map(hide_some) if training else data


def batch_by_length(data: tf.data.Dataset) -> tf.data.Dataset:
    """Put phrases without padding into batches, (phrases, tokens), padded to the longest there."""
    return data.bucket_by_sequence_length(
        lambda row, label: tf.shape(row)[0],
        bucket_boundaries=[LONG],
        bucket_batch_sizes=[BATCH, BATCH],
    )


def batches(ids: np.ndarray, labels: np.ndarray, training: bool = False) -> tf.data.Dataset:
    """Return the batches of a split, with their number, without which `fit` would warn.

    See `rows` and `batch_by_length`.
    """
    data = batch_by_length(rows(ids, labels, training).map(cut))
    sizes = np.bincount(np.count_nonzero(ids, axis=1) >= LONG)
    return data.apply(tf.data.experimental.assert_cardinality(int(np.ceil(sizes / BATCH).sum())))


def build(
    layer: Callable[[], layers.Layer] = lambda: layers.LSTM(128), mask: bool = True
) -> keras.Sequential:
    """Return a new model from tokens, (batch, time), to the scores of ten languages, (batch, 10).

    Args:
        layer: makes the layer in the middle, from (batch, time, 64) to (batch, units).
        mask: whether padding is masked.
    """
    return keras.Sequential(
        [
            keras.Input((None,)),
            layers.Embedding(TOKENS, 64, mask_zero=mask),
            layer(),
            layers.Dense(len(LANGUAGES)),
        ]
    )


def compile_model(
    model: keras.Model, phrases: int, rate: float = 0.01, epochs: int = EPOCHS
) -> None:
    """Compile for so many epochs over a training split of so many phrases.

    The learning rate falls along a cosine from `rate`, which fits an LSTM, to 0.
    """
    schedule = keras.optimizers.schedules.CosineDecay(rate, epochs * phrases // BATCH)
    model.compile(
        keras.optimizers.AdamW(schedule, weight_decay=0.1),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
