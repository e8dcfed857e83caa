"""Cells against the equations of their papers, which papers.py transcribes, and limiting cases.

Cells compute in float64 on TensorFlow. Elsewhere Keras rounds some results to float32 whatever the
dtype (`tanh` on JAX, `matmul` on PyTorch), so there they compute in float32.
"""

import numpy as np
import pytest
from cells import CELLS, draw_states, to_numpy, to_tensor
from papers import PAPERS, sigm

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
    ends = np.cumsum(cell.block_sizes)

    def blocks(weight: np.ndarray) -> list[np.ndarray]:
        # Where a weight has other blocks than the cell, they are as wide as it has units.
        own = weight.shape[-1] in ends
        parts = ends[ends < weight.shape[-1]] if own else weight.shape[-1] // UNITS
        return [block.T for block in np.split(weight, parts, axis=-1)]

    kernel, *weights = weights
    parameters = {"W": blocks(kernel)}
    if cell.recurrent_shape is not None:
        recurrent_kernel, *weights = weights
        parameters["u" if recurrent_kernel.ndim == 1 else "U"] = blocks(recurrent_kernel)
    if not cell.use_bias:
        return parameters | {"more": weights}
    bias, *more = weights
    rows = [blocks(row) for row in np.atleast_2d(bias)]
    return parameters | {"b": rows[0], "d": rows[-1], "rows": rows, "bias": bias, "more": more}


def test_every_cell_has_a_transcription():
    transcribed = {cell for cell, options, _ in PAPERS if not options}
    missing = [cell.__name__ for cell in CELLS if cell not in transcribed]
    assert not missing, f"papers.py needs a transcription @paper({missing[0]})"


@pytest.mark.parametrize(
    ("cell", "options", "paper"),
    [pytest.param(*case, id=f"{case[0].__name__}{case[1] or ''}") for case in PAPERS],
)
def test_cell_equals_its_paper(cell, options: dict, paper):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(BATCH, TIME, FEATURES))
    cell = cell(UNITS, dtype=DTYPE, **options)
    start = draw_states(cell)
    cell.build((BATCH, FEATURES))
    # Half the usual scale: rectified states of these few units would grow without bound.
    weights = [rng.normal(size=w.shape, scale=0.5) for w in cell.weights]
    # What is not trained keeps its value, which alone makes sense.
    pairs = zip(cell.weights, weights, strict=True)
    weights = [drawn if weight.trainable else to_numpy(weight) for weight, drawn in pairs]
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
    outputs = []
    for scale in (1, 100):
        cell = LayerNormRNNCell(UNITS, dtype=DTYPE, epsilon=1e-14)
        outputs += run(cell, [scale * kernel, scale * recurrent_kernel, *rest], x, [h])[:1]
    near(*outputs)


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
