"""Checkers of notebook 07."""

import math
from functools import cache

import numpy as np

from course import phrases
from course.checks import exercise, find_data


@exercise(1)
def first_loss(answer: float) -> None:
    hints = {
        math.log2(40): "That is in bits; Keras takes the natural logarithm.",
        math.log10(40): "Keras takes the natural logarithm.",
        40.0: "That is the perplexity. What is the loss that belongs to it?",
        1 / 40: "That is the probability of each symbol. What is the loss that belongs to it?",
    }
    array = isinstance(answer, np.ndarray | np.generic) or hasattr(answer, "numpy")
    if array and np.asarray(answer).size == 1:
        answer = float(np.asarray(answer).item())
    assert isinstance(answer, int | float), f"Give a number, not {answer!r}."
    if abs(answer - math.log(40)) >= 0.006:
        near = [hint for value, hint in hints.items() if abs(answer - value) < 0.006]
        hint = near[0] if near else "How probable is each symbol before anything is learnt?"
        raise AssertionError(f"The loss is not {answer}. {hint}")


@exercise(2)
def top_k(answer) -> object:
    for p, k in (([0.5, 0.3, 0.2], 2), ([0.1, 0.2, 0.3, 0.4], 1), ([0.25, 0.15, 0.6], 3)):
        p = np.array(p)
        before = p.copy()
        found = answer(p, k)
        if found is None:
            return NotImplemented
        assert np.array_equal(p, before), "Your function changes the array that it was given."
        found = to_numpy(found)
        given = f"k = {k} of {before.tolist()}"
        assert found.shape == p.shape, f"{p.shape} went in, {found.shape} came out."
        kept = found > 0
        assert kept.sum() == k, f"{given}: {kept.sum()} symbols are left."
        assert p[kept].min() >= p[~kept].max(initial=0), f"{given}: a likelier symbol was dropped."
        assert np.isclose(found.sum(), 1), (
            f"{given}: your probabilities add up to {found.sum():.2f}."
        )
        assert np.allclose(found[kept] / found.max(), p[kept] / p.max()), (
            f"{given}: those that are kept must keep their proportions."
        )
    return None


@exercise(3)
def better_writer(answer) -> object:
    x, y = read_validation()
    assert callable(answer), f"Give a model, not {answer!r}."
    scores = answer(x)
    if scores is None:
        return NotImplemented
    assert not isinstance(scores, list | tuple), "Return the scores alone, no list with states."
    scores = to_numpy(scores)
    due = (*y.shape, LETTERS)
    assert scores.shape == due, (
        f"The scores must be {due}, one per letter; yours are {scores.shape}."
    )
    assert np.isfinite(scores).all(), "Some scores are not finite numbers."
    sums = scores.sum(axis=-1)
    assert scores.min() < 0 or not np.allclose(sums, 1, atol=1e-3), (
        "These add up to 1: they are probabilities. Give the scores before softmax."
    )
    languages, characters = x
    other = characters.copy()
    other[:, 8:] = characters[::-1, 8:]
    again = to_numpy(answer([languages, other]))
    assert np.allclose(scores[:, :8], again[:, :8], atol=1e-3), (
        "Your model reads ahead: what stands later in a name changes what it expects before."
    )
    log_p = scores - scores.max(axis=-1, keepdims=True)
    log_p = log_p - np.log(np.exp(log_p).sum(axis=-1, keepdims=True))
    given = np.take_along_axis(log_p, np.maximum(y, 0)[..., None], axis=-1)[..., 0]
    perplexity = np.exp(-given[y >= 0].mean())
    assert perplexity < BAR, f"A perplexity of {perplexity:.2f} is not below {BAR}."
    return None


BAR = 10.0
LETTERS, LONGEST = 117, 24


def to_numpy(array) -> np.ndarray:
    """Return an array of Keras, or any other, as one of NumPy, in double precision."""
    array = array.detach().cpu() if hasattr(array, "detach") else array
    return np.asarray(array, dtype="float64")


@cache
def read_validation() -> tuple[list[np.ndarray], np.ndarray]:
    """Return the validation names as the notebook encodes them: what is read, and what comes next.

    What is read are languages, (names,), and letters, (names, 25).
    """
    texts, labels = phrases.read(find_data("phrases.csv"))
    letters = sorted({"\n", *"".join(text for text in texts["train"] if len(text) <= LONGEST)})
    number = {letter: n for n, letter in enumerate(letters, 1)}
    short = np.array([len(text) <= LONGEST for text in texts["validation"]])
    ids = np.full((short.sum(), LONGEST + 2), -1, dtype="int32")
    names = (text for text in texts["validation"] if len(text) <= LONGEST)
    for row, name in zip(ids, names, strict=True):
        row[: len(name) + 2] = [number.get(letter, 0) for letter in f"\n{name}\n"]
    return [labels["validation"][short], np.maximum(ids[:, :-1], 0)], ids[:, 1:]
