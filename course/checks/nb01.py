"""Checkers of notebook 01."""

import math

import keras
import numpy as np

from course.checks import exercise


@exercise(1)
def final_state(answer: float) -> None:
    state = 0.0
    for x in (0, 1, 0, 0):
        state = math.tanh(x + 0.5 * state)
    assert isinstance(answer, int | float), f"Give a number; this is a {type(answer).__name__}."
    assert answer != 0, "The 1 was read two steps ago: something of it is left."
    assert abs(answer - math.tanh(1)) > 0.005, "That is the state right after the 1 was read."
    assert abs(answer - state) <= 0.005, (
        f"{answer} is not the state after four steps. Compute the states one by one, each from "
        "the one before, and give the last one to two decimals."
    )


@exercise(2)
def parameters(count) -> object:
    for features, units in ((3, 4), (26, 10), (7, 64), (1, 1)):
        found = count(features, units)
        if found is None:
            return NotImplemented
        layer = keras.layers.SimpleRNN(units)
        layer.build((None, None, features))
        # The hint names a part only when exactly that part is missing.
        hints = {
            layer.count_params() - units: "Is there nothing added to the two products?",
            layer.count_params() - units * units: "What multiplies the state before?",
            layer.count_params() - features * units: "What multiplies the input?",
        }
        assert found == layer.count_params(), (
            f"SimpleRNN({units}) on {features} features does not have {found} parameters. "
            f"{hints.get(found, 'Add up the sizes of W, U and b.')}"
        )
    return None


@exercise(3)
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
        found = np.asarray(found)
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
