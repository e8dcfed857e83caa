"""The recipe that notebooks and experiments share is the one that notebook 02 teaches."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from links import ROOT

from course import phrases


@pytest.fixture(scope="module")
def texts_and_labels() -> tuple[dict, dict]:
    return phrases.read(ROOT / "data" / "phrases.csv")


def test_tokens_are_characters_and_then_pairs():
    vectorize, ids = phrases.tokenize({"train": ["ab", "ab", "b"], "test": ["ba", "c"]})
    vocabulary = vectorize.get_vocabulary()
    read = [[vocabulary[n] for n in row if n] for row in ids["test"]]
    assert read[0] == [" ", "b", "a", " ", "  b", "[UNK]", "[UNK]"]
    assert read[1] == [" ", "[UNK]", " ", "[UNK]", "[UNK]"]
    assert ids["train"].shape == (3, 7) and ids["test"].shape == (2, 7)


@pytest.mark.parametrize("training", [True, False])
def test_batches_hold_every_phrase_once_without_much_padding(training: bool):
    rng = np.random.default_rng(0)
    lengths = rng.integers(2, 60, size=300)
    ids = np.where(np.arange(60) < lengths[:, None], np.arange(300)[:, None] + 2, 0)
    keras.utils.set_random_seed(0)
    data = phrases.batches(ids, np.arange(300), training)
    found = list(data.as_numpy_iterator())
    assert (
        len(found)
        == data.cardinality()
        == sum(-(-n // phrases.BATCH) for n in np.bincount(lengths >= phrases.LONG))
    )
    assert sorted(label for _, labels in found for label in labels) == list(range(300))
    hidden = total = 0
    for x, labels in found:
        np.testing.assert_array_equal(np.count_nonzero(x, axis=1), lengths[labels])
        assert x.shape[1] == lengths[labels].max()
        assert len(set(lengths[labels] >= phrases.LONG)) == 1
        other = (x != labels[:, None] + 2) & (x > 0)
        assert set(x[other]) <= {1}
        hidden, total = hidden + other.sum(), total + lengths[labels].sum()
    assert abs(hidden / total - 0.1 * training) <= 0.02 * training


def test_every_epoch_hides_other_tokens_of_a_phrase():
    ids, labels = np.full((64, 30), 5), np.arange(64)
    data = phrases.batches(ids, labels, training=True)
    (first,), (second,) = (
        [x[np.argsort(label)] for x, label in data.as_numpy_iterator()] for _ in range(2)
    )
    assert np.mean(np.any(first != second, axis=1)) > 0.9


def test_rate_falls_to_0_at_the_last_update(texts_and_labels: tuple):
    number = len(texts_and_labels[1]["train"])
    model = phrases.build()
    phrases.compile_model(model, number, rate=0.003, epochs=4)
    last, rates = 4 * number // phrases.BATCH, {}
    for update in (0, last - 5, last):
        model.optimizer.iterations.assign(update)
        rates[update] = float(model.optimizer.learning_rate)
    assert rates[0] == pytest.approx(0.003)
    assert rates[last - 5] > 1e-8 > rates[last]
    assert model.count_params() == 164_106


def test_padding_is_masked_unless_told_otherwise():
    ids = tf.constant([[7, 8, 9]])
    padded = tf.pad(ids, [[0, 0], [0, 4]])
    for mask in (True, False):
        model = phrases.build(mask=mask)
        change = np.abs(model(padded) - model(ids)).max()
        assert (change < 1e-6) == mask


def test_phrases_of_like_length_share_a_batch():
    texts = ["aaa", "b", "ab", *["abcd"] * 64]
    vectorize = phrases.vectorize_characters(texts)
    assert vectorize.get_vocabulary()[:2] == ["", "[UNK]"] and vectorize.vocabulary_size() == 7
    data = phrases.by_length(vectorize, texts, np.arange(67))
    (first, labels), (rest, others) = data.as_numpy_iterator()
    assert list(labels[:4]) == [1, 2, 0, 3] and sorted([*labels, *others]) == list(range(67))
    assert first.shape == (64, 6) and rest.shape == (3, 6)
    read = [[vectorize.get_vocabulary()[n] for n in row if n] for row in first[:2]]
    assert read == [[" ", "b", " "], [" ", "a", "b", " "]]
