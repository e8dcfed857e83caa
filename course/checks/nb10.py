"""Checkers of notebook 10."""

import keras
import numpy as np

from course.checks import exercise
from custom_cells import CIFGCell, LSTMCell

FEATURES, UNITS, STEPS = 3, 4, 6


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def draw(*shapes: tuple[int, ...]) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.normal(size=shape) for shape in shapes]


@exercise(1)
def parameters(answer: int) -> None:
    lstm = 4 * (20 * 50 + 50**2 + 50)
    hints = {
        lstm: "That is the LSTM alone.",
        lstm + 3 * 50**2: "How many blocks has V? Each gate sees three.",
        lstm + 9 * 50: "A block of V is a matrix, not one weight for each unit.",
        lstm + 16 * 50**2: "The candidate neither sends nor receives.",
    }
    assert answer == lstm + 9 * 50**2, (
        f"The cell does not have {answer} parameters. "
        f"{hints.get(answer, 'Count the LSTM first, then what is added.')}"
    )


@exercise(2)
def let_forget_govern(answer) -> object:
    given = draw((FEATURES, 3 * UNITS), (UNITS, 3 * UNITS), (3 * UNITS,))
    found = answer(*[weight.copy() for weight in given])
    if found is None:
        return NotImplemented
    assert isinstance(found, list | tuple) and len(found) == 3, "Return W, U and b."
    for weight, due in zip(found, given, strict=True):
        assert np.shape(weight) == due.shape, f"A weight of shape {due.shape} must keep it."
    cell = CIFGCell(UNITS)
    layer = keras.layers.RNN(cell)
    layer.build((None, None, FEATURES))
    layer.set_weights(given)
    xs = np.random.default_rng(1).normal(size=(STEPS, FEATURES))
    expected = keras.ops.convert_to_numpy(layer(xs[None].astype("float32")))[0]
    h = c = np.zeros(UNITS)
    W, U, b = found
    for x in xs:
        f, g, o = np.split(x @ W + h @ U + b, 3)
        c = sigmoid(f) * c + (1 - sigmoid(f)) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
    unchanged = all(map(np.array_equal, found, given))
    assert np.allclose(h, expected, atol=1e-5), (
        "Unchanged, the first block opens the wrong gate."
        if unchanged
        else "The states differ. What is 1 − σ(a), written with one σ? Which block does it concern?"
    )
    return None


@exercise(3)
def bare_cell(answer) -> None:
    assert isinstance(answer, type) and issubclass(answer, LSTMCell), (
        "Give the class itself, a subclass of custom_cells.LSTMCell."
    )
    layer = keras.layers.RNN(answer(UNITS), return_sequences=True)
    layer.build((None, None, FEATURES))
    blocks = layer.get_weights()[0].shape[1] // UNITS
    assert blocks == 3, f"Your kernel has {blocks} blocks. How many sets of weights are left?"
    W, U, b = given = draw((FEATURES, 3 * UNITS), (UNITS, 3 * UNITS), (3 * UNITS,))
    layer.set_weights(given)
    xs = np.random.default_rng(1).normal(size=(STEPS, FEATURES))
    found = keras.ops.convert_to_numpy(layer(xs[None].astype("float32")))[0]
    h = np.zeros(UNITS)
    for t, x in enumerate(xs):
        i, f, g = np.split(x @ W + h @ U + b, 3)
        h = sigmoid(f) * h + sigmoid(i) * np.tanh(g)
        assert not np.allclose(found[t], np.tanh(h), atol=1e-5), "h is still squashed."
        assert np.allclose(found[t], h, atol=1e-5), (
            f"Step {t + 1} differs. The blocks are i, f and g, in this order, and h is c."
        )
