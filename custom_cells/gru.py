"""Cells whose one state is mixed from the old state and a candidate."""

from typing import Any

from custom_cells._keras import keras, ops
from custom_cells.recurrent import RecurrentCell

__all__ = [
    "ATRCell",
    "BRCell",
    "FastGRNNCell",
    "GRUCell",
    "LiGRUCell",
    "MGUCell",
    "MinimalRNNCell",
    "NBRCell",
    "STARCell",
    "UGRNNCell",
]


@keras.saving.register_keras_serializable(package="custom_cells")
class GRUCell(RecurrentCell):
    """A gate z keeps the state, a gate r resets what the candidate sees of it.

        z(t) = σ(x(t) W_z + b_z + h(t−1) U_z + d_z)
        r(t) = σ(x(t) W_r + b_r + h(t−1) U_r + d_r)
        g(t) = tanh(x(t) W_g + b_g + r(t) ∘ (h(t−1) U_g + d_g))      reset_after=True
        g(t) = tanh(x(t) W_g + b_g + (r(t) ∘ h(t−1)) U_g)            reset_after=False
        h(t) = z(t) ∘ h(t−1) + (1 − z(t)) ∘ g(t)

    The weights [W_z W_r W_g] of `keras.layers.GRU` fit, which calls g h. `bias` is of
    `(2, 3 · units)`, rows b and d; if `reset_after` is false, no line has d, and `bias` is of
    `(3 · units,)`. The third version of Cho et al. resets before the product, the first one after
    it, as cuDNN does; they have no biases. Chung et al. (2014, arXiv:1412.3555) exchange z and
    1 − z.

    Args:
        reset_after: whether r multiplies the product with U_g or, before it, the state.

    Example:
        >>> import keras
        >>> from custom_cells import GRUCell
        >>> layer = keras.layers.Bidirectional(keras.layers.RNN(GRUCell(4)))
        >>> print(layer(keras.ops.ones((2, 5, 3))).shape)
        (2, 8)

    Reference:
        K. Cho et al., Learning phrase representations using RNN encoder–decoder for statistical
        machine translation, 2014, arXiv:1406.1078
    """

    blocks, states, gates = "zrg", "h", "zr"

    def __init__(self, units: int, *args: Any, reset_after: bool = True, **options: Any):
        super().__init__(units, *args, **options)
        self.reset_after = reset_after

    @property
    def bias_shape(self) -> tuple[int, ...]:
        return (2, 3 * self.units) if self.reset_after else (3 * self.units,)

    def step(self, x: Any, h: Any, *, training: bool = False) -> tuple[Any, list[Any]]:
        x_z, x_r, x_g = ops.split(x, 3, axis=-1)
        dropped = self.drop(h, training)
        if self.reset_after:
            hU = ops.matmul(dropped, self.recurrent_kernel)
            hU = hU + self.bias[1] if self.use_bias else hU
            hU_z, hU_r, hU_g = ops.split(hU, 3, axis=-1)
        else:
            U_zr = self.recurrent_kernel[:, : 2 * self.units]
            U_g = self.recurrent_kernel[:, 2 * self.units :]
            hU_z, hU_r = ops.split(ops.matmul(dropped, U_zr), 2, axis=-1)
        z = self.recurrent_activation(x_z + hU_z)
        r = self.recurrent_activation(x_r + hU_r)
        g = self.activation(x_g + (r * hU_g if self.reset_after else ops.matmul(r * dropped, U_g)))
        h = z * h + (1 - z) * g
        return h, [h]


@keras.saving.register_keras_serializable(package="custom_cells")
class MGUCell(RecurrentCell):
    """A GRU with one gate, which resets what the candidate sees and mixes the candidate in.

        f(t) = σ(x(t) W_f + b_f + h(t−1) U_f)
        g(t) = tanh(x(t) W_g + b_g + (f(t) ∘ h(t−1)) U_g)
        h(t) = (1 − f(t)) ∘ h(t−1) + f(t) ∘ g(t)

    The weights are [W_f W_g]. A large f overwrites the state, though the paper calls it a forget
    gate.

    Example:
        >>> import keras
        >>> from custom_cells import MGUCell
        >>> layer = keras.layers.RNN(MGUCell(4))
        >>> print(layer(keras.ops.ones((2, 5, 3))).shape, layer.count_params())
        (2, 4) 64

    Reference:
        G.-B. Zhou, J. Wu, C.-L. Zhang and Z.-H. Zhou, Minimal gated unit for recurrent neural
        networks, 2016, arXiv:1603.09420
    """

    blocks, states, gates = "fg", "h", "f"

    def step(self, x: Any, h: Any, *, training: bool = False) -> tuple[Any, list[Any]]:
        x_f, x_g = ops.split(x, 2, axis=-1)
        U_f, U_g = ops.split(self.recurrent_kernel, 2, axis=-1)
        dropped = self.drop(h, training)
        f = self.recurrent_activation(x_f + ops.matmul(dropped, U_f))
        g = self.activation(x_g + ops.matmul(f * dropped, U_g))
        h = (1 - f) * h + f * g
        return h, [h]


@keras.saving.register_keras_serializable(package="custom_cells")
class LiGRUCell(RecurrentCell):
    """A GRU without reset gate, whose candidate is rectified instead of squashed.

        z(t) = σ(x(t) W_z + b_z + h(t−1) U_z)
        g(t) = relu(x(t) W_g + b_g + h(t−1) U_g)
        h(t) = z(t) ∘ h(t−1) + (1 − z(t)) ∘ g(t)

    The weights are [W_z W_g]. The paper also normalises x(t) W over the batch and all steps, which
    a cell that sees one step cannot do. Once trained, that is a factor and a shift for each column,
    so the paper's weights fit into W and b.

    Example:
        >>> import keras
        >>> from custom_cells import LiGRUCell
        >>> inputs = keras.Input((None, 3))
        >>> x = keras.layers.RNN(LiGRUCell(4, dropout=0.2), return_sequences=True)(inputs)
        >>> model = keras.Model(inputs, keras.layers.RNN(LiGRUCell(4))(x))
        >>> print(model(keras.ops.ones((2, 5, 3))).shape)
        (2, 4)

    Reference:
        M. Ravanelli, P. Brakel, M. Omologo and Y. Bengio, Light gated recurrent units for speech
        recognition, 2018, arXiv:1803.10225
    """

    blocks, states, gates, defaults = "zg", "h", "z", {"activation": "relu"}

    def step(self, x: Any, h: Any, *, training: bool = False) -> tuple[Any, list[Any]]:
        x = x + ops.matmul(self.drop(h, training), self.recurrent_kernel)
        z, g = ops.split(x, 2, axis=-1)
        z, g = self.recurrent_activation(z), self.activation(g)
        h = z * h + (1 - z) * g
        return h, [h]


@keras.saving.register_keras_serializable(package="custom_cells")
class MinimalRNNCell(RecurrentCell):
    """A state that moves among encodings of the inputs alone, as far as a gate lets it.

        g(t) = tanh(x(t) W + b_g)
        u(t) = σ(g(t) U_g + b_u + h(t−1) U_u)
        h(t) = u(t) ∘ h(t−1) + (1 − u(t)) ∘ g(t)

    `kernel` is W of `(features, units)`; the other weights are [U_u U_g] and [b_u b_g]. The paper
    calls g z. `project` computes all that does not see the state.

    Example:
        >>> import numpy as np
        >>> from custom_cells import MinimalRNNCell
        >>> cell = MinimalRNNCell(4)
        >>> cell.build((None, 3))
        >>> print(cell.kernel.shape, cell.project(np.ones((2, 5, 3), "float32")).shape)
        (3, 4) (2, 5, 8)

    Reference:
        M. Chen, MinimalRNN: toward more interpretable and trainable recurrent neural networks,
        2017, arXiv:1711.06788
    """

    blocks, states, gates = "ug", "h", "u"

    @property
    def kernel_width(self) -> int:
        return self.units

    def shift(self, xW: Any) -> Any:
        b_u, b_g = ops.split(self.bias, 2) if self.use_bias else (0, 0)
        g = self.activation(xW + b_g)
        gU = ops.matmul(g, self.recurrent_kernel[:, self.units :])
        return ops.concatenate([gU + b_u, g], axis=-1)

    def step(self, x: Any, h: Any, *, training: bool = False) -> tuple[Any, list[Any]]:
        x_u, g = ops.split(x, 2, axis=-1)
        hU = ops.matmul(self.drop(h, training), self.recurrent_kernel[:, : self.units])
        u = self.recurrent_activation(x_u + hU)
        h = u * h + (1 - u) * g
        return h, [h]


@keras.saving.register_keras_serializable(package="custom_cells")
class UGRNNCell(RecurrentCell):
    """An update gate between keeping the state and computing it as a SimpleRNN does.

        f(t) = σ(x(t) W_f + b_f + h(t−1) U_f)
        g(t) = tanh(x(t) W_g + b_g + h(t−1) U_g)
        h(t) = f(t) ∘ h(t−1) + (1 − f(t)) ∘ g(t)

    The weights are [W_f W_g]. The paper calls f g, and g c. It tunes a constant that it adds to
    b_f; here b_f starts at 1, as in TensorFlow's cell of that name.

    Example:
        >>> import keras
        >>> from custom_cells import UGRNNCell
        >>> layer = keras.layers.RNN(UGRNNCell(4, unit_forget_bias=False), go_backwards=True)
        >>> print(layer(keras.ops.ones((2, 5, 3))).shape)
        (2, 4)

    Reference:
        J. Collins, J. Sohl-Dickstein and D. Sussillo, Capacity and trainability in recurrent neural
        networks, 2016, arXiv:1611.09913
    """

    blocks, states, gates = "fg", "h", "f"
    start = {"f": 1.0}

    def step(self, x: Any, h: Any, *, training: bool = False) -> tuple[Any, list[Any]]:
        x = x + ops.matmul(self.drop(h, training), self.recurrent_kernel)
        f, g = ops.split(x, 2, axis=-1)
        f, g = self.recurrent_activation(f), self.activation(g)
        h = f * h + (1 - f) * g
        return h, [h]


@keras.saving.register_keras_serializable(package="custom_cells")
class ATRCell(RecurrentCell):
    """Two gates out of one product each: from the sum and the difference of input and state.

        p(t) = x(t) W + b
        q(t) = h(t−1) U
        i(t) = σ(p(t) + q(t))
        f(t) = σ(p(t) − q(t))
        h(t) = i(t) ∘ p(t) + f(t) ∘ h(t−1)

    W and U have the shapes of a SimpleRNN's. The paper has no bias.

    Args:
        activation: of p where i multiplies it; none by default.

    Example:
        >>> from custom_cells import ATRCell, GRUCell
        >>> cells = [ATRCell(4, use_bias=False), GRUCell(4, use_bias=False)]
        >>> for cell in cells:
        ...     cell.build((None, 4))
        >>> print(*(cell.count_params() for cell in cells))
        32 96

    Reference:
        B. Zhang, D. Xiong, J. Su, Q. Lin and H. Zhang, Simplifying neural machine translation with
        addition-subtraction twin-gated recurrent networks, 2018, arXiv:1810.12546
    """

    blocks, states, gates, defaults = "p", "h", "if", {"activation": "linear"}

    def step(self, x: Any, h: Any, *, training: bool = False) -> tuple[Any, list[Any]]:
        p, q = x, ops.matmul(self.drop(h, training), self.recurrent_kernel)
        i, f = self.recurrent_activation(p + q), self.recurrent_activation(p - q)
        h = i * self.activation(p) + f * h
        return h, [h]


@keras.saving.register_keras_serializable(package="custom_cells")
class STARCell(RecurrentCell):
    """A gate mixes state and input, and the mixture is squashed, so that layers can be stacked.

        k(t) = σ(x(t) W_k + b_k + h(t−1) U)
        g(t) = tanh(x(t) W_g + b_g)
        h(t) = tanh((1 − k(t)) ∘ h(t−1) + k(t) ∘ g(t))

    The weights are [W_k W_g], and `recurrent_kernel` is U of `(units, units)`. The paper calls g z.
    The authors' code has the two gates of `JANETCell` in the place of 1 − k and k.

    Example:
        >>> import keras
        >>> from custom_cells import STARCell
        >>> layer = keras.layers.RNN([STARCell(4), STARCell(6), STARCell(8)])
        >>> print(layer(keras.ops.ones((2, 5, 3))).shape)
        (2, 8)

    Reference:
        M. O. Turkoglu, S. D'Aronco, J. D. Wegner and K. Schindler, Gating revisited: deep
        multi-layer RNNs that can be trained, 2019, arXiv:1911.11033
    """

    blocks, states, gates = "kg", "h", "k"

    @property
    def recurrent_shape(self) -> tuple[int, ...]:
        return (self.units, self.units)

    def step(self, x: Any, h: Any, *, training: bool = False) -> tuple[Any, list[Any]]:
        k, g = ops.split(x, 2, axis=-1)
        k = k + ops.matmul(self.drop(h, training), self.recurrent_kernel)
        k, g = self.recurrent_activation(k), self.activation(g)
        h = self.activation((1 - k) * h + k * g)
        return h, [h]


@keras.saving.register_keras_serializable(package="custom_cells")
class NBRCell(RecurrentCell):
    """Units with a feedback that the others set; above 1 they latch, which keeps a bit for good.

        c(t) = σ(x(t) W_c + b_c + h(t−1) U_c)
        a(t) = 1 + tanh(x(t) W_a + b_a + h(t−1) U_a)
        h(t) = c(t) ∘ h(t−1) + (1 − c(t)) ∘ tanh(x(t) W_g + a(t) ∘ h(t−1))

    The weights are [W_c W_a W_g], [U_c U_a] and [b_c b_a]. The paper has no biases, its authors'
    code has these. It calls the cell nBRC, a neuromodulated bistable one.

    Example:
        >>> from custom_cells import NBRCell
        >>> cell = NBRCell(4)
        >>> cell.build((None, 3))
        >>> print(*(weight.shape for weight in cell.weights))
        (3, 12) (4, 8) (8,)

    Reference:
        N. Vecoven, D. Ernst and G. Drion, A bio-inspired bistable recurrent cell allows for
        long-lasting memory, 2020, arXiv:2006.05252
    """

    blocks, states, gates, biased = "cag", "h", "c", "ca"

    @property
    def recurrent_shape(self) -> tuple[int, ...]:
        return (self.units, 2 * self.units)

    def see(self, h: Any) -> list[Any]:
        """Return what c and a see of the state."""
        return ops.split(ops.matmul(h, self.recurrent_kernel), 2, axis=-1)

    def step(self, x: Any, h: Any, *, training: bool = False) -> tuple[Any, list[Any]]:
        x_c, x_a, x_g = ops.split(x, 3, axis=-1)
        h_c, h_a = self.see(self.drop(h, training))
        c = self.recurrent_activation(x_c + h_c)
        a = 1 + self.activation(x_a + h_a)
        h = c * h + (1 - c) * self.activation(x_g + a * h)
        return h, [h]


@keras.saving.register_keras_serializable(package="custom_cells")
class BRCell(NBRCell):
    """Units with a feedback that each sets for itself, as a neuron does that latches.

        c(t) = σ(x(t) W_c + b_c + u_c ∘ h(t−1))
        a(t) = 1 + tanh(x(t) W_a + b_a + u_a ∘ h(t−1))
        h(t) = c(t) ∘ h(t−1) + (1 − c(t)) ∘ tanh(x(t) W_g + a(t) ∘ h(t−1))

    The weights are [W_c W_a W_g], `recurrent_kernel` [u_c u_a] of `(2 · units,)` and [b_c b_a]. The
    paper has no biases, its authors' code has these, and u starts at 1 there. It calls the cell
    BRC.

    Args:
        recurrent_initializer: of u_c and u_a; by default 1.

    Example:
        >>> import keras
        >>> from custom_cells import BRCell
        >>> layer = keras.layers.Bidirectional(keras.layers.RNN(BRCell(4)), merge_mode="sum")
        >>> print(layer(keras.ops.ones((2, 5, 3))).shape, layer.count_params())
        (2, 4) 104

    Reference:
        N. Vecoven, D. Ernst and G. Drion, A bio-inspired bistable recurrent cell allows for
        long-lasting memory, 2020, arXiv:2006.05252
    """

    defaults = {"recurrent_initializer": "ones"}

    @property
    def recurrent_shape(self) -> tuple[int, ...]:
        return (2 * self.units,)

    def see(self, h: Any) -> list[Any]:
        return [u * h for u in ops.split(self.recurrent_kernel, 2)]


@keras.saving.register_keras_serializable(package="custom_cells")
class FastGRNNCell(RecurrentCell):
    """A GRU whose gate and candidate share their matrices, for devices with little memory.

        z(t) = σ(x(t) W + b_z + h(t−1) U)
        g(t) = tanh(x(t) W + b_g + h(t−1) U)
        h(t) = (a (1 − z(t)) + c) ∘ g(t) + z(t) ∘ h(t−1)
        a = σ(ζ), c = σ(ν)

    W and U have the shapes of a SimpleRNN's; `bias` is [b_z b_g]. Behind it come ζ and ν, `zeta`
    and `nu`, of `(1,)`. They start at 1 and −4, and the biases at 1, as in the authors' code. The
    paper calls a and c ζ and ν, and it also makes W and U low in rank, sparse and quantised.

    Example:
        >>> from custom_cells import FastGRNNCell
        >>> cell = FastGRNNCell(4)
        >>> cell.build((None, 3))
        >>> print(*(weight.shape for weight in cell.weights))
        (3, 4) (4, 4) (8,) (1,) (1,)

    Reference:
        A. Kusupati et al., FastGRNN: a fast, accurate, stable and tiny kilobyte sized gated
        recurrent neural network, 2018, arXiv:1901.02358
    """

    blocks, states, gates = "zg", "h", "z"
    scalars, defaults = {"zeta": 1.0, "nu": -4.0}, {"bias_initializer": "ones"}

    @property
    def kernel_width(self) -> int:
        return self.units

    @property
    def recurrent_shape(self) -> tuple[int, ...]:
        return (self.units, self.units)

    def shift(self, xW: Any) -> Any:
        return super().shift(ops.concatenate([xW, xW], axis=-1))

    def step(self, x: Any, h: Any, *, training: bool = False) -> tuple[Any, list[Any]]:
        x_z, x_g = ops.split(x, 2, axis=-1)
        hU = ops.matmul(self.drop(h, training), self.recurrent_kernel)
        z, g = self.recurrent_activation(x_z + hU), self.activation(x_g + hU)
        a, c = keras.activations.sigmoid(self.zeta), keras.activations.sigmoid(self.nu)
        h = (a * (1 - z) + c) * g + z * h
        return h, [h]
