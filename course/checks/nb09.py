"""Checkers of notebook 09."""

import json

import keras
import numpy as np

from course.checks import exercise

KEEP, TINY = 0.5, 0.001


@exercise(1)
def forgotten_leak(answer: float) -> None:
    hints = {
        0.19: "That is what the cell would put out that was given to Bidirectional.",
        0.75: "The leak is right. Is it the only option that the config forgets?",
        0.46: "That is the output after one step.",
    }
    assert isinstance(answer, int | float), f"Give a number, not {answer!r}."
    assert abs(answer - np.tanh(0.75)) < 0.006, (
        f"It is not {answer}. "
        f"{hints.get(round(answer, 2), 'Which options has the copy, and where do they come from?')}"
    )


@keras.saving.register_keras_serializable("nb09")
class Whole(keras.layers.Layer):
    def __init__(self, units, leak=0.5, **kwargs):
        super().__init__(**kwargs)
        self.units, self.leak = units, leak


@keras.saving.register_keras_serializable("nb09")
class Forgetful(Whole):
    def get_config(self):
        return super().get_config() | {"units": self.units}


@keras.saving.register_keras_serializable("nb09")
class Empty(Whole):
    def get_config(self):
        return {}


@keras.saving.register_keras_serializable("nb09")
class Closed(Whole):
    def __init__(self, units):
        super().__init__(units)


@keras.saving.register_keras_serializable("nb09")
class Renaming(Whole):
    def __init__(self, units, leak=0.5, rate=0.1, **kwargs):
        super().__init__(units, leak, **kwargs)
        self.rate = rate

    def get_config(self):
        return super().get_config() | {"units": self.units, "leak": self.leak, "rate": 0.1}


@exercise(2)
def same_when_copied(answer) -> object:
    cells = {
        "a cell that keeps its options": (Whole(3, leak=0.9), True),
        "a cell whose config forgets leak": (Forgetful(3, leak=0.9), False),
        "that cell with the default leak, which its copy has too": (Forgetful(3), True),
        "a cell without **kwargs": (Closed(3), False),
        "a cell with an empty config": (Empty(3), False),
        "a cell whose config names an option with a wrong value": (Renaming(3, rate=0.2), False),
    }
    for name, (cell, expected) in cells.items():
        try:
            found = answer(cell)
        except Exception as error:
            raise AssertionError(f"For {name} your test stops: {error!r}") from error
        if found is None:
            return NotImplemented
        assert bool(found) == expected, f"For {name} your test says {found}."
    return None


def _expected(x: np.ndarray) -> np.ndarray:
    size, outputs = 0, []
    for step in np.swapaxes(x, 0, 1):
        size = KEEP * size + (1 - KEEP) * np.abs(step)
        outputs.append(step / (size + TINY))
    return np.stack(outputs, axis=1)


def _trace(layer: keras.layers.Layer, x: np.ndarray) -> np.ndarray:
    model = keras.Sequential([keras.Input(x.shape[1:]), layer])
    return model.predict(x, verbose=0)


@exercise(3)
def lasts(answer) -> object:
    assert isinstance(answer, type), "Hand over the class itself, not an instance of it."
    x = np.random.default_rng(0).normal(size=(2, 4, 3)).astype("float32")
    RNN = keras.layers.RNN
    try:
        cell = answer(3, keep=KEEP)
        found = keras.ops.convert_to_numpy(RNN(cell, return_sequences=True)(x))
    except Exception as error:
        raise AssertionError(f"Call: it does not run in RNN: {error}") from error
    assert found.shape == x.shape, f"Call: outputs of shape {x.shape} expected, got {found.shape}."
    assert np.allclose(found, _expected(x), atol=1e-4), "Call: the outputs differ from the formula."

    try:
        both = keras.layers.Bidirectional(RNN(cell))
        json.dumps(cell.get_config())
    except Exception as error:
        raise AssertionError(
            f"Wrap: Keras cannot make the cell again from its config ({type(error).__name__}). "
            "It must find the class, and the constructor must take all that the config holds."
        ) from error
    keep = getattr(both.forward_layer.cell, "keep", None)
    assert keep == KEEP, f"Wrap: keep={KEEP} was asked for, the copy has {keep}."

    zeros = [np.zeros((2, size), "float32") for size in np.atleast_1d(cell.state_size)]
    output, states = cell(x[:, 0], zeros)
    assert np.allclose(output, states[0]), (
        "Train: under a mask some backends repeat the first state as the output, "
        "and yours is something else."
    )

    policy = keras.DTypePolicy("mixed_float16")
    try:
        found = _trace(RNN(answer(3, keep=KEEP, dtype=policy), dtype=policy), x)
    except Exception as error:
        raise AssertionError(
            f"Train: it stops in mixed precision, in a graph ({type(error).__name__}). "
            "In which dtype do the states come in, and in which do they leave?"
        ) from error
    assert found.dtype == "float16", f"Train: the output must be float16, is {found.dtype}."
    return None
