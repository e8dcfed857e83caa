"""Checkers of notebook 05."""

import keras
import numpy as np

from course.checks import exercise
from custom_cells import MGUCell

FEATURES, UNITS, STEPS = 3, 4, 6


@exercise(1)
def parameters(answer: int) -> None:
    layer = keras.layers.GRU(50)
    layer.build((None, None, 20))
    kernels = 20 * 50 + 50**2
    hints = {
        3 * (kernels + 50): "That is the count of reset_after=False. The default has more biases.",
        3 * kernels: "The biases are missing.",
        4 * (kernels + 50): "That is an LSTM. How many sets of weights has a GRU?",
        kernels + 2 * 50: "Two gates and a candidate each have weights.",
    }
    assert answer == layer.count_params(), (
        f"The layer does not have {answer} parameters. "
        f"{hints.get(answer, 'How large are the kernel, the recurrent kernel and the bias?')}"
    )


@exercise(2)
def merge_biases(answer) -> object:
    rng = np.random.default_rng(0)
    layer = keras.layers.GRU(UNITS, return_sequences=True)
    layer.build((None, None, FEATURES))
    W, U, bias = (rng.normal(size=w.shape).astype("float32") for w in layer.weights)
    given = bias.copy()
    merged = answer(given)
    if merged is None:
        return NotImplemented
    assert np.array_equal(given, bias), "Your function changes the array that it was given."
    merged = np.asarray(merged)
    assert merged.shape == bias.shape, f"The shape must stay {bias.shape}, yours is {merged.shape}."
    xs = rng.normal(size=(1, STEPS, FEATURES)).astype("float32")
    layer.set_weights([W, U, bias])
    expected = keras.ops.convert_to_numpy(layer(xs))
    layer.set_weights([W, U, merged])
    found = keras.ops.convert_to_numpy(layer(xs))
    assert np.allclose(found, expected, atol=1e-5), (
        "With your biases the layer computes other states. Which of the three does r meddle with?"
    )
    left = np.count_nonzero(merged[1])
    assert left == UNITS, (
        f"{left} of the {3 * UNITS} entries of the second row are not 0; there is a way with fewer."
        if left > UNITS
        else f"{left} entries of the second row are not 0."
    )
    return None


@exercise(3)
def step(answer) -> object:
    rng = np.random.default_rng(0)
    layer = keras.layers.RNN(MGUCell(UNITS), return_sequences=True)
    layer.build((None, None, FEATURES))
    weights = [rng.normal(size=w.shape).astype("float32") for w in layer.weights]
    layer.set_weights(weights)
    xs = rng.normal(size=(STEPS, FEATURES)).astype("float32")
    expected = keras.ops.convert_to_numpy(layer(xs[None]))[0]
    h = np.zeros(UNITS)
    for t, (x, right) in enumerate(zip(xs, expected, strict=True), 1):
        found = answer(x, h, *weights)
        if found is None:
            return NotImplemented
        assert np.shape(found) == (UNITS,), (
            f"The state has shape {(UNITS,)}, yours {np.shape(found)}."
        )
        hint = (
            "here the state before is 0, so look at the input's side and at what f multiplies"
            if t == 1
            else "the first step was right, so look at how the state before enters"
        )
        assert np.allclose(found, right, atol=1e-5), f"Step {t} differs: {hint}."
        h = found
    return None
