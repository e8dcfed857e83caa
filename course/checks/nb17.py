"""Checkers of notebook 17."""

import inspect

import keras
import numpy as np
from keras import layers, ops

from course.checks import exercise


@exercise(1)
def memories(answer) -> None:
    found = np.asarray(answer)
    assert found.size == 2 and found.dtype.kind in "iuf", (
        f"Give two numbers, of Keras 2 and of Keras 3, not {answer!r}."
    )
    old, new = found.ravel().tolist()
    hints = {
        0.92: "That is the memory after one step.",
        0.83: "That is what the gate keeps at a sum of 2. Here it is 2.5.",
        0.85: "That is what the other function, sigmoid, leaves.",
        1.0: "That is what Keras 2 leaves.",
    }
    assert abs(old - 1) < 0.006, (
        f"Under Keras 2 it is not {old:g}. What does min(1, max(0, 0.2 z + 0.5)) give?"
    )
    assert abs(new - (2.5 / 6 + 0.5) ** 2) < 0.006, (
        f"Under Keras 3 it is not {new:g}. "
        + hints.get(round(new, 2), "What does min(1, max(0, z / 6 + 0.5)) give, and twice?")
    )


class Bare:
    """Says its size, and no more."""

    def __init__(self, state_size):
        self.state_size = state_size


class Old(Bare):
    def get_initial_state(self, inputs, batch_size, dtype):
        return 2 * ops.ones((batch_size, self.state_size), dtype)


class New(Bare):
    def get_initial_state(self, batch_size=None):
        return [3 * ops.ones((batch_size, self.state_size))]


class Passing(Bare):
    def get_initial_state(self, batch_size=None, **kwargs):
        return (4 * ops.ones((batch_size, self.state_size)),)


@exercise(2)
def first_states(answer) -> object:
    inputs = np.zeros((5, 7, 3), "float32")
    lstm = layers.LSTMCell(2)
    for name, cell, sizes, number in (
        ("an LSTMCell of Keras 3", lstm, [2, 2], 0),
        ("a cell that takes batch_size alone", New(4), [4], 3),
        ("a cell of Keras 2, which returns one tensor", Old(4), [4], 2),
        ("a cell with batch_size and **kwargs, which returns a tuple", Passing(4), [4], 4),
        ("a cell of one size, without the method", Bare(4), [4], 0),
        ("a cell of two sizes, without the method", Bare([4, 2]), [4, 2], 0),
    ):
        try:
            found = answer(cell, inputs)
        except Exception as error:
            raise AssertionError(f"For {name} your function stops: {error!r}") from error
        if found is None:
            return NotImplemented
        assert isinstance(found, list), (
            f"For {name} a list of states is due, yours is a {type(found).__name__}."
        )
        shapes, due = [tuple(state.shape) for state in found], [(5, size) for size in sizes]
        assert shapes == due, f"For {name} states of shapes {due} are due, yours are {shapes}."
        values = [ops.convert_to_numpy(state) for state in found]
        assert all((value == number).all() for value in values), (
            f"For {name} every state must begin at {number}."
        )
    return None


def expected(x: np.ndarray, kernel: np.ndarray, leak: np.ndarray, scale: float) -> np.ndarray:
    h, outputs = np.full((len(x), len(leak)), scale), []
    for step in np.swapaxes(x, 0, 1).astype(float):
        keep = np.clip(0.2 * (h + leak) + 0.5, 0, 1)
        h = keep * h + (1 - keep) * (step @ kernel)
        outputs.append(h)
    return np.stack(outputs, axis=1)


@exercise(3)
def echo(answer) -> object:
    assert inspect.isclass(answer), "Hand over the class itself, not an instance of it."
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, 5, 3)).astype("float32")
    try:
        cell = answer(4, scale=0.25)
        layer = layers.RNN(cell, return_sequences=True)
        first = ops.convert_to_numpy(layer(x))
    except Exception as error:
        raise AssertionError(f"It does not run in RNN: {error}") from error
    assert first.shape == (2, 5, 4), f"Outputs of shape (2, 5, 4) are due, yours: {first.shape}."
    found = sorted(tuple(weight.shape) for weight in layer.trainable_weights)
    assert found == [(3, 4), (4,)], (
        f"The kernel and the leak must learn, shapes (3, 4) and (4,); what learns has {found}. "
        "What does Keras 3 take for a weight?"
    )
    assert np.abs(first - expected(x, np.ones((3, 4)), np.ones(4), 0.25)).max() < 1e-5, (
        "Before training the outputs differ from those of Keras 2: " + blame(layer, x)
    )
    kernel, leak = rng.normal(size=(3, 4)), rng.normal(size=4)
    for weight in layer.trainable_weights:
        weight.assign(kernel if len(weight.shape) == 2 else leak)
    away = np.abs(ops.convert_to_numpy(layer(x)) - expected(x, kernel, leak, 0.25)).max()
    assert away < 1e-5, f"With other weights the outputs differ by {away:.2g}. " + blame(layer, x)
    try:
        copy = answer.from_config(cell.get_config())
    except Exception as error:
        raise AssertionError(f"No copy can be made from the config: {error}") from error
    assert (copy.units, copy.scale) == (4, 0.25), (
        f"A copy from the config has units {copy.units} and scale {copy.scale}, not 4 and 0.25."
    )
    return None


def blame(layer: keras.Layer, x: np.ndarray) -> str:
    """Say which part of the formula is off, by shutting and by opening the gates."""
    kernel = np.ones((3, 4))
    for leak in (-100.0, 100.0):
        for weight in layer.trainable_weights:
            weight.assign(kernel if len(weight.shape) == 2 else np.full(4, leak))
        found = ops.convert_to_numpy(layer(x))
        if np.abs(found - expected(x, kernel, np.full(4, leak), 0.25)).max() > 1e-5:
            return "Check the first state, and what is kept and what is new."
    return "With gates quite shut or open they agree. Which function is between?"
