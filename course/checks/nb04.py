"""Checkers of notebook 04."""

import numpy as np

from course.checks import exercise

SYMBOLS, REMEMBERED, MOST_UNITS = 8, 4, 2


def sigmoid(z):
    return 0.5 * (1 + np.tanh(0.5 * z))


@exercise(1)
def cell_after(answer: float) -> None:
    assert not isinstance(answer, str), f"Give a number, not the text {answer!r}."
    found = np.asarray(answer, "float64")
    assert found.size == 1, f"One number is asked for, the last cell state; you gave {answer}."
    found = found.item()
    hints = {
        1.8: "What does a forget gate of 0 leave of the old state?",
        0.0: "Erased, yes; and what is written at the same step?",
        -0.4: "The candidate is only an offer. Which part of it gets in?",
        0.2: "Mind the sign of the candidate.",
        2.0: "That is the cell state after two steps. There is a third.",
    }
    hint = [text for wrong, text in hints.items() if np.isclose(found, wrong)]
    assert np.isclose(found, -0.2), f"{found:g} is not it. " + "".join(
        hint or ["Begin at the last step: what is left of all that went before?"]
    )


@exercise(2)
def coupled_step(answer) -> object:
    rng = np.random.default_rng(0)
    for features, units in ((1, 1), (3, 2)):
        x, h, c = (rng.normal(size=size) for size in (features, units, units))
        W, U, b = (rng.normal(size=(*rows, 3 * units)) for rows in ((features,), (units,), ()))
        found = answer(x, h, c, W, U, b)
        if found is None:
            return NotImplemented
        both = isinstance(found, tuple | list) and len(found) == 2
        assert both, "Return two things: h and c."
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


def recalled(arrays: list[np.ndarray], lag: int) -> float:
    """Return the share of first symbols that an LSTM and a Dense layer name `lag` steps later."""
    W, U, b, readout, scores = arrays
    rng = np.random.default_rng(lag)
    symbol = np.arange(400) % REMEMBERED
    h = c = np.zeros((len(symbol), len(U)), "float32")
    for t in range(lag + 1):
        read = symbol if t == 0 else rng.integers(REMEMBERED, SYMBOLS, size=len(symbol))
        i, f, g, o = np.split(W[read] + h @ U + b, 4, axis=1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        c = np.where(np.abs(c) < 1e-30, 0, c)  # float32 would round a vanishing state up for ever
        h = sigmoid(o) * np.tanh(c)
    return float(np.mean(np.argmax(h @ readout + scores, axis=1) == symbol))


@exercise(3)
def remember(answer) -> object:
    arrays = answer()
    if arrays is None:
        return NotImplemented
    assert isinstance(arrays, tuple | list) and len(arrays) == 5, (
        "Return five arrays: kernel, recurrent kernel and bias of the LSTM, then kernel and bias "
        "of Dense."
    )
    arrays = [np.asarray(array, "float32") for array in arrays]
    units = len(arrays[1]) if arrays[1].ndim else 0
    assert 1 <= units <= MOST_UNITS, (
        f"The recurrent kernel has {units} rows, one for each unit; one or two are allowed."
    )
    due = [(SYMBOLS, 4 * units), (units, 4 * units), (4 * units,), (units, REMEMBERED)]
    for array, shape in zip(arrays, [*due, (REMEMBERED,)], strict=True):
        assert array.shape == shape, (
            f"With {units} unit(s) an array must have shape {shape}, yours has {array.shape}."
        )
    assert all(np.isfinite(array).all() for array in arrays), "Some weights are not finite."
    at_once, soon, late = (recalled(arrays, lag) for lag in (0, 10, 1000))
    assert at_once > 0.99, (
        f"Asked right after the symbol it names {at_once:.0%}; 25 % is chance. What does each of "
        "the four symbols write, and does Dense tell them apart? The order is i, f, c, o."
    )
    assert soon > 0.99, (
        f"Asked at once it names every symbol, after 10 distractors {soon:.0%}. What does a "
        "distractor do to each gate?"
    )
    assert late > 0.99, (
        f"After 10 distractors it names every symbol, after 1,000 only {late:.0%}. What is left of "
        "a cell state after 1,000 of your forget gates, and what do 1,000 small writes add up to?"
    )
    return None
