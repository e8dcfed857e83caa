"""Cells whose one state is mixed from the old state and a candidate."""

from typing import Any

from custom_cells.abstract import keras, ops
from custom_cells.gated import GatedCell

__all__ = ["GRUCell", "LiGRUCell", "MGUCell"]


@keras.saving.register_keras_serializable(package="custom_cells")
class GRUCell(GatedCell):
    """A gate z keeps the state, a gate r resets what the candidate sees of it.

        z(t) = σ(x(t) W_z + b_z + h(t−1) U_z + d_z)
        r(t) = σ(x(t) W_r + b_r + h(t−1) U_r + d_r)
        g(t) = tanh(x(t) W_h + b_h + r(t) ∘ (h(t−1) U_h + d_h))      reset_after=True
        g(t) = tanh(x(t) W_h + b_h + (r(t) ∘ h(t−1)) U_h)            reset_after=False
        h(t) = z(t) ∘ h(t−1) + (1 − z(t)) ∘ g(t)

    The weights of `keras.layers.GRU` fit: `kernel` [W_z W_r W_h] of shape `(features, 3 · units)`,
    `recurrent_kernel` of `(units, 3 · units)` and `bias` of `(2, 3 · units)`, rows b and d, all in
    this order. If `reset_after` is false, no line has d, and `bias` is of `(3 · units,)`. The third
    version of Cho et al. resets before the product, the first one after it, as cuDNN does; they
    have no biases. Chung et al. (2014, arXiv:1412.3555) exchange z and 1 − z.

    Args:
        units: positive integer, the width of the state and of the output.
        activation: in the place of tanh.
        recurrent_activation: in the place of σ, the sigmoid.
        reset_after: whether r multiplies the product with U_h or, before it, the state.
        **options: `use_bias`, initializers, regularizers, constraints, rates of dropout and `seed`
            as of `RecurrentCell`, under Keras's names and with Keras's defaults.

    Call arguments:
        inputs: x(t), of shape `(batch, features)`.
        states: a list of h(t−1), of shape `(batch, units)`.
        training: whether to drop.

    Returns:
        h(t), of shape `(batch, units)`, and the list `[h(t)]`.

    Raises:
        ValueError: if an option, `inputs` or `states` are not as said here.

    Example:
        >>> import numpy as np
        >>> from custom_cells import GRUCell
        >>> from custom_cells.abstract import keras
        >>> layer = keras.layers.Bidirectional(keras.layers.RNN(GRUCell(4)))
        >>> print(layer(np.ones((2, 5, 3), "float32")).shape)
        (2, 8)

    Reference:
        K. Cho et al., Learning phrase representations using RNN encoder–decoder for statistical
        machine translation, 2014, arXiv:1406.1078
    """

    gates = 3

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        *,
        reset_after: bool = True,
        **options: Any,
    ):
        super().__init__(units, activation, recurrent_activation, **options)
        self.reset_after = reset_after

    @property
    def bias_shape(self) -> tuple[int, ...]:
        return (2, 3 * self.units) if self.reset_after else (3 * self.units,)

    def step(self, x: Any, h: Any, *, training: bool = False) -> tuple[Any, list[Any]]:
        x_z, x_r, x_h = ops.split(x, 3, axis=-1)
        dropped = self.drop(h, training)
        if self.reset_after:
            hU = ops.matmul(dropped, self.recurrent_kernel)
            hU = hU + self.bias[1] if self.use_bias else hU
            hU_z, hU_r, hU_h = ops.split(hU, 3, axis=-1)
        else:
            U_zr = self.recurrent_kernel[:, : 2 * self.units]
            U_h = self.recurrent_kernel[:, 2 * self.units :]
            hU_z, hU_r = ops.split(ops.matmul(dropped, U_zr), 2, axis=-1)
        z = self.recurrent_activation(x_z + hU_z)
        r = self.recurrent_activation(x_r + hU_r)
        g = self.activation(x_h + (r * hU_h if self.reset_after else ops.matmul(r * dropped, U_h)))
        h = z * h + (1 - z) * g
        return h, [h]

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"reset_after": self.reset_after}


@keras.saving.register_keras_serializable(package="custom_cells")
class MGUCell(GatedCell):
    """A GRU with one gate, which resets what the candidate sees and mixes the candidate in.

        f(t) = σ(x(t) W_f + b_f + h(t−1) U_f)
        g(t) = tanh(x(t) W_h + b_h + (f(t) ∘ h(t−1)) U_h)
        h(t) = (1 − f(t)) ∘ h(t−1) + f(t) ∘ g(t)

    The weights are `kernel` [W_f W_h] of shape `(features, 2 · units)`, `recurrent_kernel` of
    `(units, 2 · units)` and `bias` of `(2 · units,)`, all in this order. A large f overwrites the
    state, though the paper calls it a forget gate.

    Args:
        units: positive integer, the width of the state and of the output.
        activation: in the place of tanh.
        recurrent_activation: in the place of σ, the sigmoid.
        **options: `use_bias`, initializers, regularizers, constraints, rates of dropout and `seed`
            as of `RecurrentCell`, under Keras's names and with Keras's defaults.

    Call arguments:
        inputs: x(t), of shape `(batch, features)`.
        states: a list of h(t−1), of shape `(batch, units)`.
        training: whether to drop.

    Returns:
        h(t), of shape `(batch, units)`, and the list `[h(t)]`.

    Raises:
        ValueError: if an option, `inputs` or `states` are not as said here.

    Example:
        >>> import numpy as np
        >>> from custom_cells import MGUCell
        >>> from custom_cells.abstract import keras
        >>> layer = keras.layers.RNN(MGUCell(4))
        >>> print(layer(np.ones((2, 5, 3), "float32")).shape, layer.count_params())
        (2, 4) 64

    Reference:
        G.-B. Zhou, J. Wu, C.-L. Zhang and Z.-H. Zhou, Minimal gated unit for recurrent neural
        networks, 2016, arXiv:1603.09420
    """

    gates = 2

    def step(self, x: Any, h: Any, *, training: bool = False) -> tuple[Any, list[Any]]:
        x_f, x_h = ops.split(x, 2, axis=-1)
        U_f, U_h = ops.split(self.recurrent_kernel, 2, axis=-1)
        dropped = self.drop(h, training)
        f = self.recurrent_activation(x_f + ops.matmul(dropped, U_f))
        g = self.activation(x_h + ops.matmul(f * dropped, U_h))
        h = (1 - f) * h + f * g
        return h, [h]


@keras.saving.register_keras_serializable(package="custom_cells")
class LiGRUCell(GatedCell):
    """A GRU without reset gate, whose candidate is rectified instead of squashed.

        z(t) = σ(x(t) W_z + b_z + h(t−1) U_z)
        g(t) = relu(x(t) W_h + b_h + h(t−1) U_h)
        h(t) = z(t) ∘ h(t−1) + (1 − z(t)) ∘ g(t)

    The weights are `kernel` [W_z W_h] of shape `(features, 2 · units)`, `recurrent_kernel` of
    `(units, 2 · units)` and `bias` of `(2 · units,)`, all in this order. The paper also normalises
    x(t) W over the batch and all steps, which a cell that sees one step cannot do. Once trained,
    that is a factor and a shift for each column, so the paper's weights fit into W and b.

    Args:
        units: positive integer, the width of the state and of the output.
        activation: in the place of relu.
        recurrent_activation: in the place of σ, the sigmoid.
        **options: `use_bias`, initializers, regularizers, constraints, rates of dropout and `seed`
            as of `RecurrentCell`, under Keras's names and with Keras's defaults.

    Call arguments:
        inputs: x(t), of shape `(batch, features)`.
        states: a list of h(t−1), of shape `(batch, units)`.
        training: whether to drop.

    Returns:
        h(t), of shape `(batch, units)`, and the list `[h(t)]`.

    Raises:
        ValueError: if an option, `inputs` or `states` are not as said here.

    Example:
        >>> import numpy as np
        >>> from custom_cells import LiGRUCell
        >>> from custom_cells.abstract import keras
        >>> layer = keras.layers.RNN(LiGRUCell(4))
        >>> print(layer(np.ones((2, 5, 3), "float32")).shape)
        (2, 4)

    Reference:
        M. Ravanelli, P. Brakel, M. Omologo and Y. Bengio, Light gated recurrent units for speech
        recognition, 2018, arXiv:1803.10225
    """

    gates = 2

    def __init__(
        self,
        units: int,
        activation: Any = "relu",
        recurrent_activation: Any = "sigmoid",
        **options: Any,
    ):
        super().__init__(units, activation, recurrent_activation, **options)

    def step(self, x: Any, h: Any, *, training: bool = False) -> tuple[Any, list[Any]]:
        x = x + ops.matmul(self.drop(h, training), self.recurrent_kernel)
        z, g = ops.split(x, 2, axis=-1)
        z = self.recurrent_activation(z)
        g = self.activation(g)
        h = z * h + (1 - z) * g
        return h, [h]
