"""Checkers of notebook 04."""

import numpy as np

from course.checks import exercise


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


@exercise(1)
def half_life(answer: int) -> None:
    hints = {
        5: "Nothing is subtracted: each step multiplies by the gate.",
        6: "After that many steps a little more than half is left.",
    }
    assert answer == 7, f"{answer} is not it. {hints.get(answer, 'What is left after two steps?')}"


@exercise(2)
def forget_bias(answer) -> object:
    for steps in (1, 2, 10, 100):
        bias = answer(steps)
        if bias is None:
            return NotImplemented
        gate = sigmoid(bias)
        assert np.isfinite(bias), f"For {steps} steps the bias is {bias}."
        assert not np.isclose(bias, 0.5 ** (1 / steps)), (
            "That is what the gate must be. Which bias makes the sigmoid give that?"
        )
        assert np.isclose(gate**steps, 0.5, atol=1e-6), (
            f"With your bias the gate is {gate:.3f}, and after {steps} steps {gate**steps:.3f} "
            "is left, not 0.5."
        )
    return None


@exercise(3)
def coupled_step(answer) -> object:
    rng = np.random.default_rng(0)
    for features, units in ((1, 1), (3, 2)):
        x, h, c = (rng.normal(size=size) for size in (features, units, units))
        W, U, b = (rng.normal(size=(*rows, 3 * units)) for rows in ((features,), (units,), ()))
        found = answer(x, h, c, W, U, b)
        if found is None:
            return NotImplemented
        assert isinstance(found, tuple) and len(found) == 2, "Return two things: h and c."
        new_h, new_c = (np.asarray(one) for one in found)
        assert new_h.shape == new_c.shape == (units,), (
            f"h and c must have shape {(units,)}; yours have {new_h.shape} and {new_c.shape}."
        )
        f, g, o = np.split(x @ W + h @ U + b, 3)
        f, g, o = sigmoid(f), np.tanh(g), sigmoid(o)
        due = f * c + (1 - f) * g
        swapped = np.allclose(new_h, due) and np.allclose(new_c, o * np.tanh(due))
        assert not swapped, "Return h first, then c."
        assert not np.allclose(new_c, f * c + f * g), "The gate that keeps must not also write."
        assert np.allclose(new_c, due), "The new cell state is wrong: what is kept, what written?"
        assert np.allclose(new_h, o * np.tanh(due)), "c is right, h is not."
    return None
