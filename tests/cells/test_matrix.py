"""What cells with a matrix as memory must do where that can be said in a line."""

import numpy as np
import pytest
from cells import (
    BATCH,
    TIME,
    UNITS,
    close,
    draw_inputs,
    rnn,
    to_numpy,
    to_tensor,
    with_random_weights,
)

from custom_cells import (
    DeltaNetCell,
    DeltaProductCell,
    GatedDeltaNetCell,
    MLSTMCell,
    RWKV7Cell,
    SLSTMCell,
)

KEYS = 3


def run(cell, weights: list[np.ndarray], x: np.ndarray) -> np.ndarray:
    """Return the outputs of the cell with these weights."""
    layer = rnn(cell)
    layer.build(x.shape)
    layer.set_weights(weights)
    return to_numpy(layer(x))


@pytest.mark.parametrize("negative", [False, True])
def test_delta_net_reads_what_it_wrote_under_a_key(negative: bool):
    rng = np.random.default_rng(0)
    x = np.repeat(rng.normal(size=(BATCH, 1, 2)).astype("float32"), TIME, axis=1)
    key, value, rate = (rng.normal(size=(2, n)) for n in (KEYS, UNITS, 1))
    cell = DeltaNetCell(UNITS, key_dim=KEYS, allow_neg_eigval=negative)
    outputs = run(cell, [np.concatenate([key, key, value, rate], axis=1)], x)
    left = 1 - (1 + negative) / (1 + np.exp(-x @ rate))
    due = (1 - left ** np.arange(1, TIME + 1)[:, None]) * (x @ value)
    close(outputs, due.astype("float32"), 1e-5)


def test_delta_product_of_one_step_is_the_delta_net():
    x, rng = draw_inputs(), np.random.default_rng(0)
    weights = [rng.normal(size=(2, 2 * KEYS + UNITS + 1))]
    one = DeltaProductCell(UNITS, key_dim=KEYS, steps=1, allow_neg_eigval=False)
    close(run(one, weights, x), run(DeltaNetCell(UNITS, key_dim=KEYS), weights, x))


def test_delta_product_of_reflections_keeps_the_length_of_the_memory():
    rng = np.random.default_rng(0)
    cell = DeltaProductCell(UNITS, steps=2)
    layer = with_random_weights(rnn(cell, return_state=True))
    (kernel,) = layer.get_weights()
    keys = 3 * UNITS
    # Of an input of ones: nothing to write, and rates of 2.
    kernel[:, keys : keys + 2 * UNITS], kernel[:, keys + 2 * UNITS :] = 0, 1000
    layer.set_weights([kernel])
    S = rng.normal(size=(BATCH, UNITS**2)).astype("float32")
    y = np.zeros((BATCH, UNITS), "float32")
    _, _, after = cell_states(layer, np.ones((BATCH, 7, 2), "float32"), [y, S])
    assert not np.allclose(after, S, atol=0.1)
    close(np.sqrt((after**2).sum(1)), np.sqrt((S**2).sum(1)), 1e-4)


def cell_states(layer, x: np.ndarray, start: list[np.ndarray]) -> list[np.ndarray]:
    """Return the outputs and the last states after these first ones."""
    return [to_numpy(t) for t in layer(x, initial_state=[to_tensor(state) for state in start])]


def test_gated_delta_net_that_forgets_nothing_is_the_delta_net():
    x, rng = draw_inputs(), np.random.default_rng(0)
    kernel = rng.normal(size=(2, 2 + 2 * KEYS + UNITS))
    gated = GatedDeltaNetCell(UNITS, "linear", key_dim=KEYS)
    outputs = run(gated, [kernel, np.zeros(1), np.full(1, -1000.0)], x)
    close(outputs, run(DeltaNetCell(UNITS, "linear", key_dim=KEYS), [kernel[:, 1:]], x), 1e-5)


def test_rwkv_7_that_clears_nothing_adds_up_what_decays():
    x, rng = draw_inputs(), np.random.default_rng(0)
    kernel = rng.normal(size=(2, 4 * KEYS + UNITS))
    kernel[:, : 2 * KEYS] = 0
    bias = np.repeat([0.0, -1000.0], KEYS)
    outputs = run(RWKV7Cell(UNITS, key_dim=KEYS), [kernel, bias, np.ones(KEYS), np.zeros(KEYS)], x)
    r, k, v = np.split(x @ kernel[:, 2 * KEYS :], [KEYS, 2 * KEYS], axis=-1)
    steps = np.arange(TIME)
    lag = steps[:, None] - steps
    decay = np.where(lag < 0, 0, np.exp(-0.5 * np.exp(-0.5) * lag))
    close(outputs, np.einsum("btk,bsk,ts,bsu->btu", r, k, decay, v).astype("float32"), 1e-5)


@pytest.mark.parametrize("log_i", [-1000.0, 0.0, 80.0])
def test_first_output_of_slstm_is_its_candidate_however_small_the_input_gate(log_i: float):
    x, rng = draw_inputs(time=1), np.random.default_rng(0)
    kernel = rng.normal(size=(2, 4 * UNITS))
    kernel[:, :UNITS] = 0
    bias = np.repeat([log_i, 0, 0, 0], UNITS)
    outputs = run(SLSTMCell(UNITS), [kernel, np.zeros((UNITS, 4 * UNITS)), bias], x)
    z, o = np.split(x @ kernel[:, 2 * UNITS :], 2, axis=-1)
    close(outputs, (np.tanh(z) / (1 + np.exp(-o))).astype("float32"))


@pytest.mark.parametrize("log_i", [-1000.0, 0.0, 1000.0])
def test_mlstm_divides_by_what_it_let_in_or_by_one(log_i: float):
    x, rng = draw_inputs(time=1), np.random.default_rng(0)
    kernel = rng.normal(size=(2, 4 * UNITS + 2))
    kernel[:, 3 * UNITS : 3 * UNITS + 2] = 0
    bias = np.zeros(4 * UNITS + 2)
    bias[3 * UNITS] = log_i
    outputs = run(MLSTMCell(UNITS), [kernel, bias], x)
    parts = np.split(x @ kernel, [UNITS, 2 * UNITS, 3 * UNITS, 3 * UNITS + 2], axis=-1)
    q, k, v, _, o = parts
    qk = (q * k).sum(-1, keepdims=True) / np.sqrt(UNITS)
    with np.errstate(over="ignore"):
        share = qk / np.maximum(np.abs(qk), np.exp(-log_i))
    close(outputs, (share * v / (1 + np.exp(-o))).astype("float32"), 1e-5)
