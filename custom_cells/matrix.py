"""Cells whose memory is a matrix that keys address, and sLSTM, which comes with one of them.

S holds a value of `units` entries for each entry of a key: k S reads what is written under the key
k, and S + kᵀ v writes v there. It is kept flat, of `(batch, key_dim · units)`. All have one head,
and the output is their first state, as JAX's loop asks of a masked step; only sLSTM reads it.
"""

import math
from typing import Any

import numpy as np

from custom_cells._keras import keras, ops
from custom_cells.recurrent import RecurrentCell, as_matrix, as_vector

__all__ = [
    "DeltaNetCell",
    "DeltaProductCell",
    "GatedDeltaNetCell",
    "MLSTMCell",
    "RWKV7Cell",
    "SLSTMCell",
]


def outer(k: Any, v: Any) -> Any:
    """Return kᵀ v for each row."""
    return k[:, :, None] * v[:, None, :]


def read(k: Any, S: Any) -> Any:
    """Return k S for each row."""
    return ops.matmul(k[:, None, :], S)[:, 0, :]


def normed(k: Any) -> Any:
    """Return k / ‖k‖ for each row, and a shorter vector where ‖k‖ is below 10⁻³."""
    return k / ops.sqrt(ops.maximum(ops.sum(k * k, axis=-1, keepdims=True), 1e-6))


class FastWeightCell(RecurrentCell):
    """A cell with a matrix S as memory.

    Args:
        key_dim: a positive integer, the entries of a key; None for `units`.
    """

    states = "yS"
    recurrent_shape = None

    def __init__(self, units: int, *args: Any, key_dim: int | None = None, **options: Any):
        super().__init__(units, *args, **options)
        self.key_dim = self.units if key_dim is None else self._integer("key_dim", key_dim)

    @property
    def state_size(self) -> list[int]:
        return [self.units, self.key_dim * self.units]

    def matrix(self, S: Any) -> Any:
        """Return the flat state as a matrix."""
        return as_matrix(S, self.key_dim, self.units)


@keras.saving.register_keras_serializable(package="custom_cells")
class DeltaNetCell(FastWeightCell):
    """A memory that is corrected: what a key reads moves towards the value to be written there.

        q(t) = n(silu(x(t) W_q))
        k(t) = n(silu(x(t) W_k))
        v(t) = x(t) W_v
        β(t) = σ(x(t) W_β)                    2 σ(x(t) W_β) if allow_neg_eigval
        S(t) = S(t−1) + β(t) k(t)ᵀ (v(t) − k(t) S(t−1))
        y(t) = q(t) S(t)
        n(a) = a / ‖a‖

    The weights are [W_q W_k W_v W_β], `key_dim`, `key_dim`, `units` and 1 wide, without bias.
    Schlag et al. have another function in the place of silu, whose entries add up to 1. Yang et al.
    convolve over a few steps before silu, and normalise the output.

    Args:
        activation: of queries and keys before they are normalised.
        key_dim: a positive integer, the entries of a key; None for `units`.
        allow_neg_eigval: whether β reaches 2, so that what is read may change its sign, after
            Grazzi et al. (2024, arXiv:2411.12537).

    Example:
        >>> import keras
        >>> from custom_cells import DeltaNetCell
        >>> layer = keras.layers.RNN(DeltaNetCell(4, key_dim=8), return_state=True)
        >>> print(*(tensor.shape for tensor in layer(keras.ops.ones((2, 5, 3)))))
        (2, 4) (2, 4) (2, 32)

    Reference:
        I. Schlag, K. Irie and J. Schmidhuber, Linear transformers are secretly fast weight
        programmers, 2021, arXiv:2102.11174; S. Yang, B. Wang, Y. Zhang, Y. Shen and Y. Kim,
        Parallelizing linear transformers with the delta rule over sequence length, 2024,
        arXiv:2406.06484
    """

    blocks, gates, biased, defaults = "qkvβ", "β", "", {"activation": "swish"}

    def __init__(self, units: int, *args: Any, allow_neg_eigval: bool = False, **options: Any):
        super().__init__(units, *args, **options)
        self.allow_neg_eigval = allow_neg_eigval

    @property
    def block_sizes(self) -> list[int]:
        return [self.key_dim, self.key_dim, self.units, 1]

    def rate(self, x: Any) -> Any:
        """Return β."""
        return self.recurrent_activation(x) * (2 if self.allow_neg_eigval else 1)

    def step(self, x: Any, y: Any, S: Any, *, training: bool = False) -> tuple[Any, list[Any]]:
        q, k, v, beta = self.split(x)
        q, k = normed(self.activation(q)), normed(self.activation(k))
        S = self.matrix(S)
        S = S + outer(k, self.rate(beta) * (v - read(k, S)))
        y = read(q, S)
        return y, [y, as_vector(S)]


@keras.saving.register_keras_serializable(package="custom_cells")
class DeltaProductCell(DeltaNetCell):
    """A DeltaNet that corrects its memory several times per step, under several keys.

        q(t) = n(silu(x(t) W_q))
        k_j(t) = n(silu(x(t) W_k,j))
        v_j(t) = x(t) W_v,j
        β(t) = σ(x(t) W_β)                    2 σ(x(t) W_β) if allow_neg_eigval
        S_j(t) = S_j−1(t) + β_j(t) k_j(t)ᵀ (v_j(t) − k_j(t) S_j−1(t)),   S_0(t) = S_m(t−1)
        y(t) = q(t) S_m(t)
        n(a) = a / ‖a‖

    j = 1, …, m. The weights are [W_q W_k W_v W_β], the last three with m parts each, without bias.
    So S changes by a product of m reflections, of which two make a rotation. The paper convolves
    over a few steps before silu, and normalises the output.

    Args:
        activation, key_dim: as in `DeltaNetCell`.
        steps: m.
        allow_neg_eigval: whether β reaches 2, as by default in the authors' code.

    Example:
        >>> from custom_cells import DeltaProductCell
        >>> cell = DeltaProductCell(4, steps=3)
        >>> cell.build((None, 3))
        >>> print(*(weight.shape for weight in cell.weights))
        (3, 31)

    Reference:
        J. Siems et al., DeltaProduct: improving state-tracking in linear RNNs via Householder
        products, 2025, arXiv:2502.10297
    """

    def __init__(
        self, units: int, *args: Any, steps: int = 2, allow_neg_eigval: bool = True, **options: Any
    ):
        super().__init__(units, *args, allow_neg_eigval=allow_neg_eigval, **options)
        self.steps = self._integer("steps", steps)

    @property
    def block_sizes(self) -> list[int]:
        m = self.steps
        return [self.key_dim, m * self.key_dim, m * self.units, m]

    def step(self, x: Any, y: Any, S: Any, *, training: bool = False) -> tuple[Any, list[Any]]:
        q, *parts = self.split(x)
        S = self.matrix(S)
        for k, v, beta in zip(
            *(ops.split(part, self.steps, axis=-1) for part in parts), strict=True
        ):
            k = normed(self.activation(k))
            S = S + outer(k, self.rate(beta) * (v - read(k, S)))
        y = read(normed(self.activation(q)), S)
        return y, [y, as_vector(S)]


@keras.saving.register_keras_serializable(package="custom_cells")
class GatedDeltaNetCell(FastWeightCell):
    """A DeltaNet that also forgets: a gate shrinks the whole memory before it is corrected.

        a(t) = exp(−exp(A) softplus(x(t) W_a + b))
        q(t) = n(silu(x(t) W_q))
        k(t) = n(silu(x(t) W_k))
        v(t) = silu(x(t) W_v)
        β(t) = σ(x(t) W_β)
        S(t) = a(t) S(t−1) + β(t) k(t)ᵀ (v(t) − k(t) a(t) S(t−1))
        y(t) = q(t) S(t)
        n(a) = a / ‖a‖

    The weights are [W_a W_q W_k W_v W_β], 1, `key_dim`, `key_dim`, `units` and 1 wide, b of `(1,)`,
    and `log_rate` A, of `(1,)`. As in the authors' code exp(A) starts uniform between 0 and 16, and
    b where softplus(b) is between 0.001 and 0.1, uniform in its logarithm. The paper convolves over
    a few steps before silu, and normalises and gates the output.

    Args:
        activation: of queries and keys before they are normalised, and of values.
        key_dim: a positive integer, the entries of a key; None for `units`.

    Example:
        >>> import keras
        >>> from custom_cells import GatedDeltaNetCell
        >>> layer = keras.layers.RNN(GatedDeltaNetCell(4), return_sequences=True)
        >>> print(layer(keras.ops.ones((2, 5, 3))).shape, layer.count_params())
        (2, 5, 4) 44

    Reference:
        S. Yang, J. Kautz and A. Hatamizadeh, Gated delta networks: improving Mamba2 with delta
        rule, 2024, arXiv:2412.06464
    """

    blocks, gates, biased, lacking = "aqkvβ", "β", "a", ("bias_initializer",)
    defaults = {"activation": "swish"}

    def __init__(self, units: int, *args: Any, **options: Any):
        super().__init__(units, *args, **options)
        self.log_steps = keras.initializers.RandomUniform(math.log(0.001), math.log(0.1))
        self.rates = keras.initializers.RandomUniform(0, 16)

    @property
    def block_sizes(self) -> list[int]:
        return [1, self.key_dim, self.key_dim, self.units, 1]

    def initial_bias(self, shape: tuple[int, ...], dtype: Any = None, **kwargs: Any) -> Any:
        """Return b to start from."""
        return ops.log(ops.exp(ops.exp(self.log_steps(shape, dtype=dtype))) - 1)

    def initial_log_rate(self, shape: tuple[int, ...], dtype: Any = None, **kwargs: Any) -> Any:
        """Return A to start from."""
        return ops.log(self.rates(shape, dtype=dtype))

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        super().build(input_shape)
        self.log_rate = self.add_weight(
            name="log_rate", shape=(1,), initializer=self.initial_log_rate
        )

    def step(self, x: Any, y: Any, S: Any, *, training: bool = False) -> tuple[Any, list[Any]]:
        a, q, k, v, beta = self.split(x)
        a = ops.exp(-ops.exp(self.log_rate) * keras.activations.softplus(a))
        q, k, v = normed(self.activation(q)), normed(self.activation(k)), self.activation(v)
        S = a[:, :, None] * self.matrix(S)
        S = S + outer(k, self.recurrent_activation(beta) * (v - read(k, S)))
        y = read(q, S)
        return y, [y, as_vector(S)]


@keras.saving.register_keras_serializable(package="custom_cells")
class RWKV7Cell(FastWeightCell):
    """A memory that decays row by row, is cleared under one key and written under another.

        w(t) = exp(−e^(−1/2) σ(x(t) W_w + b_w))
        a(t) = σ(x(t) W_a + b_a)
        r(t) = x(t) W_r
        k(t) = x(t) W_k
        v(t) = x(t) W_v
        κ(t) = k(t) ∘ ξ / ‖k(t) ∘ ξ‖
        u(t) = k(t) ∘ (1 + (a(t) − 1) ∘ α)
        S(t) = w(t)ᵀ ∘ S(t−1) − (a(t) ∘ κ(t))ᵀ κ(t) S(t−1) + u(t)ᵀ v(t)
        y(t) = r(t) S(t)

    The weights are [W_w W_a W_r W_k W_v], the last `units` wide and the others `key_dim`, b has two
    blocks, and `removal` ξ and `replacement` α are of `(key_dim,)`. W_w and W_a start at 0, b_w
    rises from −6.5 to −1.5, ξ is 0.85 and α 1. This is the recurrence alone. The paper mixes x(t)
    with x(t−1) before it, gets w and a through narrow layers, and adds a bonus, a norm and a gate
    behind.

    Args:
        recurrent_activation: of a.
        key_dim: a positive integer, the entries of a key; None for `units`.

    Example:
        >>> import keras
        >>> from custom_cells import RWKV7Cell
        >>> layer = keras.layers.RNN(RWKV7Cell(4, key_dim=2))
        >>> print(layer(keras.ops.ones((2, 5, 3))).shape, layer.count_params())
        (2, 4) 44

    Reference:
        B. Peng et al., RWKV-7 "Goose" with expressive dynamic state evolution, 2025,
        arXiv:2503.14456
    """

    blocks, gates, biased, lacking = "warkv", "a", "wa", ("activation",)
    draws = {"w": "zeros", "a": "zeros"}

    @property
    def block_sizes(self) -> list[int]:
        return [self.key_dim] * 4 + [self.units]

    def initial_bias(self, shape: tuple[int, ...], dtype: Any = None, **kwargs: Any) -> Any:
        """Return b_w and b_a to start from."""
        place = np.arange(self.key_dim) / max(self.key_dim - 1, 1)
        w = keras.initializers.Constant(5 * place**0.85 - 6.5)((self.key_dim,), dtype=dtype)
        a = self.bias_initializer((self.key_dim,), dtype=dtype)
        return ops.concatenate([w, a], axis=0)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        super().build(input_shape)
        for name, start in (("removal", 0.85), ("replacement", 1.0)):
            constant = keras.initializers.Constant(start)
            weight = self.add_weight(name=name, shape=(self.key_dim,), initializer=constant)
            setattr(self, name, weight)

    def step(self, x: Any, y: Any, S: Any, *, training: bool = False) -> tuple[Any, list[Any]]:
        w, a, r, k, v = self.split(x)
        w = ops.exp(-math.exp(-0.5) * keras.activations.sigmoid(w))
        a = self.recurrent_activation(a)
        kappa = normed(k * self.removal)
        u = k * (1 + (a - 1) * self.replacement)
        S = self.matrix(S)
        S = w[:, :, None] * S - outer(a * kappa, read(kappa, S)) + outer(u, v)
        y = read(r, S)
        return y, [y, as_vector(S)]


@keras.saving.register_keras_serializable(package="custom_cells")
class MLSTMCell(FastWeightCell):
    """An LSTM with a matrix as memory, gates that see the input only, and an exponential to write.

        q(t) = x(t) W_q + b_q
        k(t) = x(t) W_k / √key_dim + b_k
        v(t) = x(t) W_v + b_v
        i(t) = exp(x(t) W_i + b_i)
        f(t) = σ(x(t) W_f + b_f)
        o(t) = σ(x(t) W_o + b_o)
        C(t) = f(t) C(t−1) + i(t) k(t)ᵀ v(t)
        n(t) = f(t) n(t−1) + i(t) k(t)
        h(t) = o(t) ∘ q(t) C(t) / max(|q(t) n(t)ᵀ|, 1)

    The weights are [W_q W_k W_v W_i W_f W_o], those of i and f 1 wide. C and n are kept times
    exp(−m(t)), where m(t) = max(log f(t) + m(t−1), log i(t)), so that no exponential overflows; m,
    of `(batch, 1)`, is the last state. σ is fixed; the paper allows exp in f too. As in the
    authors' code W_i and W_f start at 0 and b_f at 3; it draws b_i, and has a norm before o.

    Args:
        key_dim: a positive integer, the entries of a key; None for `units`.

    Example:
        >>> import keras
        >>> from custom_cells import MLSTMCell
        >>> layer = keras.layers.RNN(MLSTMCell(4, key_dim=2), return_state=True)
        >>> print(*(tensor.shape for tensor in layer(keras.ops.ones((2, 5, 3)))))
        (2, 4) (2, 4) (2, 8) (2, 2) (2, 1)

    Reference:
        M. Beck et al., xLSTM: extended long short-term memory, 2024, arXiv:2405.04517
    """

    blocks, states, gates = "qkvifo", "hCnm", "fo"
    lacking = ("activation", "recurrent_activation")
    draws, start = {"i": "zeros", "f": "zeros"}, {"f": 3.0}

    @property
    def block_sizes(self) -> list[int]:
        return [self.key_dim, self.key_dim, self.units, 1, 1, self.units]

    @property
    def state_size(self) -> list[int]:
        return [self.units, self.key_dim * self.units, self.key_dim, 1]

    def shift(self, xW: Any) -> Any:
        q, k, *rest = self.split(xW)
        return super().shift(ops.concatenate([q, k / math.sqrt(self.key_dim), *rest], axis=-1))

    def step(
        self, x: Any, h: Any, C: Any, n: Any, m: Any, *, training: bool = False
    ) -> tuple[Any, list[Any]]:
        q, k, v, log_i, f, o = self.split(x)
        log_f = m - keras.activations.softplus(-f)
        m = ops.maximum(log_f, log_i)
        f, i, o = ops.exp(log_f - m), ops.exp(log_i - m), keras.activations.sigmoid(o)
        C = f[:, :, None] * self.matrix(C) + outer(i * k, v)
        n = f * n + i * k
        # The fraction times exp(min(m, 0)), so that its 1, which is exp(−m) here, stays finite too;
        # and above 0, where q is 0.
        scale = ops.exp(ops.minimum(m, 0))
        one = ops.exp(ops.maximum(ops.minimum(-m, 0), -15))
        qn = ops.sum(q * n, axis=-1, keepdims=True)
        h = o * read(scale * q, C) / ops.maximum(scale * ops.abs(qn), one)
        return h, [h, as_vector(C), n, m]


@keras.saving.register_keras_serializable(package="custom_cells")
class SLSTMCell(RecurrentCell):
    """An LSTM with an exponential input gate, whose memory is divided by what that let in.

        i(t) = exp(x(t) W_i + b_i + h(t−1) U_i)
        f(t) = σ(x(t) W_f + b_f + h(t−1) U_f)
        z(t) = tanh(x(t) W_z + b_z + h(t−1) U_z)
        o(t) = σ(x(t) W_o + b_o + h(t−1) U_o)
        c(t) = f(t) ∘ c(t−1) + i(t) ∘ z(t)
        n(t) = f(t) ∘ n(t−1) + i(t)
        h(t) = o(t) ∘ c(t) / n(t)

    The weights are [W_i W_f W_z W_o]. c and n are kept times exp(−m(t)), where m(t) is max(log f(t)
    + m(t−1), log i(t)), and log i(t) where n(t−1) is 0, so that no exponential overflows and n is
    not 0; m is the last state. b_i cancels in c / n where both start at 0. σ is fixed; the paper
    allows exp in f too. As in the authors' code U starts at 0 and b_f falls from 5 to −7 over the
    units.

    Args:
        activation: of z.

    Example:
        >>> import keras
        >>> import numpy as np
        >>> from custom_cells import SLSTMCell
        >>> layer = keras.layers.RNN(SLSTMCell(4), return_sequences=True)
        >>> print(np.all(np.isfinite(layer(np.full((2, 5, 3), 1e6, "float32")))))
        True

    Reference:
        M. Beck et al., xLSTM: extended long short-term memory, 2024, arXiv:2405.04517
    """

    blocks, states, gates, lacking = "ifzo", "hcnm", "fo", ("recurrent_activation",)

    defaults = {"recurrent_initializer": "zeros"}

    def initial_bias(self, shape: tuple[int, ...], dtype: Any = None, **kwargs: Any) -> Any:
        """Return the bias to start from: that of `bias_initializer`, but for b_f."""
        i, _, z, o = ops.split(self.bias_initializer(shape, dtype=dtype), 4)
        place = np.arange(self.units) / max(self.units - 1, 1)
        f = keras.initializers.Constant(5 - 12 * place**0.3)((self.units,), dtype=dtype)
        return ops.concatenate([i, f, z, o], axis=0)

    def step(
        self, x: Any, h: Any, c: Any, n: Any, m: Any, *, training: bool = False
    ) -> tuple[Any, list[Any]]:
        x = x + ops.matmul(self.drop(h, training), self.recurrent_kernel)
        log_i, f, z, o = ops.split(x, 4, axis=-1)
        log_f = m - keras.activations.softplus(-f)
        m = ops.where(ops.equal(n, 0), log_i, ops.maximum(log_f, log_i))
        # Above 0 only where n is 0, and f has nothing to keep.
        f = ops.exp(ops.minimum(log_f - m, 0))
        i, o = ops.exp(log_i - m), keras.activations.sigmoid(o)
        c = f * c + i * self.activation(z)
        n = f * n + i
        h = o * c / n
        return h, [h, c, n, m]
