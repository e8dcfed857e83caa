"""Checkers of notebook 03."""

import numpy as np

from course.checks import exercise


@exercise(1)
def steps_back(answer: int) -> None:
    assert isinstance(answer, int), f"Give a whole number; this is a {type(answer).__name__}."
    left = 0.5**answer
    assert left < 0.01, f"After {answer} steps {left:.3g} of the gradient is left."
    assert 0.5 ** (answer - 1) >= 0.01, "It is below a hundredth already some steps earlier."


@exercise(2)
def forget_bias(answer) -> object:
    for lag in (1, 10, 100, 1000):
        bias = answer(lag)
        if bias is None:
            return NotImplemented
        gate = 1 / (1 + np.exp(-float(bias)))
        assert not np.isclose(bias, 0.5 ** (1 / lag)), (
            "That is the gate. Which bias makes the sigmoid give it?"
        )
        assert np.isclose(gate**lag, 0.5, atol=1e-6), (
            f"For a lag of {lag} the gate is then {gate:.4f}, and {gate**lag:.3g} of the gradient "
            "is left, not a half."
        )
    return None


@exercise(3)
def clip(answer) -> object:
    rng = np.random.default_rng(0)
    for scale, limit in ((10.0, 1.0), (0.01, 1.0), (3.0, 0.5)):
        gradients = [scale * rng.normal(size=shape) for shape in ((3, 4), (4, 4), (4,))]
        before = [gradient.copy() for gradient in gradients]
        found = answer(gradients, limit)
        if found is None:
            return NotImplemented
        same = all(np.array_equal(a, b) for a, b in zip(gradients, before, strict=True))
        assert same, "Your function changes the arrays that it was given."
        assert [np.shape(each) for each in found] == [each.shape for each in before], (
            "As many arrays must come out as went in, with the same shapes."
        )
        norm = np.sqrt(sum(np.sum(each**2) for each in before))
        flat, old = (np.concatenate([np.ravel(e) for e in some]) for some in (found, before))
        size = np.linalg.norm(flat)
        if norm <= limit:
            assert np.allclose(flat, old), "A gradient below the limit must stay as it is."
        assert size <= limit * (1 + 1e-6), (
            f"All arrays together have norm {size:.2f}, above the limit of {limit}. Is the norm "
            "taken over all of them?"
        )
        assert np.isclose(flat @ old, size * norm), (
            "The direction has changed: all numbers must shrink by one factor."
        )
        assert np.isclose(size, min(norm, limit)), (
            f"A gradient above the limit must end at the limit of {limit}; yours has norm "
            f"{size:.2f}."
        )
    return None
