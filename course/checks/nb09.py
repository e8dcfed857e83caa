"""Checkers of notebook 09."""

import contextlib
import io
import logging

import keras
import numpy as np

from course.checks import exercise
from custom_cells import check_cell

KEEP, TINY = 0.5, 0.001


@exercise(1)
def forgotten_start(answer: float) -> None:
    hints = {
        0.19: "That is what the cell would put out that was given to Bidirectional.",
        0.54: "That is the output after one step.",
        0.94: "That is what the memories add up to. And the output?",
        0.64: "One speed of 0.5 gives that. How many speeds has the default?",
    }
    found = np.asarray(answer)
    assert found.size == 1 and found.dtype.kind in "fiu", f"Give a number, not {answer!r}."
    assert abs(found.item() - np.tanh(0.75 + 0.19)) < 0.006, (
        f"It is not {found.item()}. "
        + hints.get(
            round(found.item(), 2), "Which options has the copy, and where do they come from?"
        )
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


def expected(x: np.ndarray) -> np.ndarray:
    size, outputs = 0, []
    for step in np.swapaxes(x, 0, 1):
        size = KEEP * size + (1 - KEEP) * np.abs(step)
        outputs.append(step / (size + TINY))
    return np.stack(outputs, axis=1)


@exercise(3)
def lasts(answer) -> object:
    assert isinstance(answer, type), "Hand over the class itself, not an instance of it."
    assert answer.__module__ != "__main__", (
        "Another process cannot import a class of a notebook. Write it to a file and import it."
    )
    x = np.random.default_rng(0).normal(size=(2, 4, 3)).astype("float32")
    try:
        cell = answer(3, keep=KEEP)
        found = keras.ops.convert_to_numpy(keras.layers.RNN(cell, return_sequences=True)(x))
    except Exception as error:
        raise AssertionError(f"It does not run in RNN: {error}") from error
    assert found.shape == x.shape, f"Outputs of shape {x.shape} expected, got {found.shape}."
    assert np.allclose(found, expected(x), atol=1e-4), "The outputs differ from the formula."
    kept = [name for name, value in vars(cell).items() if keras.ops.is_tensor(value)]
    assert not kept, f"The step keeps a tensor on self: {kept[0]}."

    config = cell.get_config()
    for name in ("name", "dtype", "trainable"):
        assert name in config, f"The config has no {name}, which Keras's own get_config writes."
    assert config.get("keep") == KEEP, (
        f"keep={KEEP} was asked for, the config says {config.get('keep')}."
    )

    zeros = [np.zeros((2, size), "float32") for size in np.atleast_1d(cell.state_size)]
    output, states = cell(x[:, 0], zeros)
    assert output.shape == states[0].shape and np.allclose(output, states[0]), (
        "Under a mask some backends repeat the first state as the output, and yours is something "
        "else."
    )
    logging.getLogger("tensorflow").setLevel("ERROR")  # no line for each export
    with contextlib.redirect_stdout(io.StringIO()):
        findings = check_cell(lambda: answer(3, keep=KEEP), raise_error=False)
    for finding in findings:
        if finding.outcome == "fails":
            raise AssertionError(
                f"check_cell, {finding.check}: {finding.expected}; yours: {finding.got}"
            )
    return None
