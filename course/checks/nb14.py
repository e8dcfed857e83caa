"""Checkers of notebook 14."""

import keras
import numpy as np

from course.checks import exercise
from custom_cells import ResidualCell


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
def stack(answer) -> object:
    for depth, every_step in ((1, False), (1, True), (3, False), (3, True)):
        found = answer(depth, 4, every_step)
        if found is None:
            return NotImplemented
        call = f"stack({depth}, 4, {every_step})"
        assert isinstance(found, list | tuple), f"{call} must return a list of layers."
        assert len(found) == depth, f"{call} returns {len(found)} layers."
        assert len(set(map(id, found))) == depth, f"{call} returns one layer several times."
        assert all(isinstance(layer, keras.layers.GRU) for layer in found), (
            f"{call} must return GRU layers, not {sorted({type(one).__name__ for one in found})}."
        )
        widths = [layer.units for layer in found]
        assert set(widths) == {4}, f"The layers of {call} have {widths} units."
        try:
            model = keras.Sequential([keras.Input((None, 3)), *found])
        except ValueError as error:
            raise AssertionError(
                f"The layers of {call} do not fit: does each but the last return its sequence?"
            ) from error
        wanted = (None, None, 4) if every_step else (None, 4)
        assert model.output_shape == wanted, (
            f"{call} ends in the shape {model.output_shape}, expected {wanted}."
        )
    return None


@exercise(3)
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
