"""Cells that take a step in time approach what their differential equations say."""

import numpy as np
import pytest
from cells import UNITS, close, rnn, to_numpy, to_tensor

from custom_cells import CfCCell, CoRNNCell, LEMCell, LMUCell, LTCCell, UnICORNNCell
from custom_cells.continuous import legendre


def run(cell, weights: list, x: np.ndarray, start: list[np.ndarray]) -> list[np.ndarray]:
    """Return the outputs and the last states of the cell with these weights."""
    layer = rnn(cell, return_state=True)
    layer.build(x.shape)
    layer.set_weights(weights)
    return [to_numpy(t) for t in layer(x, initial_state=[to_tensor(state) for state in start])]


@pytest.mark.parametrize("delay", [0.5, 1.0])
def test_memory_of_the_lmu_holds_its_window(delay: float):
    order, theta, steps = 12, 40.0, 200
    A, B = legendre(order, theta)
    signal = np.sin(np.arange(steps) / 12)
    m = np.zeros(order)
    for u in signal:
        m = m @ A + u * B[0]
    # The shifted Legendre polynomials at that part of the window.
    values = np.polynomial.legendre.legvander([2 * delay - 1], order - 1)[0]
    # The hold keeps each value for one step, which puts it half a step later.
    due = np.sin((steps - 1 - delay * theta + 0.5) / 12)
    assert abs(m @ values - due) < 0.01


@pytest.mark.parametrize(("order", "theta"), [(1, 0.3), (4, 3.0), (8, 100.0)])
def test_matrices_of_the_lmu_are_what_many_small_steps_give(order: int, theta: float):
    A, B = legendre(order, theta)
    parts = 20000
    i, j = np.indices((order, order))
    a = (2 * i + 1) / theta * np.where(i < j, -1.0, np.where((i - j) % 2, 1.0, -1.0))
    b = (2 * np.arange(order) + 1) / theta * np.where(np.arange(order) % 2, -1.0, 1.0)
    # One step of the midpoint rule, repeated: m ← m + (a m + b u) / parts, once with u = 0.
    step = np.eye(order) + a / parts + a @ a / parts**2 / 2
    held = (np.eye(order) / parts + a / parts**2 / 2) @ b
    m_A, m_B = np.eye(order), np.zeros(order)
    for _ in range(parts):
        m_A, m_B = step @ m_A, step @ m_B + held
    np.testing.assert_allclose(A.T, m_A, atol=1e-6)
    np.testing.assert_allclose(B[0], m_B, atol=1e-6)


def test_ltc_of_more_parts_follows_its_equation_more_closely():
    rng = np.random.default_rng(0)
    target, start = rng.normal(size=UNITS), rng.normal(size=(1, UNITS)).astype("float32")
    weights = [np.zeros((1, UNITS)), np.zeros((UNITS, UNITS)), np.zeros(UNITS)]
    weights += [np.log(np.full(UNITS, 2.0)), target]
    # f = 1/2 and 1/τ = 1/2: h goes to A / 2 at the rate 1.
    due = target / 2 + (start - target / 2) * np.exp(-1.0)
    errors = []
    for unfolds in (20, 40):
        cell, x = LTCCell(UNITS, unfolds=unfolds), np.zeros((1, 1, 1), "float32")
        errors.append(np.abs(run(cell, weights, x, [start])[0][:, 0] - due).max())
    # The method is of first order: half the step, half the error.
    assert errors[1] < 0.005 and 1.9 < errors[0] / errors[1] < 2.1


def test_cornn_without_drive_swings_and_rests():
    dt, gamma, epsilon, steps = 0.01, 4.0, 0.2, 300
    weights = [np.zeros((1, 1)), np.zeros((1, 2)), np.zeros(1)]
    cell = CoRNNCell(1, dt=dt, gamma=gamma, epsilon=epsilon)
    one, rest = np.ones((1, 1), "float32"), np.zeros((1, 1), "float32")
    y, *_ = run(cell, weights, np.zeros((1, steps, 1), "float32"), [one, rest])
    t = dt * np.arange(1, steps + 1)
    frequency = np.sqrt(gamma - epsilon**2 / 4)
    decay = np.exp(-epsilon * t / 2)
    due = decay * (np.cos(frequency * t) + epsilon / 2 / frequency * np.sin(frequency * t))
    close(y[0, :, 0], due.astype("float32"), 0.03)


def test_unicornn_without_drive_keeps_its_energy():
    steps, alpha = 2000, 4.0
    weights = [np.zeros((1, 1)), np.zeros(1), np.zeros(1), np.zeros(1)]
    one, rest = np.ones((1, 1), "float32"), np.zeros((1, 1), "float32")
    cell = UnICORNNCell(1, alpha=alpha, dt=0.02)
    y, *_ = run(cell, weights, np.zeros((1, steps, 1), "float32"), [one, rest])
    # Half of dt is a step, so these are 20 units of time, and over six turns.
    assert np.abs(y[0, -700:]).max() > 0.99 and np.abs(y).max() < 1.01


@pytest.mark.parametrize("cell", [LEMCell, CfCCell])
def test_gate_at_its_ends_keeps_or_picks(cell):
    cell, x = cell(1), np.zeros((1, 1, 1), "float32")
    blocks = len(cell.blocks)
    for gate in (-1000.0, 1000.0):
        bias = np.full(blocks, gate)
        bias[len(cell.gates) :] = [0.5, -0.3][: blocks - len(cell.gates)]
        weights = [np.zeros((1, blocks)), np.zeros((1, blocks)), bias]
        start = [np.full((1, 1), value, "float32") for value in (0.7, 0.2)[: len(cell.states)]]
        _, *last = run(cell, weights, x, start)
        opened = gate > 0
        if isinstance(cell, LEMCell):
            due = [np.tanh(-0.3), np.tanh(0.5)] if opened else [0.7, 0.2]
        else:
            due = [np.tanh(-0.3 if opened else 0.5)]
        for got, value in zip(last, due, strict=True):
            close(got, np.full((1, 1), value, "float32"))


def test_lmu_reads_its_memory_of_this_step():
    weights = [
        np.zeros((1, 2)),
        np.zeros((1, 2)),
        np.zeros((2, 2)),
        np.zeros((2, 2)),
        np.ones((1, 2)),
    ]
    weights[0][0, 0], weights[2][1, 1] = 1, 1
    x = np.full((1, 1, 1), 0.5, "float32")
    start = [np.zeros((1, 1), "float32"), np.zeros((1, 2), "float32")]
    output, _, m = run(LMUCell(1, order=2), weights, x, start)
    close(m, np.full((1, 2), 0.5, "float32"))
    close(output[0], np.tanh(np.full((1, 1), 0.5, "float32")))
