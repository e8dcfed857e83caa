"""Cells against the equations of their papers, written here from the paper, in float64 NumPy.

Cells compute in float64 on TensorFlow. Elsewhere Keras rounds some results to float32 whatever the
dtype (`tanh` on JAX, `matmul` on PyTorch), so there they compute in float32.

Papers multiply column vectors from the left: W x, where the cells multiply rows: x W.
"""

from functools import partial

import numpy as np
import pytest
from cells import to_numpy, to_tensor

from custom_cells import (
    CIFGCell,
    GRUCell,
    IndRNNCell,
    JANETCell,
    LayerNormGRUCell,
    LayerNormLSTMCell,
    LayerNormRNNCell,
    LiGRUCell,
    LSTM1997Cell,
    LSTMCell,
    MGUCell,
    MinGRUCell,
    PeepholeLSTMCell,
    SimpleRNNCell,
)
from custom_cells._keras import keras

BATCH, TIME, FEATURES, UNITS = 3, 20, 3, 5
DTYPE, TOLERANCE = (
    ("float64", 1e-6) if keras.backend.backend() == "tensorflow" else ("float32", 1e-5)
)


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


def hochreiter(x: np.ndarray, h: np.ndarray, c: np.ndarray, p: dict) -> tuple:
    """Hochreiter and Schmidhuber 1997: net inputs, s_c and y_c with the g and h of its appendix."""
    (W_in, W_c, W_out), (U_in, U_c, U_out), (b_in, b_c, b_out) = p["W"], p["U"], p["b"]
    y_in = sigm(W_in @ x + U_in @ h + b_in)
    y_out = sigm(W_out @ x + U_out @ h + b_out)
    net_c = W_c @ x + U_c @ h + b_c
    s_c = c + y_in * (4 / (1 + np.exp(-net_c)) - 2)
    return y_out * (2 / (1 + np.exp(-s_c)) - 1), s_c


def vanilla(x: np.ndarray, y: np.ndarray, c: np.ndarray, p: dict) -> tuple:
    """Greff et al. 2015: the vanilla LSTM, with peepholes."""
    (W_i, W_f, W_z, W_o), (R_i, R_f, R_z, R_o), (b_i, b_f, b_z, b_o) = p["W"], p["U"], p["b"]
    p_i, p_f, p_o = p["more"][0]
    z = np.tanh(W_z @ x + R_z @ y + b_z)
    i = sigm(W_i @ x + R_i @ y + p_i * c + b_i)
    f = sigm(W_f @ x + R_f @ y + p_f * c + b_f)
    c = z * i + c * f
    o = sigm(W_o @ x + R_o @ y + p_o * c + b_o)
    return np.tanh(c) * o, c


def coupled(x: np.ndarray, y: np.ndarray, c: np.ndarray, p: dict) -> tuple:
    """Greff et al. 2015: CIFG, f = 1 − i, here without peepholes."""
    (W_i, W_z, W_o), (R_i, R_z, R_o), (b_i, b_z, b_o) = p["W"], p["U"], p["b"]
    z = np.tanh(W_z @ x + R_z @ y + b_z)
    i = sigm(W_i @ x + R_i @ y + b_i)
    f = 1 - i
    c = z * i + c * f
    o = sigm(W_o @ x + R_o @ y + b_o)
    return np.tanh(c) * o, c


def janet(x: np.ndarray, h: np.ndarray, p: dict, beta: float = 1) -> tuple:
    """Van der Westhuizen and Lasenby 2018: the form with β."""
    (W_f, W_c), (U_f, U_c), (b_f, b_c) = p["W"], p["U"], p["b"]
    s = U_f @ h + W_f @ x + b_f
    candidate = np.tanh(U_c @ h + W_c @ x + b_c)
    c = sigm(s) * h + (1 - sigm(s - beta)) * candidate
    return (c,)


def zhou(x: np.ndarray, h: np.ndarray, p: dict) -> tuple:
    """Zhou et al. 2016: the minimal gated unit."""
    (W_f, W_h), (U_f, U_h), (b_f, b_h) = p["W"], p["U"], p["b"]
    f = sigm(np.hstack([U_f, W_f]) @ np.concatenate([h, x]) + b_f)
    candidate = np.tanh(np.hstack([U_h, W_h]) @ np.concatenate([f * h, x]) + b_h)
    return ((1 - f) * h + f * candidate,)


def ravanelli(x: np.ndarray, h: np.ndarray, p: dict) -> tuple:
    """Ravanelli et al. 2018, with the batch normalisation of W x as the shift that it ends in."""
    (W_z, W_h), (U_z, U_h), (b_z, b_h) = p["W"], p["U"], p["b"]
    z = sigm(W_z @ x + b_z + U_z @ h)
    candidate = np.maximum(W_h @ x + b_h + U_h @ h, 0)
    return (z * h + (1 - z) * candidate,)


def li(x: np.ndarray, h: np.ndarray, p: dict) -> tuple:
    """Li et al. 2018: IndRNN."""
    return (np.maximum(p["W"][0] @ x + p["u"] * h + p["b"][0], 0),)


def feng(x: np.ndarray, h: np.ndarray, p: dict) -> tuple:
    """Feng et al. 2024: minGRU, not in log space."""
    (W_z, W_h), (b_z, b_h) = p["W"], p["b"]
    z = sigm(W_z @ x + b_z)
    return ((1 - z) * h + z * (W_h @ x + b_h),)


def norm(a: np.ndarray, gain: np.ndarray, bias: np.ndarray | float = 0) -> np.ndarray:
    """Ba et al. 2016, LN(a; α, β), without ε as in the paper."""
    return (a - a.mean()) / np.sqrt(np.mean((a - a.mean()) ** 2)) * gain + bias


def ba_rnn(x: np.ndarray, h: np.ndarray, p: dict) -> tuple:
    """Ba et al. 2016, equation 4."""
    (g,) = p["more"]
    return (np.tanh(norm(p["U"][0] @ h + p["W"][0] @ x, g, p["b"][0])),)


def ba_lstm(x: np.ndarray, h: np.ndarray, c: np.ndarray, p: dict) -> tuple:
    """Ba et al. 2016, supplement: the LSTM; b is the sum of its β1, β2 and b."""
    a_2, a_1, a_3, b_3 = p["more"]
    W, U, b = (np.concatenate(p[name]) for name in "WUb")
    b_1, b_2 = 0.3 * b, 0.5 * b
    blocks = norm(U @ h, a_1, b_1) + norm(W @ x, a_2, b_2) + 0.2 * b
    i, f, g, o = np.split(blocks, 4)
    c = sigm(f) * c + sigm(i) * np.tanh(g)
    return sigm(o) * np.tanh(norm(c, a_3, b_3)), c


def ba_gru(x: np.ndarray, h: np.ndarray, p: dict) -> tuple:
    """Ba et al. 2016, supplement: the GRU."""
    (*W_zr, W), (*U_zr, U), (*b_2, b_3), (*b_1, b_4) = p["W"], p["U"], p["b"], p["d"]
    a_2, a_1, a_3, a_4 = p["more"]
    gates = norm(np.concatenate(U_zr) @ h, a_1, np.concatenate(b_1))
    gates = gates + norm(np.concatenate(W_zr) @ x, a_2, np.concatenate(b_2))
    z, r = np.split(sigm(gates), 2)
    candidate = np.tanh(norm(W @ x, a_3, b_3) + r * norm(U @ h, a_4, b_4))
    return ((1 - z) * h + z * candidate,)


# The cells that normalise add ε to the variance, the paper does not.
TINY = {"epsilon": 1e-14}
CASES = [
    pytest.param(SimpleRNNCell, {}, elman, 1, id="SimpleRNN"),
    pytest.param(IndRNNCell, {}, li, 1, id="IndRNN"),
    pytest.param(LSTMCell, {}, zaremba, 2, id="LSTM"),
    pytest.param(LSTM1997Cell, {}, hochreiter, 2, id="LSTM of 1997"),
    pytest.param(PeepholeLSTMCell, {}, vanilla, 2, id="peephole LSTM"),
    pytest.param(CIFGCell, {}, coupled, 2, id="CIFG"),
    pytest.param(JANETCell, {}, janet, 1, id="JANET"),
    pytest.param(JANETCell, {"beta": 0.0}, partial(janet, beta=0), 1, id="JANET, β = 0"),
    pytest.param(GRUCell, {"reset_after": False}, cho_3, 1, id="GRU, version 3"),
    pytest.param(GRUCell, {"reset_after": True}, cho_1, 1, id="GRU, version 1"),
    pytest.param(MGUCell, {}, zhou, 1, id="MGU"),
    pytest.param(LiGRUCell, {}, ravanelli, 1, id="LiGRU"),
    pytest.param(MinGRUCell, {}, feng, 1, id="minGRU"),
    pytest.param(LayerNormRNNCell, TINY, ba_rnn, 1, id="LayerNorm RNN"),
    pytest.param(LayerNormLSTMCell, TINY, ba_lstm, 2, id="LayerNorm LSTM"),
    pytest.param(LayerNormGRUCell, TINY, ba_gru, 1, id="LayerNorm GRU"),
]


def run(cell, weights: list[np.ndarray], x: np.ndarray, states: list[np.ndarray]) -> list:
    """Return all outputs and the last states of the cell."""
    layer = keras.layers.RNN(cell, dtype=DTYPE, return_sequences=True, return_state=True)
    x, *states = (to_tensor(array.astype(DTYPE)) for array in (x, *states))
    layer.build(x.shape)
    layer.set_weights(weights)
    return [to_numpy(tensor).astype("float64") for tensor in layer(x, initial_state=states)]


def near(got: np.ndarray, expected: np.ndarray) -> None:
    np.testing.assert_allclose(got, expected, rtol=0, atol=TOLERANCE)


def in_the_notation_of_papers(cell, weights: list[np.ndarray]) -> dict:
    """Return W, U and b as lists of the matrices and vectors of each gate, and what is `more`."""
    kernel, *weights = weights
    parameters = {"W": [block.T for block in np.split(kernel, len(cell.blocks), axis=1)]}
    if cell.recurrent_shape is not None:
        recurrent_kernel, *weights = weights
        if recurrent_kernel.ndim == 1:
            parameters["u"] = recurrent_kernel
        else:
            blocks = np.split(recurrent_kernel, len(cell.blocks), axis=1)
            parameters["U"] = [block.T for block in blocks]
    bias, *more = weights
    bias = np.atleast_2d(bias)
    b, d = np.split(bias[0], len(cell.blocks)), np.split(bias[-1], len(cell.blocks))
    return parameters | {"b": b, "d": d, "more": more}


@pytest.mark.parametrize(("cell", "options", "paper", "count"), CASES)
def test_cell_equals_its_paper(cell, options: dict, paper, count: int):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(BATCH, TIME, FEATURES))
    start = [rng.normal(size=(BATCH, UNITS)) for _ in range(count)]
    cell = cell(UNITS, dtype=DTYPE, **options)
    cell.build((BATCH, FEATURES))
    # Half the usual scale: rectified states of these few units would grow without bound.
    weights = [rng.normal(size=w.shape, scale=0.5) for w in cell.weights]
    parameters = in_the_notation_of_papers(cell, weights)
    outputs, *last = run(cell, weights, x, start)
    errors = []
    for row in range(BATCH):
        states = [state[row] for state in start]
        for t in range(TIME):
            states = paper(x[row, t], *states, p=parameters)
            errors.append(np.abs(outputs[row, t] - states[0]).max())
        errors += [np.abs(a[row] - b).max() for a, b in zip(last, states, strict=True)]
    assert max(errors) <= TOLERANCE, f"largest error {max(errors)}"


def gates_by_bias(bias: np.ndarray, rng: np.random.Generator) -> list[np.ndarray]:
    """Return weights with a given bias, small beside the ±1000 that saturates a gate."""
    blocks = bias.shape[-1]
    return [rng.normal(size=(FEATURES, blocks)), rng.normal(size=(UNITS, blocks)), bias]


def lstm(i: float, f: float, g: float, o: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the first memory, the last memory and the last output for biases of the gates."""
    rng = np.random.default_rng(0)
    x, h, c = (rng.normal(size=s) for s in ((BATCH, TIME, FEATURES), *[(BATCH, UNITS)] * 2))
    weights = gates_by_bias(np.repeat([i, f, g, o], UNITS), rng)
    _, output, memory = run(LSTMCell(UNITS, dtype=DTYPE), weights, x, [h, c])
    return c, memory, output


def test_lstm_with_an_open_forget_gate_keeps_its_memory():
    before, after, _ = lstm(i=-1000, f=1000, g=0, o=0)
    np.testing.assert_array_equal(after, before.astype(DTYPE))


def test_lstm_with_a_shut_forget_gate_erases_its_memory():
    _, after, _ = lstm(i=-1000, f=-1000, g=0, o=0)
    np.testing.assert_array_equal(after, np.zeros_like(after))


def test_lstm_with_open_gates_counts_steps():
    before, after, _ = lstm(i=1000, f=1000, g=1000, o=0)
    near(after, before + TIME)


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
    cell = GRUCell(UNITS, dtype=DTYPE, reset_after=reset_after)
    outputs, _ = run(cell, weights, x, [h])
    return weights, x, h, outputs


@pytest.mark.parametrize("reset_after", [False, True])
def test_gru_keeps_its_state_where_z_is_one(reset_after: bool):
    _, _, before, outputs = gru(reset_after, z=1000, r=0)
    expected = np.repeat(before.astype(DTYPE)[:, None], TIME, axis=1)
    np.testing.assert_array_equal(outputs, expected)


@pytest.mark.parametrize("reset_after", [False, True])
def test_gru_forgets_its_state_where_z_and_r_are_zero(reset_after: bool):
    (kernel, *_), x, _, outputs = gru(reset_after, z=-1000, r=-1000)
    near(outputs, np.tanh(x @ kernel[:, 2 * UNITS :]))


def test_simple_rnn_without_recurrent_weights_is_a_dense_layer():
    rng = np.random.default_rng(0)
    x, h = rng.normal(size=(BATCH, TIME, FEATURES)), rng.normal(size=(BATCH, UNITS))
    kernel, bias = rng.normal(size=(FEATURES, UNITS)), rng.normal(size=UNITS)
    weights = [kernel, np.zeros((UNITS, UNITS)), bias]
    outputs, _ = run(SimpleRNNCell(UNITS, dtype=DTYPE), weights, x, [h])
    near(outputs, np.tanh(x @ kernel + bias))


def run_with_bias(cell, values: list[float]) -> tuple:
    """Return weights, input, first states, outputs and last states for biases of the gates."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(BATCH, TIME, FEATURES))
    start = [rng.normal(size=(BATCH, UNITS)) for _ in range(len(cell.states))]
    cell.build((BATCH, FEATURES))
    weights = [rng.normal(size=w.shape, scale=0.3) for w in cell.weights]
    index = [w.shape for w in cell.weights].index(cell.bias_shape)
    weights[index] = np.zeros(cell.bias_shape)
    np.atleast_2d(weights[index])[0] = np.repeat(values, UNITS)
    outputs, *last = run(cell, weights, x, start)
    return weights, x, start, outputs, last


KEEPING = {
    PeepholeLSTMCell: [-1000, 1000, 0, 0],
    CIFGCell: [-1000, 0, 0],
    LSTM1997Cell: [-1000, 0, 0],
    JANETCell: [1000, 0],
    MGUCell: [-1000, 0],
    LiGRUCell: [1000, 0],
    MinGRUCell: [-1000, 0],
    LayerNormLSTMCell: [-1000, 1000, 0, 0],
    LayerNormGRUCell: [-1000, 0, 0],
}


@pytest.mark.parametrize("cell", KEEPING)
def test_shut_gates_keep_the_memory(cell):
    _, _, start, _, last = run_with_bias(cell(UNITS, dtype=DTYPE), KEEPING[cell])
    np.testing.assert_array_equal(last[-1], start[-1].astype(DTYPE))


@pytest.mark.parametrize(
    ("cell", "values"), [(LiGRUCell, [-1000, 0]), (MinGRUCell, [1000, 0]), (JANETCell, [-1000, 0])]
)
def test_open_gates_overwrite_the_state(cell, values: list[float]):
    # What is left of the state is what the candidate sees of it.
    cell = cell(UNITS, dtype=DTYPE)
    weights, x, _, outputs, _ = run_with_bias(cell, values)
    before = outputs[:, :-1]
    seen = x[:, 1:] @ weights[0][:, UNITS:]
    if cell.recurrent_shape is not None:
        seen = seen + before @ weights[1][:, UNITS:]
    near(outputs[:, 1:], to_numpy(cell.activation(to_tensor(seen.astype(DTYPE)))))


def test_peephole_lstm_without_peepholes_is_the_lstm():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(BATCH, TIME, FEATURES))
    start = [rng.normal(size=(BATCH, UNITS)) for _ in range(2)]
    shapes = [(FEATURES, 4 * UNITS), (UNITS, 4 * UNITS), (4 * UNITS,)]
    weights = [rng.normal(size=shape) for shape in shapes]
    got = run(PeepholeLSTMCell(UNITS, dtype=DTYPE), [*weights, np.zeros((3, UNITS))], x, start)
    expected = run(LSTMCell(UNITS, dtype=DTYPE), weights, x, start)
    for a, b in zip(got, expected, strict=True):
        near(a, b)


def test_ind_rnn_with_unit_recurrence_adds_up():
    x = np.abs(np.random.default_rng(0).normal(size=(BATCH, TIME, UNITS)))
    weights = [np.eye(UNITS), np.ones(UNITS), np.zeros(UNITS)]
    outputs, _ = run(IndRNNCell(UNITS, dtype=DTYPE), weights, x, [np.zeros((BATCH, UNITS))])
    near(outputs, x.cumsum(axis=1))


def test_layer_norm_rnn_does_not_see_the_scale_of_its_weights():
    rng = np.random.default_rng(0)
    x, h = rng.normal(size=(BATCH, TIME, FEATURES)), rng.normal(size=(BATCH, UNITS))
    shapes = [(FEATURES, UNITS), (UNITS, UNITS), (UNITS,), (UNITS,)]
    kernel, recurrent_kernel, *rest = (rng.normal(size=shape) for shape in shapes)
    expected, _ = run(
        LayerNormRNNCell(UNITS, dtype=DTYPE, **TINY), [kernel, recurrent_kernel, *rest], x, [h]
    )
    got, _ = run(
        LayerNormRNNCell(UNITS, dtype=DTYPE, **TINY),
        [100 * kernel, 100 * recurrent_kernel, *rest],
        x,
        [h],
    )
    near(got, expected)


def test_trained_batch_normalisation_fits_into_the_weights_of_ligru():
    rng = np.random.default_rng(0)
    x, h = rng.normal(size=(BATCH, TIME, FEATURES)), rng.normal(size=(BATCH, UNITS))
    kernel, recurrent_kernel = (rng.normal(size=(n, 2 * UNITS)) for n in (FEATURES, UNITS))
    gain, shift, mean = rng.normal(size=(3, 2 * UNITS))
    deviation = rng.uniform(0.5, 2, size=2 * UNITS)
    weights = [
        kernel * gain / deviation,
        recurrent_kernel,
        shift - mean * gain / deviation,
    ]
    outputs, _ = run(LiGRUCell(UNITS, dtype=DTYPE), weights, x, [h])
    for t in range(TIME):
        normal = (x[:, t] @ kernel - mean) / deviation * gain + shift
        z, g = np.split(normal + h @ recurrent_kernel, 2, axis=1)
        h = sigm(z) * h + (1 - sigm(z)) * np.maximum(g, 0)
        near(outputs[:, t], h)


def test_chrono_initializer_draws_the_bias_of_janet():
    cell = JANETCell(1000, t_max=100, seed=1)
    cell.build((None, FEATURES))
    assert JANETCell.from_config(cell.get_config()).t_max == 100
    f, c = np.split(to_numpy(cell.bias), 2)
    assert np.all(c == 0)
    drawn = np.exp(f)
    assert 1 <= drawn.min() < 2 and 98 < drawn.max() <= 99, "expected 1 to T − 1"
    assert 45 < np.median(drawn) < 55, "expected all of the range alike"
