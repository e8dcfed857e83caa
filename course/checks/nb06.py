"""Checkers of notebook 06."""

import numpy as np

from course.checks import exercise


@exercise(1)
def count_windows(answer: int) -> None:
    hints = {
        10: "All three targets must lie inside the test part.",
        7: "Count the first place as well as the last.",
        3: "Inputs may reach back over the border.",
        23: "Only windows whose targets lie in the test part belong to it.",
    }
    assert answer == 8, (
        f"It is not {answer}. {hints.get(answer, 'Where may the first of three targets stand?')}"
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
        assert np.shape(found) == window.shape, (
            f"{window.shape} went in, {np.shape(found)} came out."
        )
        assert not np.isnan(found).any(), f"With {name}, nan is left."
        measured = ~np.isnan(window)
        assert np.array_equal(found[measured], window[measured]), (
            f"With {name}, a measured value was changed."
        )
        assert np.allclose(found, expected), f"With {name}: {row} became {np.array(found)}."
    return None


@exercise(3)
def pinball(answer) -> object:
    q = np.array([0.1, 0.5, 0.9])
    cases = {
        "one truth above the forecasts": ([10.0], [[8.0, 8.0, 8.0]], 1.0),
        "one truth below the forecasts": ([10.0], [[12.0, 12.0, 12.0]], 1.0),
        "different forecasts": ([10.0], [[9.0, 10.0, 12.0]], 0.1),
        "two cases": ([10.0, 0.0], [[8.0, 10.0, 11.0], [0.0, 2.0, 1.0]], 0.7 / 3),
    }
    for name, (y, forecast, expected) in cases.items():
        found = answer(np.array(y), np.array(forecast), q)
        if found is None:
            return NotImplemented
        assert np.shape(found) == (), f"The mean is one number, yours has shape {np.shape(found)}."
        assert found >= 0, "No error has a negative cost."
        assert np.isclose(found, expected), (
            f"With {name} the loss is wrong: which side costs q, which 1 − q?"
        )
    return None
