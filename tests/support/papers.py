"""One step of each cell, transcribed from its paper into float64 NumPy.

A transcription gets x(t), the states at t−1 and the weights p of a cell, and returns the states at
t: lists W, U, b and d of a matrix or vector for each block, u for vectors in the place of U, `rows`
for all rows of the bias, and `more` for the weights behind them. Papers multiply column vectors
from the left: W x, where the cells multiply rows: x W.
"""

import inspect
from collections.abc import Callable
from functools import partial

import numpy as np

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

PAPERS = []


def paper(cell: type, **options) -> Callable:
    """Register a transcription of the cell under these options, and give it those it takes."""

    def register(step: Callable) -> Callable:
        taken = inspect.signature(step).parameters
        given = {name: value for name, value in options.items() if name in taken}
        PAPERS.append((cell, options, partial(step, **given)))
        return step

    return register


def sigm(a: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-a))


@paper(SimpleRNNCell)
def elman(x: np.ndarray, h: np.ndarray, p: dict) -> tuple:
    """Elman 1990: the context units hold the hidden units of the step before."""
    h = np.tanh(p["W"][0] @ x + p["b"][0] + p["U"][0] @ h)
    return (h,)


@paper(LSTMCell)
def zaremba(x: np.ndarray, h: np.ndarray, c: np.ndarray, p: dict) -> tuple:
    """Zaremba et al. 2014, section 3.1; rows of T_{2n,4n} in Keras's order i, f, g, o."""
    a_i, a_f, a_g, a_o = (W @ x + U @ h + b for W, U, b in zip(p["W"], p["U"], p["b"], strict=True))
    i, f, o, g = sigm(a_i), sigm(a_f), sigm(a_o), np.tanh(a_g)
    c = f * c + i * g
    return o * np.tanh(c), c


@paper(GRUCell, reset_after=False)
def cho_3(x: np.ndarray, h: np.ndarray, p: dict) -> tuple:
    """Cho et al. 2014, third version, equations 5 to 8, with biases."""
    (W_z, W_r, W), (U_z, U_r, U), (b_z, b_r, b) = p["W"], p["U"], p["b"]
    r = sigm(W_r @ x + U_r @ h + b_r)
    z = sigm(W_z @ x + U_z @ h + b_z)
    candidate = np.tanh(W @ x + U @ (r * h) + b)
    return (z * h + (1 - z) * candidate,)


@paper(GRUCell)
def cho_1(x: np.ndarray, h: np.ndarray, p: dict) -> tuple:
    """Cho et al. 2014, first version: r ∘ (U h), with the two biases of cuDNN."""
    (W_z, W_r, W), (U_z, U_r, U) = p["W"], p["U"]
    (b_z, b_r, b), (d_z, d_r, d) = p["b"], p["d"]
    r = sigm(W_r @ x + b_r + U_r @ h + d_r)
    z = sigm(W_z @ x + b_z + U_z @ h + d_z)
    candidate = np.tanh(W @ x + b + r * (U @ h + d))
    return (z * h + (1 - z) * candidate,)


@paper(LSTM1997Cell)
def hochreiter(x: np.ndarray, h: np.ndarray, c: np.ndarray, p: dict) -> tuple:
    """Hochreiter and Schmidhuber 1997: net inputs, s_c and y_c with the g and h of its appendix."""
    (W_in, W_c, W_out), (U_in, U_c, U_out), (b_in, b_c, b_out) = p["W"], p["U"], p["b"]
    y_in = sigm(W_in @ x + U_in @ h + b_in)
    y_out = sigm(W_out @ x + U_out @ h + b_out)
    net_c = W_c @ x + U_c @ h + b_c
    s_c = c + y_in * (4 / (1 + np.exp(-net_c)) - 2)
    return y_out * (2 / (1 + np.exp(-s_c)) - 1), s_c


@paper(PeepholeLSTMCell)
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


@paper(CIFGCell)
def coupled(x: np.ndarray, y: np.ndarray, c: np.ndarray, p: dict) -> tuple:
    """Greff et al. 2015: CIFG, f = 1 − i, here without peepholes."""
    (W_i, W_z, W_o), (R_i, R_z, R_o), (b_i, b_z, b_o) = p["W"], p["U"], p["b"]
    z = np.tanh(W_z @ x + R_z @ y + b_z)
    i = sigm(W_i @ x + R_i @ y + b_i)
    f = 1 - i
    c = z * i + c * f
    o = sigm(W_o @ x + R_o @ y + b_o)
    return np.tanh(c) * o, c


@paper(JANETCell)
@paper(JANETCell, beta=0.0)
def janet(x: np.ndarray, h: np.ndarray, p: dict, beta: float = 1.0) -> tuple:
    """Van der Westhuizen and Lasenby 2018: the form with β."""
    (W_f, W_c), (U_f, U_c), (b_f, b_c) = p["W"], p["U"], p["b"]
    s = U_f @ h + W_f @ x + b_f
    candidate = np.tanh(U_c @ h + W_c @ x + b_c)
    c = sigm(s) * h + (1 - sigm(s - beta)) * candidate
    return (c,)


@paper(MGUCell)
def zhou(x: np.ndarray, h: np.ndarray, p: dict) -> tuple:
    """Zhou et al. 2016: the minimal gated unit."""
    (W_f, W_h), (U_f, U_h), (b_f, b_h) = p["W"], p["U"], p["b"]
    f = sigm(np.hstack([U_f, W_f]) @ np.concatenate([h, x]) + b_f)
    candidate = np.tanh(np.hstack([U_h, W_h]) @ np.concatenate([f * h, x]) + b_h)
    return ((1 - f) * h + f * candidate,)


@paper(LiGRUCell)
def ravanelli(x: np.ndarray, h: np.ndarray, p: dict) -> tuple:
    """Ravanelli et al. 2018, with the batch normalisation of W x as the shift that it ends in."""
    (W_z, W_h), (U_z, U_h), (b_z, b_h) = p["W"], p["U"], p["b"]
    z = sigm(W_z @ x + b_z + U_z @ h)
    candidate = np.maximum(W_h @ x + b_h + U_h @ h, 0)
    return (z * h + (1 - z) * candidate,)


@paper(IndRNNCell)
def li(x: np.ndarray, h: np.ndarray, p: dict) -> tuple:
    """Li et al. 2018: IndRNN."""
    return (np.maximum(p["W"][0] @ x + p["u"][0] * h + p["b"][0], 0),)


@paper(MinGRUCell)
def feng(x: np.ndarray, h: np.ndarray, p: dict) -> tuple:
    """Feng et al. 2024: minGRU, not in log space."""
    (W_z, W_h), (b_z, b_h) = p["W"], p["b"]
    z = sigm(W_z @ x + b_z)
    return ((1 - z) * h + z * (W_h @ x + b_h),)


def norm(a: np.ndarray, gain: np.ndarray, bias: np.ndarray | float, epsilon: float) -> np.ndarray:
    """Ba et al. 2016, LN(a; α, β), with the ε of its authors' code."""
    return (a - a.mean()) / np.sqrt(np.mean((a - a.mean()) ** 2) + epsilon) * gain + bias


@paper(LayerNormRNNCell)
@paper(LayerNormRNNCell, epsilon=0.1)
def ba_rnn(x: np.ndarray, h: np.ndarray, p: dict, epsilon: float = 1e-5) -> tuple:
    """Ba et al. 2016, equation 4."""
    (g,) = p["more"]
    return (np.tanh(norm(p["U"][0] @ h + p["W"][0] @ x, g, p["b"][0], epsilon)),)


@paper(LayerNormLSTMCell)
@paper(LayerNormLSTMCell, epsilon=0.1)
def ba_lstm(x: np.ndarray, h: np.ndarray, c: np.ndarray, p: dict, epsilon: float = 1e-5) -> tuple:
    """Ba et al. 2016, supplement: the LSTM; b is the sum of its β1, β2 and b."""
    a_2, a_1, a_3, b_3 = p["more"]
    W, U, b = (np.concatenate(p[name]) for name in "WUb")
    b_1, b_2 = 0.3 * b, 0.5 * b
    blocks = norm(U @ h, a_1, b_1, epsilon) + norm(W @ x, a_2, b_2, epsilon) + 0.2 * b
    i, f, g, o = np.split(blocks, 4)
    c = sigm(f) * c + sigm(i) * np.tanh(g)
    return sigm(o) * np.tanh(norm(c, a_3, b_3, epsilon)), c


@paper(LayerNormGRUCell)
@paper(LayerNormGRUCell, epsilon=0.1)
def ba_gru(x: np.ndarray, h: np.ndarray, p: dict, epsilon: float = 1e-5) -> tuple:
    """Ba et al. 2016, supplement: the GRU."""
    (*W_zr, W), (*U_zr, U), (*b_2, b_3), (*b_1, b_4) = p["W"], p["U"], p["b"], p["d"]
    a_2, a_1, a_3, a_4 = p["more"]
    gates = norm(np.concatenate(U_zr) @ h, a_1, np.concatenate(b_1), epsilon)
    gates = gates + norm(np.concatenate(W_zr) @ x, a_2, np.concatenate(b_2), epsilon)
    z, r = np.split(sigm(gates), 2)
    candidate = np.tanh(norm(W @ x, a_3, b_3, epsilon) + r * norm(U @ h, a_4, b_4, epsilon))
    return ((1 - z) * h + z * candidate,)
