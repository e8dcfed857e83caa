"""One step of each cell, transcribed from its paper into float64 NumPy.

A transcription gets x(t), the states at t−1 and the weights p of a cell, and returns the states at
t: lists W, U, b and d of a matrix or vector for each block that has one, u for vectors in the place
of U, `rows` for all rows of the bias, `bias` for b as a whole, and `more` for the weights behind
them. Papers multiply column vectors from the left: W x, where the cells multiply rows: x W.
"""

import inspect
from collections.abc import Callable
from functools import partial

import numpy as np

from custom_cells import (
    AntisymmetricRNNCell,
    ATRCell,
    BRCell,
    CfCCell,
    CFNCell,
    CIFGCell,
    ClockworkRNNCell,
    CoRNNCell,
    DeltaNetCell,
    DeltaProductCell,
    FastGRNNCell,
    FastRNNCell,
    GatedAntisymmetricRNNCell,
    GatedDeltaNetCell,
    GRUCell,
    IndRNNCell,
    JANETCell,
    LayerNormGRUCell,
    LayerNormLSTMCell,
    LayerNormRNNCell,
    LEMCell,
    LiGRUCell,
    LMUCell,
    LRUCell,
    LSTM1997Cell,
    LSTMCell,
    LTCCell,
    MGUCell,
    MinGRUCell,
    MinimalRNNCell,
    MinLSTMCell,
    MLSTMCell,
    MultiplicativeLSTMCell,
    NASCell,
    NBRCell,
    PeepholeLSTMCell,
    RANCell,
    RGLRUCell,
    RHNCell,
    RWKV7Cell,
    S6Cell,
    SCRNCell,
    SimpleRNNCell,
    SLSTMCell,
    SRUCell,
    STARCell,
    UGRNNCell,
    UnICORNNCell,
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


@paper(SCRNCell)
@paper(SCRNCell, alpha=0.5)
def mikolov(x: np.ndarray, y: np.ndarray, p: dict, alpha: float = 0.95) -> tuple:
    """Mikolov et al. 2014, section 3, with biases; y is what the output layer reads."""
    (A, B), (R, P), (b_h, b_s) = p["W"], p["U"], p["b"]
    h, s = np.split(y, 2)
    s = (1 - alpha) * (B @ x + b_s) + alpha * s
    h = sigm(P @ s + A @ x + R @ h + b_h)
    return (np.concatenate([h, s]),)


@paper(CFNCell)
def laurent(x: np.ndarray, h: np.ndarray, p: dict) -> tuple:
    """Laurent and von Brecht 2016: the CFN."""
    (V_eta, V_theta, W), (U_eta, U_theta), (b_eta, b_theta) = p["W"], p["U"], p["b"]
    theta = sigm(U_theta @ h + V_theta @ x + b_theta)
    eta = sigm(U_eta @ h + V_eta @ x + b_eta)
    return (theta * np.tanh(h) + eta * np.tanh(W @ x),)


@paper(AntisymmetricRNNCell)
@paper(AntisymmetricRNNCell, epsilon=0.5, gamma=0.3)
def chang(
    x: np.ndarray, h: np.ndarray, p: dict, epsilon: float = 0.01, gamma: float = 0.01
) -> tuple:
    """Chang et al. 2019: the forward Euler method with diffusion."""
    (V_h,), (W_h,), (b_h,) = p["W"], p["U"], p["b"]
    A = W_h - W_h.T - gamma * np.eye(len(h))
    return (h + epsilon * np.tanh(A @ h + V_h @ x + b_h),)


@paper(GatedAntisymmetricRNNCell)
@paper(GatedAntisymmetricRNNCell, epsilon=0.5, gamma=0.3)
def chang_gated(
    x: np.ndarray, h: np.ndarray, p: dict, epsilon: float = 0.01, gamma: float = 0.01
) -> tuple:
    """Chang et al. 2019, with gating."""
    (V_z, V_h), (W_h,), (b_z, b_h) = p["W"], p["U"], p["b"]
    A = W_h - W_h.T - gamma * np.eye(len(h))
    z = sigm(A @ h + V_z @ x + b_z)
    return (h + epsilon * z * np.tanh(A @ h + V_h @ x + b_h),)


@paper(FastRNNCell)
def kusupati(x: np.ndarray, h: np.ndarray, p: dict) -> tuple:
    """Kusupati et al. 2018: FastRNN, its scalars parametrised by σ."""
    (W,), (U,), (b,) = p["W"], p["U"], p["b"]
    alpha, beta = map(sigm, p["more"])
    return (alpha * np.tanh(W @ x + U @ h + b) + beta * h,)


@paper(FastGRNNCell)
def kusupati_gated(x: np.ndarray, h: np.ndarray, p: dict) -> tuple:
    """Kusupati et al. 2018: FastGRNN, its scalars parametrised by σ."""
    (W,), (U,), (b_z, b_h) = p["W"], p["U"], p["b"]
    zeta, nu = map(sigm, p["more"])
    z = sigm(W @ x + U @ h + b_z)
    return ((zeta * (1 - z) + nu) * np.tanh(W @ x + U @ h + b_h) + z * h,)


@paper(MinimalRNNCell)
def chen(x: np.ndarray, h: np.ndarray, p: dict) -> tuple:
    """Chen 2017: MinimalRNN, with one layer of tanh for Φ."""
    (W_x,), (U_h, U_z), (b_u, b_z) = p["W"], p["U"], p["b"]
    z = np.tanh(W_x @ x + b_z)
    u = sigm(U_h @ h + U_z @ z + b_u)
    return (u * h + (1 - u) * z,)


@paper(UGRNNCell)
def collins(x: np.ndarray, h: np.ndarray, p: dict) -> tuple:
    """Collins et al. 2016: the UGRNN; the constant b^fg is within b^g."""
    (W_gx, W_cx), (W_gh, W_ch), (b_g, b_c) = p["W"], p["U"], p["b"]
    c = np.tanh(W_ch @ h + W_cx @ x + b_c)
    g = sigm(W_gh @ h + W_gx @ x + b_g)
    return (g * h + (1 - g) * c,)


@paper(ATRCell)
def zhang(x: np.ndarray, h: np.ndarray, p: dict) -> tuple:
    """Zhang et al. 2018: ATR, with a bias."""
    (W,), (U,), (b,) = p["W"], p["U"], p["b"]
    p_t, q_t = W @ x + b, U @ h
    return (sigm(p_t + q_t) * p_t + sigm(p_t - q_t) * h,)


@paper(STARCell)
def turkoglu(x: np.ndarray, h: np.ndarray, p: dict) -> tuple:
    """Turkoglu et al. 2019: STAR."""
    (W_x, W_z), (W_h,), (b_k, b_z) = p["W"], p["U"], p["b"]
    z = np.tanh(W_z @ x + b_z)
    k = sigm(W_x @ x + W_h @ h + b_k)
    return (np.tanh((1 - k) * h + k * z),)


@paper(BRCell)
def vecoven(x: np.ndarray, h: np.ndarray, p: dict) -> tuple:
    """Vecoven et al. 2020: BRC, with the biases of the authors' code."""
    (U_c, U_a, U), (w_c, w_a), (b_c, b_a) = p["W"], p["u"], p["b"]
    a = 1 + np.tanh(U_a @ x + w_a * h + b_a)
    c = sigm(U_c @ x + w_c * h + b_c)
    return (c * h + (1 - c) * np.tanh(U @ x + a * h),)


@paper(NBRCell)
def vecoven_modulated(x: np.ndarray, h: np.ndarray, p: dict) -> tuple:
    """Vecoven et al. 2020: nBRC, with the biases of the authors' code."""
    (U_c, U_a, U), (W_c, W_a), (b_c, b_a) = p["W"], p["U"], p["b"]
    a = 1 + np.tanh(U_a @ x + W_a @ h + b_a)
    c = sigm(U_c @ x + W_c @ h + b_c)
    return (c * h + (1 - c) * np.tanh(U @ x + a * h),)


@paper(RANCell)
def lee(x: np.ndarray, h: np.ndarray, c: np.ndarray, p: dict) -> tuple:
    """Lee et al. 2017: the RAN with g = tanh."""
    (W_ix, W_fx, W_cx), (W_ih, W_fh), (b_i, b_f) = p["W"], p["U"], p["b"]
    content = W_cx @ x
    i = sigm(W_ih @ h + W_ix @ x + b_i)
    f = sigm(W_fh @ h + W_fx @ x + b_f)
    c = i * content + f * c
    return np.tanh(c), c


@paper(MultiplicativeLSTMCell)
def krause(x: np.ndarray, h: np.ndarray, c: np.ndarray, p: dict) -> tuple:
    """Krause et al. 2016: the multiplicative LSTM, with biases."""
    W_ix, W_fx, W_hx, W_ox, W_mx = p["W"]
    W_im, W_fm, W_hm, W_om, W_mh = p["U"]
    b_i, b_f, b_h, b_o = p["b"]
    m = (W_mx @ x) * (W_mh @ h)
    candidate = W_hx @ x + W_hm @ m + b_h
    i = sigm(W_ix @ x + W_im @ m + b_i)
    o = sigm(W_ox @ x + W_om @ m + b_o)
    f = sigm(W_fx @ x + W_fm @ m + b_f)
    c = f * c + i * np.tanh(candidate)
    return np.tanh(c) * o, c


@paper(NASCell)
def zoph(x: np.ndarray, h: np.ndarray, c: np.ndarray, p: dict) -> tuple:
    """Zoph and Le 2016: the cell of the appendix, node by node from the leaves, with biases."""

    def relu(a: np.ndarray) -> np.ndarray:
        return np.maximum(a, 0)

    wx = [W @ x + b for W, b in zip(p["W"], p["b"], strict=True)]
    uh = [U @ h for U in p["U"]]
    leaves = [sigm, relu, sigm, relu, np.tanh, sigm, np.tanh, sigm]
    nodes = [f(wx[k] * uh[k] if k == 3 else wx[k] + uh[k]) for k, f in enumerate(leaves)]
    first, second = np.tanh(nodes[0] * nodes[1]), np.tanh(nodes[2] + nodes[3])
    third, fourth = np.tanh(nodes[4] * nodes[5]), sigm(nodes[6] + nodes[7])
    first = np.tanh(first + c)
    left, right = first * second, np.tanh(third + fourth)
    return np.tanh(left * right), left


@paper(RHNCell)
@paper(RHNCell, depth=1)
@paper(RHNCell, depth=4)
def zilly(x: np.ndarray, y: np.ndarray, p: dict) -> tuple:
    """Zilly et al. 2016, equations 6 to 9, with c = 1 − t."""
    W_T, W_H = p["W"]
    s = y
    layers = zip(p["U"][::2], p["U"][1::2], p["rows"], strict=True)
    for number, (R_T, R_H, (b_T, b_H)) in enumerate(layers, start=1):
        t = sigm(W_T @ x * (number == 1) + R_T @ s + b_T)
        h = np.tanh(W_H @ x * (number == 1) + R_H @ s + b_H)
        s = h * t + s * (1 - t)
    return (s,)


@paper(ClockworkRNNCell)
@paper(ClockworkRNNCell, periods=(3, 1, 2))
def koutnik(x: np.ndarray, y: np.ndarray, t: np.ndarray, p: dict, periods=(1, 2, 4, 8)) -> tuple:
    """Koutník et al. 2014: module i reads the modules j with T_j ≥ T_i when t MOD T_i = 0."""
    (W_I,), (W_H,), (b,) = p["W"], p["U"], p["b"]
    modules = np.array_split(np.arange(len(y)), len(periods))
    new = y.copy()
    for T_i, rows in zip(periods, modules, strict=True):
        if t[0] % T_i == 0:
            total = W_I[rows] @ x + b[rows]
            for T_j, columns in zip(periods, modules, strict=True):
                if T_j >= T_i:
                    total = total + W_H[np.ix_(rows, columns)] @ y[columns]
            new[rows] = np.tanh(total)
    return new, (t + 1) % np.lcm.reduce(periods)


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


def softplus(a: np.ndarray) -> np.ndarray:
    return np.log(1 + np.exp(a))


@paper(MinLSTMCell)
def feng_lstm(x: np.ndarray, h: np.ndarray, p: dict) -> tuple:
    """Feng et al. 2024: minLSTM with normalised gates, not in log space."""
    f, i, candidate = (W @ x + b for W, b in zip(p["W"], p["b"], strict=True))
    f, i = sigm(f), sigm(i)
    return (f / (f + i) * h + i / (f + i) * candidate,)


@paper(SRUCell)
def lei(x: np.ndarray, h: np.ndarray, c: np.ndarray, p: dict) -> tuple:
    """Lei et al. 2017, version 1, with a projection of x where its width is another."""
    (W_f, W_r, W, W_x), (b_f, b_r) = p["W"], p["b"]
    f, r = sigm(W_f @ x + b_f), sigm(W_r @ x + b_r)
    c = f * c + (1 - f) * (W @ x)
    return r * np.tanh(c) + (1 - r) * (W_x @ x if W_x.size else x), c


@paper(LRUCell)
def orvieto(u: np.ndarray, y: np.ndarray, real: np.ndarray, imag: np.ndarray, p: dict) -> tuple:
    """Orvieto et al. 2023: x(k) = Λ x(k−1) + exp(γ^log) ∘ B u(k), y(k) = Re(C x(k)) + D u(k)."""
    (nu_log, theta_log, gamma_log), C = p["more"]
    B_re, B_im, D = p["W"]
    C_re, C_im = np.split(C, 2)
    lambdas = np.exp(-np.exp(nu_log) + 1j * np.exp(theta_log))
    x = lambdas * (real + 1j * imag) + np.exp(gamma_log) * ((B_re + 1j * B_im) @ u)
    return ((C_re + 1j * C_im).T @ x).real + D @ u, x.real, x.imag


@paper(RGLRUCell)
def de(x: np.ndarray, h: np.ndarray, p: dict) -> tuple:
    """De et al. 2024, equations 1 to 4; the gates see the input before its linear layer."""
    (W_a, W_x, W), (b_a, b_x), (Lambda,) = p["W"], p["b"], p["more"]
    r, i = sigm(W_a @ x + b_a), sigm(W_x @ x + b_x)
    a = sigm(Lambda) ** (8 * r)
    return (a * h + np.sqrt(1 - a**2) * (i * (W @ x)),)


@paper(S6Cell)
def gu(x: np.ndarray, y: np.ndarray, h: np.ndarray, p: dict) -> tuple:
    """Gu and Dao 2023, algorithm 2 and equations 2 and 4, a channel and a number at a time."""
    (w, W, W_B, W_C), (A_log,) = p["W"], p["more"]
    A, delta, u = -np.exp(A_log), softplus(p["bias"] + w @ x), W @ x
    D, N = A.shape
    h = h.reshape(D, N).copy()
    for d in range(D):
        for n in range(N):
            dA = delta[d] * A[d, n]
            dB = 1 / dA * (np.exp(dA) - 1) * delta[d] * (W_B @ x)[n]
            h[d, n] = np.exp(dA) * h[d, n] + dB * u[d]
    return h @ (W_C @ x), h.ravel()


def unit(a: np.ndarray) -> np.ndarray:
    return a / np.sqrt(np.sum(a**2))


def silu(a: np.ndarray) -> np.ndarray:
    return a * sigm(a)


def columns(S: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Return a flat state as the papers have it, with a row for each entry of v."""
    return S.reshape(-1, v.size).T


@paper(DeltaNetCell)
@paper(DeltaNetCell, allow_neg_eigval=True)
@paper(DeltaNetCell, key_dim=3)
def schlag(x: np.ndarray, y: np.ndarray, S: np.ndarray, p: dict, allow_neg_eigval=False) -> tuple:
    """Schlag et al. 2021, equations 23 to 25, with the feature map of Yang et al. 2024."""
    W_q, W_k, W_v, W_beta = p["W"]
    v, beta = W_v @ x, (1 + allow_neg_eigval) * sigm(W_beta @ x)
    q, k, S = unit(silu(W_q @ x)), unit(silu(W_k @ x)), columns(S, v)
    S = S + np.outer(beta * (v - S @ k), k)
    return S @ q, S.T.ravel()


@paper(DeltaProductCell)
@paper(DeltaProductCell, allow_neg_eigval=False)
@paper(DeltaProductCell, steps=3, key_dim=4)
def siems(
    x: np.ndarray, y: np.ndarray, H: np.ndarray, p: dict, steps=2, allow_neg_eigval=True
) -> tuple:
    """Siems et al. 2025: H_j = (I − β_j k_j k_jᵀ) H_j−1 + β_j k_j v_jᵀ for each j in turn."""
    W_q, W_k, W_v, U = p["W"]
    H = H.reshape(-1, y.size)
    for W, V, u in zip(*(np.split(w, steps) for w in (W_k, W_v, U)), strict=True):
        k, v, beta = unit(silu(W @ x)), V @ x, (1 + allow_neg_eigval) * sigm(u @ x)
        H = (np.eye(k.size) - beta * np.outer(k, k)) @ H + beta * np.outer(k, v)
    return H.T @ unit(silu(W_q @ x)), H.ravel()


@paper(GatedDeltaNetCell)
@paper(GatedDeltaNetCell, key_dim=3)
def yang(x: np.ndarray, o: np.ndarray, S: np.ndarray, p: dict) -> tuple:
    """Yang et al. 2024: S = S (α (I − β k kᵀ)) + β v kᵀ, with the α of Mamba-2."""
    (w_a, W_q, W_k, W_v, W_beta), (b,), (A_log,) = p["W"], p["b"], p["more"]
    alpha = np.exp(-np.exp(A_log) * softplus(w_a @ x + b))
    q, k, v = unit(silu(W_q @ x)), unit(silu(W_k @ x)), silu(W_v @ x)
    beta, S = sigm(W_beta @ x), columns(S, v)
    S = S @ (alpha * (np.eye(k.size) - beta * np.outer(k, k))) + beta * np.outer(v, k)
    return S @ q, S.T.ravel()


@paper(RWKV7Cell)
@paper(RWKV7Cell, key_dim=3)
def peng(x: np.ndarray, y: np.ndarray, wkv: np.ndarray, p: dict) -> tuple:
    """Peng et al. 2025: wkv = wkv (diag(w) − κ̂ᵀ (a ∘ κ̂)) + vᵀ k̃, of row vectors."""
    (W_d, W_a, W_r, W_k, W_v), (b_d, b_a), (xi, alpha) = p["W"], p["b"], p["more"]
    w, a = np.exp(-np.exp(-0.5) * sigm(W_d @ x + b_d)), sigm(W_a @ x + b_a)
    r, k, v = W_r @ x, W_k @ x, W_v @ x
    kappa = unit(k * xi)
    k = k * ((1 - alpha) * 1 + alpha * a)
    wkv = columns(wkv, v) @ (np.diag(w) - np.outer(kappa, a * kappa)) + np.outer(v, k)
    return wkv @ r, wkv.T.ravel()


@paper(MLSTMCell)
@paper(MLSTMCell, key_dim=3)
def beck_mlstm(
    x: np.ndarray, h: np.ndarray, C: np.ndarray, n: np.ndarray, m: np.ndarray, p: dict
) -> tuple:
    """Beck et al. 2024: the mLSTM before it is stabilised; m only scales the states."""
    W_q, W_k, W_v, w_i, w_f, W_o = p["W"]
    b_q, b_k, b_v, b_i, b_f, b_o = p["b"]
    q, v, k = W_q @ x + b_q, W_v @ x + b_v, W_k @ x / np.sqrt(n.size) + b_k
    i, f, o = np.exp(w_i @ x + b_i), sigm(w_f @ x + b_f), sigm(W_o @ x + b_o)
    C = f * columns(C, v) * np.exp(m) + i * np.outer(v, k)
    n = f * n * np.exp(m) + i * k
    m = np.maximum(np.log(f) + m, np.log(i))
    h = o * (C @ q) / max(abs(n @ q), 1)
    return h, (C * np.exp(-m)).T.ravel(), n * np.exp(-m), m


@paper(SLSTMCell)
def beck_slstm(
    x: np.ndarray, h: np.ndarray, c: np.ndarray, n: np.ndarray, m: np.ndarray, p: dict
) -> tuple:
    """Beck et al. 2024: the sLSTM before it is stabilised; m only scales the states."""
    a_i, a_f, a_z, a_o = (W @ x + R @ h + b for W, R, b in zip(p["W"], p["U"], p["b"], strict=True))
    i, f, z, o = np.exp(a_i), sigm(a_f), np.tanh(a_z), sigm(a_o)
    c = f * c * np.exp(m) + i * z
    n = f * n * np.exp(m) + i
    m = np.maximum(np.log(f) + m, np.log(i))
    return o * c / n, c * np.exp(-m), n * np.exp(-m), m


@paper(CoRNNCell)
@paper(CoRNNCell, gamma=1.5, epsilon=0.5, dt=0.25)
def rusch_cornn(
    u: np.ndarray, y: np.ndarray, z: np.ndarray, p: dict, gamma=2.7, epsilon=4.7, dt=0.042
) -> tuple:
    """Rusch and Mishra 2020, equation 3 with n̄ = n − 1."""
    (V,), (W_y, W_z), (b,) = p["W"], p["U"], p["b"]
    forces = np.tanh(W_y @ y + W_z @ z + V @ u + b) - gamma * y - epsilon * z
    z = z + dt * forces
    return y + dt * z, z


@paper(UnICORNNCell)
@paper(UnICORNNCell, alpha=1.5, dt=0.75)
def rusch_unicornn(
    x: np.ndarray, y: np.ndarray, z: np.ndarray, p: dict, alpha=30.65, dt=0.19
) -> tuple:
    """Rusch and Mishra 2021, equation 4 for one layer, with σ̂(c) = 1/2 + tanh(c / 2) / 2."""
    (V,), w, (b,), (c,) = p["W"], p["u"], p["b"], p["more"]
    steps = dt * (0.5 + 0.5 * np.tanh(c / 2))
    z = z - steps * (np.tanh(w * y + V @ x + b) + alpha * y)
    return y + steps * z, z


@paper(LEMCell)
@paper(LEMCell, dt=0.5)
def rusch_lem(u: np.ndarray, y: np.ndarray, z: np.ndarray, p: dict, dt=1.0) -> tuple:
    """Rusch et al. 2021, equation 3: y(n) sees z(n)."""
    (V_1, V_2, V_z, V_y), (W_1, W_2, W_z, W_y) = p["W"], p["U"]
    b_1, b_2, b_z, b_y = p["b"]
    dt_n = dt * sigm(W_1 @ y + V_1 @ u + b_1)
    dt_bar = dt * sigm(W_2 @ y + V_2 @ u + b_2)
    z = (1 - dt_n) * z + dt_n * np.tanh(W_z @ y + V_z @ u + b_z)
    return (1 - dt_bar) * y + dt_bar * np.tanh(W_y @ z + V_y @ u + b_y), z


@paper(LTCCell)
@paper(LTCCell, unfolds=3)
def hasani_ltc(inputs: np.ndarray, x: np.ndarray, p: dict, unfolds=6) -> tuple:
    """Hasani et al. 2020, algorithm 1 with L unfolds of Δt = 1 / L."""
    (gamma,), (gamma_r,), (mu,), (log_tau, A) = p["W"], p["U"], p["b"], p["more"]
    tau, dt = np.exp(log_tau), 1 / unfolds
    for _ in range(unfolds):
        f = sigm(gamma_r @ x + gamma @ inputs + mu)
        x = (x + dt * f * A) / (1 + dt * (1 / tau + f))
    return (x,)


@paper(CfCCell)
def hasani_cfc(inputs: np.ndarray, x: np.ndarray, p: dict) -> tuple:
    """Hasani et al. 2021: σ(−f t) ∘ g + (1 − σ(−f t)) ∘ h at t = 1, with squashed g and h."""
    f, g, h = (W @ inputs + U @ x + b for W, U, b in zip(p["W"], p["U"], p["b"], strict=True))
    t = 1.0
    return (sigm(-f * t) * np.tanh(g) + (1 - sigm(-f * t)) * np.tanh(h),)


@paper(LMUCell)
@paper(LMUCell, order=3, theta=7.0)
def voelker(x: np.ndarray, h: np.ndarray, m: np.ndarray, p: dict) -> tuple:
    """Voelker et al. 2019, equations 4, 6 and 7."""
    (e_x, W_x), (e_h, W_h), (memory, A, B) = p["W"], p["U"], p["more"]
    e_m, W_m = memory[:, :1].T, memory[:, 1:].T
    u = e_x @ x + e_h @ h + e_m @ m
    m = A.T @ m + B.T @ u
    return np.tanh(W_x @ x + W_h @ h + W_m @ m), m


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
