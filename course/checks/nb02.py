"""Checkers of notebook 02."""

from collections.abc import Callable, Sequence

import keras
import numpy as np
import tensorflow as tf

from course import phrases
from course.checks import exercise


@exercise(1)
def parameters(answer: int) -> None:
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((None,)),
            layers.Embedding(500, 32),
            layers.LSTM(64),
            layers.Dense(3),
        ]
    )
    embedding, lstm, dense = (layer.count_params() for layer in model.layers)
    hints = {
        embedding + lstm // 4 + dense: "How many gates, each with weights of its own?",
        lstm + dense: "The embedding is a table of weights too.",
        embedding + lstm - 4 * 64 + dense: "The gates of the LSTM have biases.",
        embedding + lstm + dense - 3: "The last layer has biases.",
    }
    kind = kind_of(answer)
    answer = np.asarray(answer)
    right_kind = answer.size == 1 and answer.dtype.kind in "iuf"
    assert right_kind, f"Give a number; this is a {kind}."
    answer = answer.item()
    assert answer == model.count_params(), (
        f"The model does not have {answer} parameters. "
        f"{hints.get(answer, 'Work out the three layers one by one, as in the ledger above.')}"
    )


@exercise(2)
def pad_left(answer) -> object:
    for rows in ([[6, 5, 0, 0]], [[1, 0, 0], [3, 2, 0], [5, 4, 6]], [[8, 7]]):
        ids = np.array(rows)
        before = ids.copy()
        found = answer(ids)
        if found is None:
            return NotImplemented
        assert np.array_equal(ids, before), "Your function changes the array that it was given."
        found = np.asarray(found)
        assert found.shape == ids.shape, f"{ids.shape} went in, {found.shape} came out."
        for row, new in zip(ids, found, strict=True):
            tokens = row[row > 0]
            kept = new[new > 0]
            assert sorted(kept) == sorted(tokens), f"{row} became {new}: tokens were lost."
            assert list(kept) == list(tokens), f"{row} became {new}: the order has changed."
            assert np.all(new[len(new) - len(tokens) :] > 0), (
                f"{row} became {new}: the zeros must all stand on the left."
            )
    return None


# For an answer that comes without a test of its own: a name in each language, in their order.
NAMES = (
    "United Kingdom",
    "Royaume-Uni",
    "Vereinigtes Königreich",
    "Reino Unido de Gran Bretaña",
    "Regno Unito",
    "Reino Unido da Grã-Bretanha",
    "Verenigd Koninkrijk",
    "Zjednoczone Królestwo",
    "Storbritannien",
    "Yhdistynyt kuningaskunta",
)
BEAT = 0.84


@exercise(3)
def classifier(
    answer: Callable, texts: Sequence[str] = NAMES, labels: Sequence[int] = range(10)
) -> object:
    """Check a model of texts, or a function of a list of them, on names that it has not seen."""
    assert callable(answer), f"Give a model or a function of texts; this is a {kind_of(answer)}."
    texts = list(texts)
    found = answer(tf.constant(texts) if isinstance(answer, keras.Model) else texts)
    if found is None:
        return NotImplemented
    found = np.asarray(found)
    many = len(texts)
    assert found.shape in ((many,), (many, 1), (many, 10)), (
        f"Asked about {many} names, it answered in shape {found.shape}: "
        f"give a language for each, ({many},), or ten scores for each, ({many}, 10)."
    )
    found = found.argmax(axis=1) if found.shape == (many, 10) else found.reshape(many)
    if found.dtype.kind in "US":
        known = sorted(set(found) & set(phrases.LANGUAGES))
        assert known, f"{found[0]} is none of the ten languages."
        found = np.array([phrases.LANGUAGES.index(one) if one in known else -1 for one in found])
    assert found.dtype.kind in "iuf", "Give numbers of languages, or their codes."
    right = np.mean(found == np.asarray(labels))
    hint = (
        "Does it give one answer to all?" if len(set(found)) == 1 else "Which tokens does it read?"
    )
    assert right > BEAT, (
        f"Right for {right:.1%} of the names; the number to beat is {BEAT:.0%}. {hint}"
    )
    return None


def kind_of(answer: object) -> str:
    return type(answer).__name__
