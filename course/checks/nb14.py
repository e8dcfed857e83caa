"""Checkers of notebook 14."""

import keras
import numpy as np

from course.checks import exercise
from custom_cells import ResidualCell

ORDER, STEPS, STACK = 5, 1000, 0.999


def _gru(features: int, units: int) -> int:
    return 3 * (features * units + units**2 + 2 * units)


@exercise(1)
def width(answer: int) -> None:
    wanted = _gru(10, 48)
    sizes = {units: _gru(10, units) + _gru(units, units) for units in range(1, 49)}
    best = min(sizes, key=lambda units: abs(sizes[units] - wanted))
    assert answer in sizes, f"The width is a whole number from 1 to 48, not {answer!r}."
    hint = "smaller" if sizes[answer] > wanted else "larger"
    if abs(answer - best) == 1:
        hint = f"{hint}, but only just"
    assert answer == best, (
        f"Two layers of {answer} units have {sizes[answer]:,} parameters, one of 48 has "
        f"{wanted:,}: the width must be {hint}."
    )


@exercise(2)
def residual_stack(answer) -> object:
    keras.utils.set_random_seed(0)
    cells = [keras.layers.SimpleRNNCell(4) for _ in range(3)]
    layer = keras.layers.RNN(
        [cells[0], *(ResidualCell(cell) for cell in cells[1:])], return_sequences=True
    )
    xs = np.random.default_rng(0).normal(size=(5, 3)).astype("float32")
    expected = keras.ops.convert_to_numpy(layer(xs[None]))[0]

    def make_step(cell):
        W, U, b = (keras.ops.convert_to_numpy(weight) for weight in cell.weights)
        return lambda x, h: np.tanh(x @ W + h @ U + b)

    found = answer(xs, [make_step(cell) for cell in cells], np.zeros(4, "float32"))
    if found is None:
        return NotImplemented
    assert np.shape(found) == expected.shape, (
        f"Five steps and four units make outputs of shape (5, 4), yours have {np.shape(found)}."
    )
    found = np.asarray(found)
    assert np.allclose(found[0], expected[0], atol=1e-5), (
        "Step 1 differs. Every layer but the first adds its input to its output, and the next "
        "layer reads the sum."
    )
    assert np.allclose(found, expected, atol=1e-5), (
        "Step 1 is right, step 2 differs. What does a layer carry to the next step: its output "
        "or its state?"
    )
    return None


def _parity(bits: np.ndarray, order: int) -> np.ndarray:
    for _ in range(order):
        bits = np.cumsum(bits, axis=1) % 2
    return bits


@exercise(3)
def beat_the_stack(answer) -> object:
    bits = np.random.default_rng(0).integers(2, size=(200, STEPS))
    h, states = np.zeros((200, 5), int), []
    for x in bits.T:
        given = x.copy(), h.copy()
        found = answer(*given)
        if found is None:
            return NotImplemented
        assert np.array_equal(given[0], x) and np.array_equal(given[1], h, equal_nan=True), (
            "Your step changes the arrays that it is given. Make a new one."
        )
        try:
            h = np.asarray(keras.ops.convert_to_numpy(found))
        except (TypeError, ValueError):
            raise AssertionError("Return one array, the new state.") from None
        assert h.shape == (200, 5), f"The state has the shape (200, 5), what you return {h.shape}."
        states.append(h.astype(float))
    numbers, truth = np.round(np.transpose(states, (2, 1, 0))), _parity(bits, ORDER)
    right = numbers[0] == truth
    later, every = right[:, 16:64].mean(), right.mean()
    if min(later, every) > STACK:
        return None
    strange = np.flatnonzero(~np.isin(numbers[0], (0, 1)).all(axis=0))
    assert not strange.size, (
        f"A parity is 0 or 1. At step {strange[0] + 1} your first number is neither."
    )
    for place in range(2, 6):
        assert not np.array_equal(numbers[place - 1], truth), (
            f"The answer is number {place} of your state. It must be the first."
        )
    for order in range(1, ORDER):
        assert not np.array_equal(numbers[0], _parity(bits, order)), (
            f"Your first number is the parity of order {order}; order {ORDER} is due."
        )
    for late in range(1, 5):
        assert not np.array_equal(numbers[0, :, late:], truth[:, :-late]), (
            f"The answer of step 1 comes at step {1 + late}. Which numbers are too old when they "
            "are read?"
        )
    mistake = np.flatnonzero(~right.all(axis=0))[0] + 1
    assert later > STACK, (
        f"You are right at {later:.1%} of steps 17 to 64, the stack at {STACK:.1%}. Your first "
        f"mistake is at step {mistake}."
    )
    raise AssertionError(
        f"Steps 17 to 64 are right, but of all {STEPS:,} only {every:.1%}. Your first mistake is "
        f"at step {mistake}. Does a number of your state grow?"
    )
