"""Checkers of notebook 01."""

import math

import keras
import numpy as np

from course.checks import exercise

# The n-grams of the notebook have 8.23; mixed with its RNN they have 7.9 to 8.0.
TO_BEAT = 8.1


def as_array(answer: object) -> np.ndarray:
    """Return an answer, a number or several in whatever form, as an array of floats."""
    try:
        return np.asarray(keras.ops.convert_to_numpy(answer), dtype=float)
    except (TypeError, ValueError):
        kind = type(answer).__name__
        raise AssertionError(f"Give a number, or an array of them; this is a {kind}.") from None


@exercise(1)
def final_state(answer) -> None:
    assert not isinstance(answer, str), "Give a number, without quotes around it."
    found = as_array(answer)
    assert found.size == 1, f"Only the last state is asked for; you give {found.size} numbers."
    state, value = 0.0, float(found.ravel()[0])
    for x in (0, 1, 0, 0):
        state = math.tanh(x + 0.5 * state)
    assert value != 0, "The 1 was read two steps ago: something of it is left."
    assert abs(value - math.tanh(1)) > 0.005, "That is the state right after the 1 was read."
    assert abs(value - state) <= 0.005, (
        f"{value:g} is not the state after four steps. Compute the states one by one, each from "
        "the one before, and give the last one to two decimals."
    )


@exercise(2)
def read_backwards(rnn) -> object:
    rng = np.random.default_rng(3)
    for steps, features, units in ((1, 2, 3), (5, 3, 4)):
        layer = keras.layers.SimpleRNN(units, return_sequences=True, go_backwards=True)
        layer.build((None, None, features))
        weights = [rng.normal(size=shape) for shape in ((features, units), (units, units), units)]
        layer.set_weights(weights)
        inputs = rng.normal(size=(steps, features))
        found = rnn(inputs, *weights)
        if found is None:
            return NotImplemented
        expected = keras.ops.convert_to_numpy(layer(inputs[None]))[0]
        found = as_array(found)
        assert found.shape == expected.shape, (
            f"For inputs of shape {inputs.shape} and {units} units the states must have shape "
            f"{expected.shape}; yours have {found.shape}."
        )
        forwards = np.allclose(found[0], np.tanh(inputs[0] @ weights[0] + weights[2]), atol=1e-5)
        assert steps == 1 or not forwards, "The first state still comes from the first input."
        turned = np.allclose(found, expected[::-1], atol=1e-5)
        assert steps == 1 or not turned, (
            "The states are right but turned round: the first one must be of the step run first."
        )
        assert np.allclose(found, expected, atol=1e-5), (
            "The states differ from those of SimpleRNN(go_backwards=True). Does each step get "
            "the state of the step run before it?"
        )
    return None


@exercise(3)
def beat(probabilities, targets) -> None:
    p, y = as_array(probabilities), np.asarray(targets)
    assert p.ndim == 3 and p.shape[:2] == y.shape, (
        f"For targets of shape {y.shape} the probabilities must have shape "
        f"({y.shape[0]}, {y.shape[1]}, symbols); yours have {p.shape}."
    )
    real = y >= 0
    p, y = p[real], y[real]
    assert p.min() >= 0, "Some are negative. Are these scores, before the softmax?"
    sums = p.sum(axis=1)
    assert np.allclose(sums, 1, atol=1e-3), (
        f"At each position the probabilities must add up to 1; yours add up to {sums.min():.3g} "
        f"to {sums.max():.3g}."
    )
    given = np.take_along_axis(p, y[:, None], axis=1)
    assert given.min() > 0, "A character that came has probability 0: the perplexity is infinite."
    perplexity = 2 ** -np.log2(given).mean()
    assert perplexity > 3, (
        f"A perplexity of {perplexity:.2f} is too good to be true. Has your model seen the "
        "character that it is to guess, or the validation names in training?"
    )
    assert perplexity < TO_BEAT, (
        f"Your perplexity is {perplexity:.2f}; the number to beat is {TO_BEAT}. Do two models "
        "make the same mistakes?"
    )
