"""Cells whose one state is mixed from the old state and a candidate."""

from typing import Any

from custom_cells._keras import keras, ops
from custom_cells.recurrent import RecurrentCell

__all__ = ["GRUCell", "LiGRUCell", "MGUCell"]


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
        >>> import numpy as np
        >>> from custom_cells import GRUCell
        >>> layer = keras.layers.Bidirectional(keras.layers.RNN(GRUCell(4)))
        >>> print(layer(np.ones((2, 5, 3), "float32")).shape)
        (2, 8)

    Reference:
        K. Cho et al., Learning phrase representations using RNN encoder–decoder for statistical
        machine translation, 2014, arXiv:1406.1078
    """

    blocks, states, gates = "zrg", "h", "zr"

    def __init__(
        self,
        units: int,
        *args: Any,
        reset_after: bool = True,
        **options: Any,
    ):
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

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"reset_after": self.reset_after}


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
        >>> import numpy as np
        >>> from custom_cells import MGUCell
        >>> layer = keras.layers.RNN(MGUCell(4))
        >>> print(layer(np.ones((2, 5, 3), "float32")).shape, layer.count_params())
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
        >>> import numpy as np
        >>> from custom_cells import LiGRUCell
        >>> inputs = keras.Input((None, 3))
        >>> x = keras.layers.RNN(LiGRUCell(4, dropout=0.2), return_sequences=True)(inputs)
        >>> model = keras.Model(inputs, keras.layers.RNN(LiGRUCell(4))(x))
        >>> print(model(np.ones((2, 5, 3), "float32")).shape)
        (2, 4)

    Reference:
        M. Ravanelli, P. Brakel, M. Omologo and Y. Bengio, Light gated recurrent units for speech
        recognition, 2018, arXiv:1803.10225
    """

    blocks, states, gates = "zg", "h", "z"

    def __init__(self, units: int, activation: Any = "relu", *args: Any, **options: Any):
        super().__init__(units, activation, *args, **options)

    def step(self, x: Any, h: Any, *, training: bool = False) -> tuple[Any, list[Any]]:
        x = x + ops.matmul(self.drop(h, training), self.recurrent_kernel)
        z, g = ops.split(x, 2, axis=-1)
        z, g = self.recurrent_activation(z), self.activation(g)
        h = z * h + (1 - z) * g
        return h, [h]
