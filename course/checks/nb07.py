"""Checkers of notebook 07."""

import math

import numpy as np

from course.checks import exercise


@exercise(1)
def first_loss(answer: float) -> None:
    hints = {
        math.log2(40): "That is in bits; Keras takes the natural logarithm.",
        math.log10(40): "Keras takes the natural logarithm.",
        40.0: "That is the perplexity. What is the loss that belongs to it?",
        1 / 40: "That is the probability of each symbol. What is the loss that belongs to it?",
    }
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
        found = np.asarray(found)
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
def greedy(answer) -> object:
    # A writer that counts its steps in the state: it says 2, 3, 1 and then ends, whatever it reads.
    says = [2, 3, 1, 0, 2, 2, 2, 2]
    read = []

    def step(symbol, state):
        read.append(int(symbol))
        number = 0 if state is None else state
        p = np.full(4, 0.1)
        p[says[number % len(says)]] = 0.7
        return p, number + 1

    found = answer(step, 0, 10)
    if found is None:
        return NotImplemented
    assert not isinstance(found, str), "Return a list of numbers."
    found = [int(symbol) for symbol in found]
    assert read[0] == 0, f"Begin with symbol 0; your first step read {read[0]}."
    assert found != [2] * len(found) or not found, (
        f"{found}: is the new state handed on to the next step?"
    )
    assert 0 not in found, f"{found}: the 0 ends the name and is no part of it."
    assert found == [2, 3, 1], f"The likeliest symbols are 2, 3, 1 and then 0; you wrote {found}."
    assert read == [0, 2, 3, 1], f"Each step reads what was written last; yours read {read}."
    assert list(answer(step, 0, 2)) == [2, 3], "Stop after `longest` symbols."
    return None
