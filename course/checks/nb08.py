"""Checkers of notebook 08."""

import keras
import numpy as np

from course.checks import exercise


@exercise(1)
def outputs(answer: list[float]) -> None:
    found = np.asarray(answer, dtype=float).ravel()
    assert found.shape == (3,), f"Give three numbers, one for each step, not {found.size}."
    assert found[0] == 8, f"The first output is not {found[0]:g}: the state begins at 0."
    assert found[1] != 5, "The 2 must not be read: the mask says so."
    assert found[1] != 0, "A masked step repeats something. What?"
    assert found[1] == 8, f"The second output is not {found[1]:g}: what was the one before it?"
    assert found[2] == 6, f"The last output is not {found[2]:g}: which state does the 4 meet?"


def run(cell, xs: np.ndarray) -> np.ndarray:
    return keras.ops.convert_to_numpy(keras.layers.RNN(cell, return_sequences=True)(xs))


@exercise(2)
def max_cell(answer: type) -> object:
    assert "call" in vars(answer), "Your class has no method `call`, which computes one step."
    for row, where in (
        ([3, 1, 4, 1, 5], ""),
        ([-3, -1, -4], " The state begins at 0, which no negative input can beat."),
    ):
        xs = np.array(row, "float32").reshape(1, -1, 1)
        found = run(answer(), xs)
        assert found.shape == xs.shape, f"{xs.shape} went in, {found.shape} came out."
        expected = np.maximum.accumulate(xs, axis=1)
        assert np.array_equal(found, expected), (
            f"For {row} the outputs are {found.ravel().tolist()}.{where}"
        )
    return None


def by_numpy(xs, W, U, b, flip=False) -> np.ndarray:
    h, states = np.zeros((len(xs), len(U))), []
    for x in np.swapaxes(xs, 0, 1):
        a, g = np.split(x @ W + h @ U + b, 2, axis=-1)
        a, g = 1 / (1 + np.exp(-a)), np.tanh(g)
        a = 1 - a if flip else a
        h = a * h + (1 - a) * g
        states.append(h)
    return np.stack(states, axis=1)


@exercise(3)
def gate_cell(answer: type) -> object:
    assert "call" in vars(answer), "Your class has no method `call`, which computes one step."
    rng = np.random.default_rng(0)
    layer = keras.layers.RNN(answer(4), return_sequences=True)
    layer.build((None, None, 3))
    shapes = [tuple(weight.shape) for weight in layer.weights]
    assert shapes == [(3, 8), (4, 8), (8,)], (
        f"With 3 features and 4 units the weights must be W (3, 8), U (4, 8), b (8,); got {shapes}."
    )
    weights = [rng.normal(size=shape).astype("float32") for shape in shapes]
    layer.set_weights(weights)
    xs = rng.normal(size=(2, 5, 3)).astype("float32")
    found = keras.ops.convert_to_numpy(layer(xs))
    assert found.shape == (2, 5, 4), f"The outputs have shape (2, 5, 4), yours {found.shape}."
    assert not np.allclose(found, by_numpy(xs, *weights, flip=True), atol=1e-5), (
        "Your gate writes where it should keep."
    )
    swapped = [np.roll(weight, 4, axis=-1) for weight in weights]
    assert not np.allclose(found, by_numpy(xs, *swapped), atol=1e-5), (
        "The two halves of the weights have changed places: the gate comes first."
    )
    expected = by_numpy(xs, *weights)
    assert np.allclose(found[:, 0], expected[:, 0], atol=1e-5), "The first step differs."
    assert np.allclose(found, expected, atol=1e-5), (
        "The first step is right, a later one differs: what does the state multiply?"
    )
    return None
