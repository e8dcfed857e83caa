"""Cells against the equations of their papers, written here from the paper, in float64 NumPy.

Papers multiply column vectors from the left: W x, where the cells multiply rows: x W.
"""

import keras
import numpy as np
import pytest

from custom_cells import GRUCell, LSTMCell, SimpleRNNCell

BATCH, TIME, FEATURES, UNITS = 3, 20, 3, 5


def sigm(a: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-a))


def elman(x: np.ndarray, h: np.ndarray, p: dict) -> tuple:
    """Elman 1990: the context units hold the hidden units of the step before."""
    h = np.tanh(p["W"][0] @ x + p["b"][0] + p["U"][0] @ h)
    return (h,)


def zaremba(x: np.ndarray, h: np.ndarray, c: np.ndarray, p: dict) -> tuple:
    """Zaremba et al. 2014, section 3.1; rows of T_{2n,4n} in Keras's order i, f, g, o."""
    a_i, a_f, a_g, a_o = (W @ x + U @ h + b for W, U, b in zip(p["W"], p["U"], p["b"], strict=True))
    i, f, o, g = sigm(a_i), sigm(a_f), sigm(a_o), np.tanh(a_g)
    c = f * c + i * g
    return o * np.tanh(c), c


def cho_3(x: np.ndarray, h: np.ndarray, p: dict) -> tuple:
    """Cho et al. 2014, third version, equations 5 to 8, with biases."""
    (W_z, W_r, W), (U_z, U_r, U), (b_z, b_r, b) = p["W"], p["U"], p["b"]
    r = sigm(W_r @ x + U_r @ h + b_r)
    z = sigm(W_z @ x + U_z @ h + b_z)
    candidate = np.tanh(W @ x + U @ (r * h) + b)
    return (z * h + (1 - z) * candidate,)


def cho_1(x: np.ndarray, h: np.ndarray, p: dict) -> tuple:
    """Cho et al. 2014, first version: r ∘ (U h), with the two biases of cuDNN."""
    (W_z, W_r, W), (U_z, U_r, U) = p["W"], p["U"]
    (b_z, b_r, b), (d_z, d_r, d) = p["b"], p["d"]
    r = sigm(W_r @ x + b_r + U_r @ h + d_r)
    z = sigm(W_z @ x + b_z + U_z @ h + d_z)
    candidate = np.tanh(W @ x + b + r * (U @ h + d))
    return (z * h + (1 - z) * candidate,)


CASES = [
    pytest.param(SimpleRNNCell, {}, elman, 1, id="SimpleRNN"),
    pytest.param(LSTMCell, {}, zaremba, 2, id="LSTM"),
    pytest.param(GRUCell, {"reset_after": False}, cho_3, 1, id="GRU, version 3"),
    pytest.param(GRUCell, {"reset_after": True}, cho_1, 1, id="GRU, version 1"),
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


def gates_by_bias(bias: np.ndarray, rng: np.random.Generator) -> list[np.ndarray]:
    """Return weights with a given bias, small beside the ±1000 that saturates a gate."""
    blocks = bias.shape[-1]
    return [rng.normal(size=(FEATURES, blocks)), rng.normal(size=(UNITS, blocks)), bias]


def lstm(i: float, f: float, g: float, o: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the first memory, the last memory and the last output for biases of the gates."""
    rng = np.random.default_rng(0)
    x, h, c = (rng.normal(size=s) for s in ((BATCH, TIME, FEATURES), *[(BATCH, UNITS)] * 2))
    weights = gates_by_bias(np.repeat([i, f, g, o], UNITS), rng)
    _, output, memory = run(LSTMCell(UNITS, dtype="float64"), weights, x, [h, c])
    return c, memory, output


def test_lstm_with_an_open_forget_gate_keeps_its_memory():
    before, after, _ = lstm(i=-1000, f=1000, g=0, o=0)
    np.testing.assert_array_equal(after, before)


def test_lstm_with_a_shut_forget_gate_erases_its_memory():
    _, after, _ = lstm(i=-1000, f=-1000, g=0, o=0)
    np.testing.assert_array_equal(after, np.zeros_like(after))


def test_lstm_with_open_gates_counts_steps():
    before, after, _ = lstm(i=1000, f=1000, g=1000, o=0)
    np.testing.assert_allclose(after, before + TIME)


def test_lstm_with_a_shut_output_gate_is_silent():
    _, _, output = lstm(i=0, f=0, g=0, o=-1000)
    np.testing.assert_array_equal(output, np.zeros_like(output))


def gru(reset_after: bool, z: float, r: float) -> tuple:
    """Return weights, input, first state and outputs for biases of the gates."""
    rng = np.random.default_rng(0)
    x, h = rng.normal(size=(BATCH, TIME, FEATURES)), rng.normal(size=(BATCH, UNITS))
    bias = np.repeat([z, r, 0], UNITS)
    bias = np.stack([bias, np.zeros_like(bias)]) if reset_after else bias
    weights = gates_by_bias(bias, rng)
    cell = GRUCell(UNITS, dtype="float64", reset_after=reset_after)
    outputs, _ = run(cell, weights, x, [h])
    return weights, x, h, outputs


@pytest.mark.parametrize("reset_after", [False, True])
def test_gru_keeps_its_state_where_z_is_one(reset_after: bool):
    _, _, before, outputs = gru(reset_after, z=1000, r=0)
    np.testing.assert_array_equal(outputs, np.repeat(before[:, None], TIME, axis=1))


@pytest.mark.parametrize("reset_after", [False, True])
def test_gru_forgets_its_state_where_z_and_r_are_zero(reset_after: bool):
    (kernel, *_), x, _, outputs = gru(reset_after, z=-1000, r=-1000)
    np.testing.assert_allclose(outputs, np.tanh(x @ kernel[:, 2 * UNITS :]))


def test_simple_rnn_without_recurrent_weights_is_a_dense_layer():
    rng = np.random.default_rng(0)
    x, h = rng.normal(size=(BATCH, TIME, FEATURES)), rng.normal(size=(BATCH, UNITS))
    kernel, bias = rng.normal(size=(FEATURES, UNITS)), rng.normal(size=UNITS)
    weights = [kernel, np.zeros((UNITS, UNITS)), bias]
    outputs, _ = run(SimpleRNNCell(UNITS, dtype="float64"), weights, x, [h])
    np.testing.assert_allclose(outputs, np.tanh(x @ kernel + bias))
