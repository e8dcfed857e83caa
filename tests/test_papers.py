"""Cells against the equations of their papers, written here from the paper, in float64 NumPy.

Papers multiply column vectors from the left: W x, where the cells multiply rows: x W.
"""

import keras
import numpy as np
import pytest

from custom_cells import SimpleRNNCell

BATCH, TIME, FEATURES, UNITS = 3, 20, 3, 5


def elman(x: np.ndarray, h: np.ndarray, p: dict) -> tuple:
    """Elman 1990: the context units hold the hidden units of the step before."""
    h = np.tanh(p["W"][0] @ x + p["b"][0] + p["U"][0] @ h)
    return (h,)


CASES = [
    pytest.param(SimpleRNNCell, {}, elman, 1, id="SimpleRNN"),
]


def run(cell, weights: list[np.ndarray], x: np.ndarray, states: list[np.ndarray]) -> list:
    """Return all outputs and the last states of the cell."""
    layer = keras.layers.RNN(cell, dtype="float64", return_sequences=True, return_state=True)
    layer(x, initial_state=states)
    layer.set_weights(weights)
    return [keras.ops.convert_to_numpy(t) for t in layer(x, initial_state=states)]


@pytest.mark.parametrize(("cell", "options", "paper", "count"), CASES)
def test_cell_equals_its_paper(cell, options: dict, paper, count: int):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(BATCH, TIME, FEATURES))
    start = [rng.normal(size=(BATCH, UNITS)) for _ in range(count)]
    cell = cell(UNITS, dtype="float64", **options)
    cell.build((BATCH, FEATURES))
    weights = [rng.normal(size=w.shape) for w in cell.weights]
    blocks = weights[0].shape[1] // UNITS
    kernel, recurrent_kernel, bias = (np.split(w, blocks, axis=-1) for w in weights)
    parameters = {
        "W": [block.T for block in kernel],
        "U": [block.T for block in recurrent_kernel],
        "b": [np.atleast_2d(block)[0] for block in bias],
        "d": [np.atleast_2d(block)[-1] for block in bias],
    }
    outputs, *last = run(cell, weights, x, start)
    errors = []
    for row in range(BATCH):
        states = [state[row] for state in start]
        for t in range(TIME):
            states = paper(x[row, t], *states, p=parameters)
            errors.append(np.abs(outputs[row, t] - states[0]).max())
        errors += [np.abs(a[row] - b).max() for a, b in zip(last, states, strict=True)]
    assert max(errors) <= 1e-6, f"largest error {max(errors)}"


def test_simple_rnn_without_recurrent_weights_is_a_dense_layer():
    rng = np.random.default_rng(0)
    x, h = rng.normal(size=(BATCH, TIME, FEATURES)), rng.normal(size=(BATCH, UNITS))
    kernel, bias = rng.normal(size=(FEATURES, UNITS)), rng.normal(size=UNITS)
    weights = [kernel, np.zeros((UNITS, UNITS)), bias]
    outputs, _ = run(SimpleRNNCell(UNITS, dtype="float64"), weights, x, [h])
    np.testing.assert_allclose(outputs, np.tanh(x @ kernel + bias))
