"""Cells whose memory is linear in itself, entry by entry, so that its steps need not wait."""

import math
from functools import partial
from typing import Any

import numpy as np

from custom_cells._keras import keras, ops
from custom_cells.recurrent import RecurrentCell, as_matrix, as_vector

__all__ = ["LRUCell", "MinGRUCell", "MinLSTMCell", "RGLRUCell", "S6Cell", "SRUCell"]


# Of half the variance that keeps the scale of the input, for each of two parts.
NORMAL = partial(keras.initializers.VarianceScaling, 0.5, "fan_in", "untruncated_normal")


class LinearCell(RecurrentCell):
    """A cell with a memory h(t) = a(t) ∘ h(t−1) + b(t), where a and b see the input only.

    The memory is the last state. Where it is complex, it is the last two, real and imaginary part,
    and a and b are pairs. A subclass defines `coefficients`; where its output is not its memory,
    also `read`, and a `step` of two states or more, of which the output is the first and is never
    read. The first two take one step, or all steps of a sequence at once, as `ParallelRNN` asks.

    Example:
        A memory that a gate may also turn to its opposite:

        >>> import keras
        >>> from custom_cells import LinearCell, ParallelRNN
        >>> class SignedCell(LinearCell):
        ...     blocks, gates = "zg", "z"
        ...
        ...     def coefficients(self, x):
        ...         z, g = self.split(x)
        ...         z = keras.ops.sigmoid(z)
        ...         return 1 - 2 * z, z * g
        >>> print(*ParallelRNN(SignedCell(4))(keras.ops.ones((2, 5, 3))).shape)
        2 4
    """

    recurrent_shape = None

    def coefficients(self, x: Any) -> tuple[Any, Any]:
        """Return a and b from a projected input of any leading axes; a may lack these."""
        raise NotImplementedError(f"{type(self).__name__} must define coefficients(x).")

    def read(self, x: Any, *memory: Any) -> Any:
        """Return the output from a projected input and the memory behind it: the memory itself."""
        return memory[0]

    def step(self, x: Any, h: Any, *, training: bool = False) -> tuple[Any, list[Any]]:
        a, b = self.coefficients(x)
        h = a * h + b
        return h, [h]


@keras.saving.register_keras_serializable(package="custom_cells")
class MinGRUCell(LinearCell):
    """A GRU whose gate and candidate see the input only, not the state.

        z(t) = σ(x(t) W_z + b_z)
        g(t) = x(t) W_g + b_g
        h(t) = (1 − z(t)) ∘ h(t−1) + z(t) ∘ g(t)

    The weights are [W_z W_g], without recurrent ones. A large z overwrites the state, where in
    Keras's GRU it keeps it.

    Args:
        activation: of g; none by default.

    Example:
        >>> import keras
        >>> from custom_cells import MinGRUCell
        >>> layer = keras.layers.RNN(MinGRUCell(4))
        >>> print(layer(keras.ops.ones((2, 5, 3))).shape, layer.count_params())
        (2, 4) 32

    Reference:
        L. Feng, F. Tung, M. O. Ahmed, Y. Bengio and H. Hajimirsadeghi, Were RNNs all we needed?,
        2024, arXiv:2410.01201
    """

    blocks, states, gates, defaults = "zg", "h", "z", {"activation": "linear"}

    def coefficients(self, x: Any) -> tuple[Any, Any]:
        z, g = self.split(x)
        z, g = self.recurrent_activation(z), self.activation(g)
        return 1 - z, z * g


@keras.saving.register_keras_serializable(package="custom_cells")
class MinLSTMCell(LinearCell):
    """An LSTM whose gates see the input only, and share out what is kept and what is written.

        f(t) = σ(x(t) W_f + b_f)
        i(t) = σ(x(t) W_i + b_i)
        g(t) = x(t) W_g + b_g
        h(t) = (f(t) ∘ h(t−1) + i(t) ∘ g(t)) / (f(t) + i(t))

    The weights are [W_f W_i W_g], without recurrent ones. The gates are those that the paper
    normalises for sequences of any length. They are computed as σ(log f − log i), which does not
    divide 0 by 0 where both are shut, so σ is fixed.

    Args:
        activation: of g; none by default.

    Example:
        >>> import keras
        >>> import numpy as np
        >>> from custom_cells import MinLSTMCell
        >>> cell = MinLSTMCell(1, kernel_initializer="zeros", bias_initializer="ones")
        >>> output = keras.layers.RNN(cell, return_sequences=True)(np.ones((1, 4, 3), "float32"))
        >>> print(np.round(output[0, :, 0], 3))
        [0.5   0.75  0.875 0.938]

    Reference:
        L. Feng, F. Tung, M. O. Ahmed, Y. Bengio and H. Hajimirsadeghi, Were RNNs all we needed?,
        2024, arXiv:2410.01201
    """

    blocks, states, gates = "fig", "h", "fi"
    lacking, defaults = ("recurrent_activation",), {"activation": "linear"}

    def coefficients(self, x: Any) -> tuple[Any, Any]:
        f, i, g = self.split(x)
        odds = keras.activations.softplus(-i) - keras.activations.softplus(-f)  # log f − log i
        sigmoid = keras.activations.sigmoid
        return sigmoid(odds), sigmoid(-odds) * self.activation(g)


@keras.saving.register_keras_serializable(package="custom_cells")
class SRUCell(LinearCell):
    """A memory with a forget gate, and a gate that mixes it with the input on the way out.

        f(t) = σ(x(t) W_f + b_f)
        r(t) = σ(x(t) W_r + b_r)
        c(t) = f(t) ∘ c(t−1) + (1 − f(t)) ∘ x(t) W_g
        s(t) = x(t)              if the input has as many features as the cell has units
        s(t) = x(t) W_s          otherwise
        h(t) = r(t) ∘ tanh(c(t)) + (1 − r(t)) ∘ s(t)

    The weights are [W_f W_r W_g W_s], the last only where it is needed, as in the authors' code,
    and b has two blocks. This is the paper's first version. In later ones the gates also see
    c(t−1), which makes c nonlinear in itself, tanh is gone, and s(t) is scaled.

    Example:
        >>> import keras
        >>> from custom_cells import SRUCell
        >>> layer = keras.layers.RNN([SRUCell(4), SRUCell(4)])
        >>> output = layer(keras.ops.ones((2, 5, 3)))
        >>> print(*(cell.kernel.shape for cell in layer.cell.cells))
        (3, 16) (4, 12)

    Reference:
        T. Lei, Y. Zhang, S. I. Wang, H. Dai and Y. Artzi, Simple recurrent units for highly
        parallelizable recurrence, 2017, arXiv:1709.02755
    """

    blocks, states, gates, biased = "frgs", "hc", "fr", "fr"
    highway = False

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        self.highway = input_shape[-1] == self.units
        super().build(input_shape)

    @property
    def block_sizes(self) -> list[int]:
        return [self.units] * 3 + [0 if self.highway else self.units]

    def project(self, inputs: Any, training: bool = False) -> Any:
        x = super().project(inputs, training)
        if not self.highway:
            return x
        return ops.concatenate([x, ops.cast(inputs, self.compute_dtype)], axis=-1)

    def coefficients(self, x: Any) -> tuple[Any, Any]:
        f, _, g, _ = ops.split(x, 4, axis=-1)
        f = self.recurrent_activation(f)
        return f, (1 - f) * g

    def read(self, x: Any, c: Any) -> Any:
        _, r, _, s = ops.split(x, 4, axis=-1)
        r = self.recurrent_activation(r)
        return r * self.activation(c) + (1 - r) * s

    def step(self, x: Any, h: Any, c: Any, *, training: bool = False) -> tuple[Any, list[Any]]:
        a, b = self.coefficients(x)
        c = a * c + b
        h = self.read(x, c)
        return h, [h, c]


@keras.saving.register_keras_serializable(package="custom_cells")
class LRUCell(LinearCell):
    """A linear RNN of complex numbers, each of which turns and shrinks at its own pace.

        λ = exp(−exp(ν) + i exp(θ))
        h(t) = λ ∘ h(t−1) + exp(γ) ∘ x(t) (W_p + i W_q)
        y(t) = Re(h(t) (C_p + i C_q)) + x(t) W_d

    h = p + i q is complex, as wide as the output y. The weights are [W_p W_q W_d] without bias,
    `eigenvalues` of rows ν, θ and γ, `(3, units)`, and `output_kernel` of C_p above C_q,
    `(2 · units, units)`. λ starts in a ring of the unit disk, alike in all its area, and exp(γ) at
    √(1 − |λ|²). D is the matrix W_d and starts as W_p does; the authors' code has a vector.

    Args:
        r_min, r_max: the radii of the ring, 0 ≤ r_min < r_max ≤ 1.
        max_phase: λ turns by up to so much per step at first.
        kernel_initializer: by default normal with variance 1 / (2 · features).

    Example:
        >>> import numpy as np
        >>> from custom_cells import LRUCell
        >>> cell = LRUCell(1000, r_min=0.9, r_max=0.99)
        >>> cell.build((None, 3))
        >>> radius = np.exp(-np.exp(cell.eigenvalues[0]))
        >>> print(np.all((0.9 < radius) & (radius < 0.99)))
        True

    Reference:
        A. Orvieto et al., Resurrecting recurrent neural networks for long sequences, 2023,
        arXiv:2303.06349
    """

    blocks, states, biased, lacking = "pqd", "ypq", "", ("activation",)
    defaults = {"kernel_initializer": NORMAL}

    def __init__(
        self,
        units: int,
        *args: Any,
        r_min: float = 0.0,
        r_max: float = 1.0,
        max_phase: float = 2 * math.pi,
        **options: Any,
    ):
        super().__init__(units, *args, **options)
        self.r_max = self._positive("r_max", r_max)
        self.max_phase = self._positive("max_phase", max_phase)
        if not 0 <= r_min < r_max <= 1:
            raise ValueError(
                f"{self._who} expects 0 ≤ r_min < r_max ≤ 1, got {r_min!r} and {r_max!r}."
            )
        self.r_min = float(r_min)
        self.squares = keras.initializers.RandomUniform(r_min**2, r_max**2)
        self.phases = keras.initializers.RandomUniform(0, max_phase)

    def initial_eigenvalues(self, shape: tuple[int, ...], dtype: Any = None, **kwargs: Any) -> Any:
        """Return ν, θ and γ to start from."""
        squares = self.squares((1, self.units), dtype=dtype)
        nu = ops.log(-0.5 * ops.log(squares))
        theta = ops.log(self.phases((1, self.units), dtype=dtype))
        return ops.concatenate([nu, theta, 0.5 * ops.log(1 - squares)], axis=0)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        super().build(input_shape)
        self.eigenvalues = self.add_weight(
            name="eigenvalues", shape=(3, self.units), initializer=self.initial_eigenvalues
        )
        normal = keras.initializers.RandomNormal(stddev=self.units**-0.5)
        self.output_kernel = self.add_weight(
            name="output_kernel", shape=(2 * self.units, self.units), initializer=normal
        )

    def coefficients(self, x: Any) -> tuple[Any, Any]:
        p, q, _ = self.split(x)
        nu, theta, gamma = (ops.exp(self.eigenvalues[row]) for row in range(3))
        radius = ops.exp(-nu)
        return (radius * ops.cos(theta), radius * ops.sin(theta)), (gamma * p, gamma * q)

    def read(self, x: Any, p: Any, q: Any) -> Any:
        _, _, d = self.split(x)
        return ops.matmul(ops.concatenate([p, -q], axis=-1), self.output_kernel) + d

    def step(
        self, x: Any, y: Any, p: Any, q: Any, *, training: bool = False
    ) -> tuple[Any, list[Any]]:
        (a_p, a_q), (b_p, b_q) = self.coefficients(x)
        p, q = a_p * p - a_q * q + b_p, a_p * q + a_q * p + b_q
        y = self.read(x, p, q)
        return y, [y, p, q]


@keras.saving.register_keras_serializable(package="custom_cells")
class RGLRUCell(LinearCell):
    """A leak for each unit, which a gate opens and shuts, and an input scaled to match.

        r(t) = σ(x(t) W_r + b_r)
        i(t) = σ(x(t) W_i + b_i)
        a(t) = exp(−8 r(t) ∘ softplus(−Λ))
        h(t) = a(t) ∘ h(t−1) + √(1 − a(t)²) ∘ i(t) ∘ x(t) W_u

    a(t) is σ(Λ) to the power 8 r(t). The weights are [W_r W_i W_u], b has two blocks, and `leak` is
    Λ, of `(units,)`, such that σ(Λ)⁸ starts uniform between 0.9 and 0.999. W_u is the linear layer
    before the recurrence in the paper's block, whose gates see x(t) W_u. 1 − a² is kept above
    2.5 · 10⁻⁷, where the authors' code bounds the gradient of its root. That code also leaves the
    root out in the first step, and draws σ(Λ) itself from that range.

    Example:
        >>> import numpy as np
        >>> from custom_cells import RGLRUCell
        >>> cell = RGLRUCell(1000)
        >>> cell.build((None, 3))
        >>> kept = (1 + np.exp(-cell.leak)) ** -8.0
        >>> print(f"{kept.min():.2f} to {kept.max():.2f}")
        0.90 to 1.00

    Reference:
        S. De et al., Griffin: mixing gated linear recurrences with local attention for efficient
        language models, 2024, arXiv:2402.19427
    """

    blocks, gates, biased, lacking = "riu", "ri", "ri", ("activation",)
    defaults = {"kernel_initializer": "lecun_normal"}

    def __init__(self, units: int, *args: Any, **options: Any):
        super().__init__(units, *args, **options)
        self.kept = keras.initializers.RandomUniform(0.9, 0.999)

    def initial_leak(self, shape: tuple[int, ...], dtype: Any = None, **kwargs: Any) -> Any:
        """Return Λ to start from."""
        kept = self.kept(shape, dtype=dtype)
        return -ops.log(ops.exp(ops.log(kept) / -8) - 1)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        super().build(input_shape)
        self.leak = self.add_weight(name="leak", shape=(self.units,), initializer=self.initial_leak)

    def coefficients(self, x: Any) -> tuple[Any, Any]:
        r, i, u = self.split(x)
        r, i = self.recurrent_activation(r), self.recurrent_activation(i)
        a = ops.exp(-8 * r * keras.activations.softplus(-self.leak))
        return a, ops.sqrt(ops.maximum(1 - a * a, 2.5e-7)) * i * u


@keras.saving.register_keras_serializable(package="custom_cells")
class S6Cell(LinearCell):
    """The selective state space of Mamba: the input says how far time moves on, and what is read.

        Δ(t) = softplus(x(t) W_Δ + b)
        u(t) = x(t) W_u
        a(t) = exp(Δ(t)ᵀ ∘ A)
        H(t) = a(t) ∘ H(t−1) + (a(t) − 1) / A ∘ u(t)ᵀ (x(t) W_B)
        y(t) = x(t) W_C H(t)ᵀ

    H has a row of N numbers for each unit and is kept flat, of `(batch, units · N)`; y is the
    output. The weights are [W_Δ W_u W_B W_C], 1, units, N and N wide; b of `(units,)`; and
    `log_rates` log(−A), of `(units, N)`. b starts where Δ is uniform between 0.001 and 0.1 for an
    input of 0, and each row of A at −1, …, −N. W_u is the linear layer before the recurrence in the
    paper's block. The authors' code has Δ for (a − 1) / A, a W_Δ of higher rank and another start
    of b, and adds u(t) ∘ D to the output.

    Args:
        state_dim: N.

    Example:
        >>> import keras
        >>> from custom_cells import S6Cell
        >>> layer = keras.layers.RNN(S6Cell(4, state_dim=8), return_state=True)
        >>> print(*(tensor.shape for tensor in layer(keras.ops.ones((2, 5, 3)))))
        (2, 4) (2, 4) (2, 32)

    Reference:
        A. Gu and T. Dao, Mamba: linear-time sequence modeling with selective state spaces, 2023,
        arXiv:2312.00752
    """

    blocks, states, biased, lacking = "ΔuBC", "yH", "Δ", ("activation", "bias_initializer")

    def __init__(self, units: int, *args: Any, state_dim: int = 16, **options: Any):
        super().__init__(units, *args, **options)
        self.state_dim = self._integer("state_dim", state_dim)
        self.time_steps = keras.initializers.RandomUniform(0.001, 0.1)

    @property
    def block_sizes(self) -> list[int]:
        return [1, self.units, self.state_dim, self.state_dim]

    @property
    def bias_shape(self) -> tuple[int, ...]:
        return (self.units,)

    @property
    def state_size(self) -> list[int]:
        return [self.units, self.units * self.state_dim]

    def initial_bias(self, shape: tuple[int, ...], dtype: Any = None, **kwargs: Any) -> Any:
        """Return b to start from."""
        return ops.log(ops.exp(self.time_steps(shape, dtype=dtype)) - 1)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        super().build(input_shape)
        rates = np.tile(np.arange(1.0, self.state_dim + 1), (self.units, 1))
        start = keras.initializers.Constant(np.log(rates))
        self.log_rates = self.add_weight(name="log_rates", shape=rates.shape, initializer=start)

    def shift(self, xW: Any) -> Any:
        return xW  # b is wider than x W_Δ

    def coefficients(self, x: Any) -> tuple[Any, Any]:
        delta, u, B, _ = self.split(x)
        delta = keras.activations.softplus(delta + self.bias if self.use_bias else delta)
        A = -ops.exp(self.log_rates)
        # LiteRT may overwrite what was reshaped, so nothing is used before and after it.
        a = ops.exp(as_vector(delta[..., None] * A))
        return a, (a - 1) * as_vector(u[..., None] * B[..., None, :] / A)

    def read(self, x: Any, H: Any) -> Any:
        *_, C = self.split(x)
        rows = ops.zeros((self.units, 1), dtype=self.compute_dtype)
        read = H * as_vector(rows + C[..., None, :])
        return ops.sum(as_matrix(read, self.units, self.state_dim), axis=-1)

    def step(self, x: Any, y: Any, H: Any, *, training: bool = False) -> tuple[Any, list[Any]]:
        a, b = self.coefficients(x)
        H = a * H + b
        y = self.read(x, H)
        return y, [y, H]
