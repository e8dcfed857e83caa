"""Checkers of notebook 06."""

import keras
import numpy as np

from course.checks import exercise
from course.series import mackey_glass


@exercise(1)
def count_windows(answer) -> None:
    number = np.asarray(answer)
    assert number.size == 1, "The answer is one number."
    number = number.item()
    hints = {
        10: "All three targets must lie inside the test part.",
        7: "Count the first place as well as the last.",
        3: "Inputs may reach back over the border.",
        23: "Only windows whose targets lie in the test part belong to it.",
    }
    assert number == 8, (
        f"It is not {number}. {hints.get(number, 'Where may the first of three targets stand?')}"
    )


@exercise(2)
def fill_window(answer) -> object:
    nan = np.nan
    cases = {
        "no gap": ([1, 2, 3], [1, 2, 3]),
        "one missing inside": ([1, nan, 3], [1, 2, 3]),
        "two missing inside": ([0, nan, nan, 6, 1], [0, 2, 4, 6, 1]),
        "the last two missing": ([1, 4, nan, nan], [1, 4, 4, 4]),
        "a gap inside and one at the end": ([2, nan, 4, nan], [2, 3, 4, 4]),
    }
    for name, (row, expected) in cases.items():
        window = np.array(row, dtype=float)
        before = window.copy()
        found = answer(window)
        if found is None:
            return NotImplemented
        assert np.array_equal(window, before, equal_nan=True), (
            "Your function changes the window that it was given."
        )
        found = np.asarray(found, dtype=float)
        assert found.shape == window.shape, f"{window.shape} went in, {found.shape} came out."
        assert not np.isnan(found).any(), f"With {name}, nan is left."
        measured = ~np.isnan(window)
        assert np.array_equal(found[measured], window[measured]), (
            f"With {name}, a measured value was changed."
        )
        assert np.allclose(found, expected), f"With {name}: {row} became {found}."
    return None


TO_BEAT = 0.03


def validation_windows() -> tuple[np.ndarray, np.ndarray]:
    """Return the notebook's scaled Mackey–Glass windows, (windows, 16, 1), and the next values."""
    values = mackey_glass(2500)
    windows = np.lib.stride_tricks.sliding_window_view(values, 17)
    training, validation = windows[: 1500 - 16], windows[1500 - 16 : 2000 - 16]
    offset, scale = training[:, :16].mean(), training[:, :16].std()
    scaled = (validation - offset) / scale
    return scaled[:, :16, None], scaled[:, 16:]


@exercise(3)
def beat_the_line(model) -> None:
    assert isinstance(model, keras.Model), f"Give a Keras model; this is {type(model).__name__}."
    assert model.built, "The model has no weights yet. Does it begin with an Input?"
    recurrent = [layer.name for layer in walk(model) if is_recurrent(layer)]
    assert not recurrent, f"{recurrent[0]} is recurrent: do without it here."
    x, y = validation_windows()
    found = np.asarray(model.predict(x, verbose=0))
    assert found.shape == y.shape, (
        f"One number per window is due, {y.shape}; yours have the shape {found.shape}."
    )
    error = np.sqrt(np.mean((found - y) ** 2))
    assert error < TO_BEAT, f"Its error is {error:.3f}; less than {TO_BEAT} is due. " + (
        "Is it trained?"
        if error > 0.5
        else "Is something in it curved? A line cannot do better than 0.26."
        if error > 0.25
        else "Would it do better with more units, another layer, more epochs or another rate?"
    )


def walk(model: keras.Model) -> list[keras.layers.Layer]:
    """Return the layers of a model and of the models inside it."""
    return [
        inner
        for layer in model.layers
        for inner in (walk(layer) if isinstance(layer, keras.Model) else [layer])
    ]


def is_recurrent(layer: keras.layers.Layer) -> bool:
    return isinstance(layer, (keras.layers.RNN, keras.layers.Bidirectional))
