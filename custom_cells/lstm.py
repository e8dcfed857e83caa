"""Cells with a memory that gates write, keep and read."""

import math
from typing import Any

from custom_cells._keras import keras, ops
from custom_cells.recurrent import RecurrentCell

__all__ = [
    "CIFGCell",
    "JANETCell",
    "LSTM1997Cell",
    "LSTMCell",
    "MultiplicativeLSTMCell",
    "NASCell",
    "PeepholeLSTMCell",
    "RANCell",
]


class ChronoCell(RecurrentCell):
    """A cell whose forget gate can start such that units forget after 1 to T steps.

    Args:
        t_max: T, a number above 2, to draw b_f with `seed`; None for what `unit_forget_bias` says.
    """

    def __init__(self, units: int, *args: Any, t_max: float | None = None, **options: Any):
        super().__init__(units, *args, **options)
        if t_max is not None:
            due = "None or above 2"
            t_max = self._number("t_max", t_max, due, lambda t_max: 2 < t_max < math.inf)
            if not self.use_bias:
                raise ValueError(f"{self._who} expects use_bias where t_max is given, got False.")
        self.t_max = t_max

    def initial_bias(self, shape: tuple[int, ...], dtype: Any = None, **kwargs: Any) -> Any:
        """Return the bias to start from, with b_f, and b_i at −b_f, for `t_max` if it is given."""
        bias = super().initial_bias(shape, dtype)
        if self.t_max is None:
            return bias
        parts = dict(zip(self.blocks, ops.split(bias, len(self.blocks)), strict=True))
        draw = keras.initializers.RandomUniform(1, self.t_max - 1, seed=self.seed)
        parts["f"] = ops.log(draw((self.units,), dtype=dtype))
        if "i" in parts:
            parts["i"] = -parts["f"]
        return ops.concatenate(list(parts.values()), axis=0)


@keras.saving.register_keras_serializable(package="custom_cells")
class LSTMCell(ChronoCell):
    """A memory c that a gate i writes, a gate f keeps and a gate o reads.

        i(t) = σ(x(t) W_i + b_i + h(t−1) U_i)
        f(t) = σ(x(t) W_f + b_f + h(t−1) U_f)
        g(t) = tanh(x(t) W_g + b_g + h(t−1) U_g)
        o(t) = σ(x(t) W_o + b_o + h(t−1) U_o)
        c(t) = f(t) ∘ c(t−1) + i(t) ∘ g(t)
        h(t) = o(t) ∘ tanh(c(t))

    The weights [W_i W_f W_g W_o] of `keras.layers.LSTM` fit, which calls g c. The forget gate is
    that of Gers et al., who squash g and c as in 1997; the equations are those of Zaremba et al.
    The chrono initializer of Tallec and Ollivier starts b_f at the logarithm of numbers drawn
    between 1 and T − 1, and b_i at −b_f.

    Args:
        t_max: T, a number above 2, to draw b_f with `seed`; None for what `unit_forget_bias` says.

    Example:
        >>> import keras
        >>> from custom_cells import LSTMCell
        >>> layer = keras.layers.RNN(LSTMCell(4), return_state=True)
        >>> output, h, c = layer(keras.ops.ones((2, 5, 3)))
        >>> print(output.shape, h.shape, c.shape)
        (2, 4) (2, 4) (2, 4)

    Reference:
        S. Hochreiter and J. Schmidhuber, Long short-term memory, Neural Computation 9, 1997,
        doi:10.1162/neco.1997.9.8.1735; F. A. Gers, J. Schmidhuber and F. Cummins, Learning to
        forget, Neural Computation 12, 2000, doi:10.1162/089976600300015015; W. Zaremba,
        I. Sutskever and O. Vinyals, Recurrent neural network regularization, 2014,
        arXiv:1409.2329; C. Tallec and Y. Ollivier, Can recurrent neural networks warp time?, 2018,
        arXiv:1804.11188
    """

    blocks, states, gates = "ifgo", "hc", "ifo"
    start = {"f": 1.0}
    # Keras 2 takes its own LSTMCell for this one from an .h5 file, and that has no t_max.
    _unlisted = ("t_max",)

    def step(self, x: Any, h: Any, c: Any, *, training: bool = False) -> tuple[Any, list[Any]]:
        x = x + ops.matmul(self.drop(h, training), self.recurrent_kernel)
        i, f, g, o = ops.split(x, 4, axis=-1)
        i, f, o = map(self.recurrent_activation, (i, f, o))
        g = self.activation(g)
        c = f * c + i * g
        h = o * self.activation(c)
        return h, [h, c]

    def get_config(self) -> dict[str, Any]:
        unlisted = self._unlisted if self.t_max is None else ()
        return {name: v for name, v in super().get_config().items() if name not in unlisted}


@keras.saving.register_keras_serializable(package="custom_cells")
class PeepholeLSTMCell(RecurrentCell):
    """An LSTM whose gates also look at the memory.

        i(t) = σ(x(t) W_i + b_i + h(t−1) U_i + p_i ∘ c(t−1))
        f(t) = σ(x(t) W_f + b_f + h(t−1) U_f + p_f ∘ c(t−1))
        g(t) = tanh(x(t) W_g + b_g + h(t−1) U_g)
        c(t) = f(t) ∘ c(t−1) + i(t) ∘ g(t)
        o(t) = σ(x(t) W_o + b_o + h(t−1) U_o + p_o ∘ c(t))
        h(t) = o(t) ∘ tanh(c(t))

    The weights are [W_i W_f W_g W_o], as in `LSTMCell`, and `peephole_kernel` [p_i p_f p_o] of
    shape `(3, units)`. The equations are those of Greff et al., who start every weight at random;
    Gers et al. do not squash c(t) in h(t).

    Args:
        peephole_initializer: of `peephole_kernel`; by default 0, so that training starts from the
            LSTM.

    Example:
        >>> from custom_cells import PeepholeLSTMCell
        >>> cell = PeepholeLSTMCell(4, peephole_initializer="random_normal")
        >>> cell.build((None, 3))
        >>> print(cell.peephole_kernel.shape, cell.count_params())
        (3, 4) 140

    Reference:
        F. A. Gers, N. N. Schraudolph and J. Schmidhuber, Learning precise timing with LSTM
        recurrent networks, Journal of Machine Learning Research 3, 2002,
        https://jmlr.org/papers/v3/gers02a.html; K. Greff et al., LSTM: a search space odyssey,
        2015, arXiv:1503.04069
    """

    blocks, states, gates = "ifgo", "hc", "ifo"
    start = {"f": 1.0}

    def __init__(self, units: int, *args: Any, peephole_initializer: Any = "zeros", **options: Any):
        super().__init__(units, *args, **options)
        self.peephole_initializer = keras.initializers.get(peephole_initializer)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        super().build(input_shape)
        self.peephole_kernel = self.add_weight(
            name="peephole_kernel", shape=(3, self.units), initializer=self.peephole_initializer
        )

    def step(self, x: Any, h: Any, c: Any, *, training: bool = False) -> tuple[Any, list[Any]]:
        x = x + ops.matmul(self.drop(h, training), self.recurrent_kernel)
        i, f, g, o = ops.split(x, 4, axis=-1)
        p_i, p_f, p_o = self.peephole_kernel[0], self.peephole_kernel[1], self.peephole_kernel[2]
        i = self.recurrent_activation(i + p_i * c)
        f = self.recurrent_activation(f + p_f * c)
        g = self.activation(g)
        c = f * c + i * g
        o = self.recurrent_activation(o + p_o * c)
        h = o * self.activation(c)
        return h, [h, c]

    def get_config(self) -> dict[str, Any]:
        start = keras.initializers.serialize(self.peephole_initializer)
        return super().get_config() | {"peephole_initializer": start}


@keras.saving.register_keras_serializable(package="custom_cells")
class CIFGCell(RecurrentCell):
    """An LSTM with input and forget gate coupled: what is written displaces what was kept.

        i(t) = σ(x(t) W_i + b_i + h(t−1) U_i)
        g(t) = tanh(x(t) W_g + b_g + h(t−1) U_g)
        o(t) = σ(x(t) W_o + b_o + h(t−1) U_o)
        c(t) = (1 − i(t)) ∘ c(t−1) + i(t) ∘ g(t)
        h(t) = o(t) ∘ tanh(c(t))

    The weights are [W_i W_g W_o]. Greff et al. have peepholes besides.

    Example:
        >>> import keras
        >>> import numpy as np
        >>> from custom_cells import CIFGCell
        >>> layer = keras.layers.RNN(CIFGCell(4), stateful=True)
        >>> first, second = (layer(np.ones((2, 5, 3), "float32")) for _ in range(2))
        >>> print(np.allclose(first, second))
        False

    Reference:
        K. Greff et al., LSTM: a search space odyssey, 2015, arXiv:1503.04069
    """

    blocks, states, gates = "igo", "hc", "io"

    def step(self, x: Any, h: Any, c: Any, *, training: bool = False) -> tuple[Any, list[Any]]:
        x = x + ops.matmul(self.drop(h, training), self.recurrent_kernel)
        i, g, o = ops.split(x, 3, axis=-1)
        i, o = self.recurrent_activation(i), self.recurrent_activation(o)
        g = self.activation(g)
        c = (1 - i) * c + i * g
        h = o * self.activation(c)
        return h, [h, c]


@keras.saving.register_keras_serializable(package="custom_cells")
class LSTM1997Cell(RecurrentCell):
    """The first LSTM: a memory that gates write and read, and that nothing forgets.

        i(t) = σ(x(t) W_i + b_i + h(t−1) U_i)
        g(t) = 2 tanh((x(t) W_g + b_g + h(t−1) U_g) / 2)
        o(t) = σ(x(t) W_o + b_o + h(t−1) U_o)
        c(t) = c(t−1) + i(t) ∘ g(t)
        h(t) = o(t) ∘ tanh(c(t) / 2)

    The weights are [W_i W_g W_o]. The paper writes its squashing functions 4 σ(a) − 2 and
    2 σ(c) − 1, which are these. It truncates the gradient where it leaves a memory cell, which
    training in Keras does not.

    Example:
        >>> import keras
        >>> from custom_cells import LSTM1997Cell
        >>> layer = keras.layers.RNN(LSTM1997Cell(4), go_backwards=True, return_sequences=True)
        >>> print(layer(keras.ops.ones((2, 5, 3))).shape)
        (2, 5, 4)

    Reference:
        S. Hochreiter and J. Schmidhuber, Long short-term memory, Neural Computation 9, 1997,
        doi:10.1162/neco.1997.9.8.1735
    """

    blocks, states, gates = "igo", "hc", "io"

    def step(self, x: Any, h: Any, c: Any, *, training: bool = False) -> tuple[Any, list[Any]]:
        x = x + ops.matmul(self.drop(h, training), self.recurrent_kernel)
        i, g, o = ops.split(x, 3, axis=-1)
        i, o = self.recurrent_activation(i), self.recurrent_activation(o)
        g = 2 * self.activation(g / 2)
        c = c + i * g
        h = o * self.activation(c / 2)
        return h, [h, c]


@keras.saving.register_keras_serializable(package="custom_cells")
class JANETCell(ChronoCell):
    """An LSTM with the forget gate alone: what it frees is written, and the memory is the output.

        s(t) = x(t) W_f + b_f + h(t−1) U_f
        f(t) = σ(s(t))
        g(t) = tanh(x(t) W_g + b_g + h(t−1) U_g)
        h(t) = f(t) ∘ h(t−1) + (1 − σ(s(t) − β)) ∘ g(t)

    The weights are [W_f W_g]. The paper starts b_f at the logarithm of numbers drawn between 1 and
    T − 1 for dependencies over up to T steps (the chrono initializer of Tallec and Ollivier, 2018,
    arXiv:1804.11188); give T as `t_max` to do so.

    Args:
        beta: β, a number; above 0, more is written than is freed.
        t_max: T, a number above 2, to draw b_f with `seed`; None for what `unit_forget_bias` says.

    Example:
        >>> import keras
        >>> from custom_cells import JANETCell
        >>> layer = keras.layers.RNN(JANETCell(4, t_max=100))
        >>> print(layer(keras.ops.ones((2, 100, 3))).shape)
        (2, 4)

    Reference:
        J. van der Westhuizen and J. Lasenby, The unreasonable effectiveness of the forget gate,
        2018, arXiv:1804.04849
    """

    blocks, states, gates = "fg", "h", "f"
    start = {"f": 1.0}

    def __init__(self, units: int, *args: Any, beta: float = 1.0, **options: Any):
        super().__init__(units, *args, **options)
        self.beta = self._number("beta", beta, "a finite number", math.isfinite)

    def step(self, x: Any, h: Any, *, training: bool = False) -> tuple[Any, list[Any]]:
        x = x + ops.matmul(self.drop(h, training), self.recurrent_kernel)
        s, g = ops.split(x, 2, axis=-1)
        f = self.recurrent_activation(s)
        g = self.activation(g)
        h = f * h + (1 - self.recurrent_activation(s - self.beta)) * g
        return h, [h]


@keras.saving.register_keras_serializable(package="custom_cells")
class RANCell(RecurrentCell):
    """An LSTM whose memory only adds up inputs, weighed by gates.

        i(t) = σ(x(t) W_i + b_i + h(t−1) U_i)
        f(t) = σ(x(t) W_f + b_f + h(t−1) U_f)
        c(t) = f(t) ∘ c(t−1) + i(t) ∘ (x(t) W_g)
        h(t) = tanh(c(t))

    The weights are [W_i W_f W_g], [U_i U_f] and [b_i b_f]. The paper also leaves tanh out, which
    `activation="linear"` does.

    Example:
        >>> import keras
        >>> import numpy as np
        >>> from custom_cells import RANCell
        >>> layer = keras.layers.RNN(RANCell(4, activation="linear"), return_state=True)
        >>> output, h, c = layer(np.ones((2, 5, 3), "float32"))
        >>> print(np.array_equal(h, c))
        True

    Reference:
        K. Lee, O. Levy and L. Zettlemoyer, Recurrent additive networks, 2017, arXiv:1705.07393
    """

    blocks, states, gates, biased = "ifg", "hc", "if", "if"

    @property
    def recurrent_shape(self) -> tuple[int, ...]:
        return (self.units, 2 * self.units)

    def step(self, x: Any, h: Any, c: Any, *, training: bool = False) -> tuple[Any, list[Any]]:
        x_i, x_f, g = ops.split(x, 3, axis=-1)
        hU = ops.matmul(self.drop(h, training), self.recurrent_kernel)
        hU_i, hU_f = ops.split(hU, 2, axis=-1)
        i = self.recurrent_activation(x_i + hU_i)
        f = self.recurrent_activation(x_f + hU_f)
        c = f * c + i * g
        h = self.activation(c)
        return h, [h, c]


@keras.saving.register_keras_serializable(package="custom_cells")
class MultiplicativeLSTMCell(RecurrentCell):
    """An LSTM that reads its state through the input: each input has its own recurrent matrix.

        m(t) = (x(t) W_m) ∘ (h(t−1) U_m)
        i(t) = σ(x(t) W_i + b_i + m(t) U_i)
        f(t) = σ(x(t) W_f + b_f + m(t) U_f)
        g(t) = tanh(x(t) W_g + b_g + m(t) U_g)
        o(t) = σ(x(t) W_o + b_o + m(t) U_o)
        c(t) = f(t) ∘ c(t−1) + i(t) ∘ g(t)
        h(t) = o(t) ∘ tanh(c(t))

    The weights are [W_i W_f W_g W_o W_m], [U_i U_f U_g U_o U_m] and [b_i b_f b_g b_o]; the paper
    leaves biases out. Some code after it has h = tanh(o ∘ c), and no tanh in g. Beck et al. (2024)
    call another cell mLSTM.

    Example:
        >>> from custom_cells import LSTMCell, MultiplicativeLSTMCell
        >>> cells = [LSTMCell(4), MultiplicativeLSTMCell(4)]
        >>> for cell in cells:
        ...     cell.build((None, 3))
        >>> print(*(cell.count_params() for cell in cells))
        128 156

    Reference:
        B. Krause, L. Lu, I. Murray and S. Renals, Multiplicative LSTM for sequence modelling, 2016,
        arXiv:1609.07959
    """

    blocks, states, gates, biased = "ifgom", "hc", "ifo", "ifgo"
    start = {"f": 1.0}

    def step(self, x: Any, h: Any, c: Any, *, training: bool = False) -> tuple[Any, list[Any]]:
        before = 4 * self.units
        U_ifgo, U_m = self.recurrent_kernel[:, :before], self.recurrent_kernel[:, before:]
        m = x[:, before:] * ops.matmul(self.drop(h, training), U_m)
        i, f, g, o = ops.split(x[:, :before] + ops.matmul(m, U_ifgo), 4, axis=-1)
        i, f, o = map(self.recurrent_activation, (i, f, o))
        g = self.activation(g)
        c = f * c + i * g
        h = o * self.activation(c)
        return h, [h, c]


@keras.saving.register_keras_serializable(package="custom_cells")
class NASCell(RecurrentCell):
    """What a search by reinforcement learning found: a tree on eight functions of input and state.

        p(t) = σ(x(t) W_p + b_p + h(t−1) U_p)
        q(t) = relu(x(t) W_q + b_q + h(t−1) U_q)
        r(t) = σ(x(t) W_r + b_r + h(t−1) U_r)
        s(t) = relu((x(t) W_s + b_s) ∘ (h(t−1) U_s))
        u(t) = tanh(x(t) W_u + b_u + h(t−1) U_u)
        v(t) = σ(x(t) W_v + b_v + h(t−1) U_v)
        w(t) = tanh(x(t) W_w + b_w + h(t−1) U_w)
        z(t) = σ(x(t) W_z + b_z + h(t−1) U_z)
        c(t) = tanh(c(t−1) + tanh(p(t) ∘ q(t))) ∘ tanh(r(t) + s(t))
        h(t) = tanh(c(t) ∘ tanh(tanh(u(t) ∘ v(t)) + σ(w(t) + z(t))))

    The weights are [W_p W_q W_r W_s W_u W_v W_w W_z], the leaves of the paper's figure from left to
    right. The paper has no biases; TensorFlow's cell of that name adds b_s to h U_s.

    Example:
        >>> import keras
        >>> from custom_cells import NASCell
        >>> inputs = keras.Input((None, 3))
        >>> hidden = keras.layers.RNN(NASCell(4, use_bias=False))(inputs)
        >>> print(keras.Model(inputs, hidden).count_params())
        224

    Reference:
        B. Zoph and Q. V. Le, Neural architecture search with reinforcement learning, 2016,
        arXiv:1611.01578
    """

    blocks, states, gates = "pqrsuvwz", "hc", "prvz"

    def step(self, x: Any, h: Any, c: Any, *, training: bool = False) -> tuple[Any, list[Any]]:
        sigmoid, tanh, relu = self.recurrent_activation, self.activation, keras.activations.relu
        hU = ops.matmul(self.drop(h, training), self.recurrent_kernel)
        p, q, r, _, u, v, w, z = ops.split(x + hU, 8, axis=-1)
        s = ops.split(x * hU, 8, axis=-1)[3]
        p, q, r, s = sigmoid(p), relu(q), sigmoid(r), relu(s)
        u, v, w, z = tanh(u), sigmoid(v), tanh(w), sigmoid(z)
        c = tanh(c + tanh(p * q)) * tanh(r + s)
        h = tanh(c * tanh(tanh(u * v) + sigmoid(w + z)))
        return h, [h, c]
