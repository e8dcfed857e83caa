"""Cells that normalise what enters their activations, over the units of each row.

Where the input is normalised apart from the state, `shift` does it, which `project` ends in.
"""

import math
import numbers
from typing import Any

from custom_cells.abstract import keras, ops
from custom_cells.gated import ForgetGateCell, GatedCell, RecurrentCell

__all__ = ["LayerNormGRUCell", "LayerNormLSTMCell", "LayerNormRNNCell"]


def _checked(cell: RecurrentCell, epsilon: float) -> float:
    if isinstance(epsilon, bool) or not isinstance(epsilon, numbers.Real):
        epsilon = math.nan
    if not 0 < epsilon < math.inf:
        raise ValueError(f"{cell._who} expects epsilon to be a positive number, got {epsilon!r}.")
    return float(epsilon)


def _layer_norm(cell: RecurrentCell, name: str, center: bool = False) -> Any:
    """Return the layer LN(a; α) = α ∘ (a − mean(a)) / √(variance(a) + ε), plus β if centred."""
    return keras.layers.LayerNormalization(
        epsilon=cell.epsilon, center=center, name=name, dtype=cell.dtype_policy
    )


def _build(norm: Any, width: int) -> None:
    norm.build((None, width))
    # Keras 2 counts the last axis from the front when it builds, and takes no other rank then.
    if norm.axis == [1]:
        norm.axis = [-1]


@keras.saving.register_keras_serializable(package="custom_cells")
class LayerNormRNNCell(RecurrentCell):
    """A SimpleRNN with its sum normalised, so that the state keeps its scale over many steps.

        h(t) = tanh(LN(x(t) W + h(t−1) U; α) + b)
        LN(a; α) = α ∘ (a − mean(a)) / √(variance(a) + ε)

    Mean and variance are over the units. The weights are `kernel` W of shape `(features, units)`,
    `recurrent_kernel` U of `(units, units)`, `bias` b and the gain α, `norm.gamma`, of `(units,)`.
    The paper has no ε, its authors' code has 10⁻⁵.

    Args:
        units: positive integer, the width of the state and of the output.
        activation: in the place of tanh.
        epsilon: ε, a positive number.
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
        >>> from custom_cells import LayerNormRNNCell
        >>> from custom_cells.abstract import keras
        >>> layer = keras.layers.RNN(LayerNormRNNCell(4))
        >>> print(layer(np.ones((2, 5, 3), "float32")).shape)
        (2, 4)

    Reference:
        J. L. Ba, J. R. Kiros and G. E. Hinton, Layer normalization, 2016, arXiv:1607.06450
    """

    def __init__(
        self, units: int, activation: Any = "tanh", *, epsilon: float = 1e-5, **options: Any
    ):
        super().__init__(units, activation, **options)
        self.epsilon = _checked(self, epsilon)
        self.norm = _layer_norm(self, "norm")

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        super().build(input_shape)
        _build(self.norm, self.units)

    def shift(self, xW: Any) -> Any:
        return xW  # b comes behind the norm, in step

    def step(self, x: Any, h: Any, *, training: bool = False) -> tuple[Any, list[Any]]:
        normed = self.norm(x + ops.matmul(self.drop(h, training), self.recurrent_kernel))
        h = self.activation(normed + self.bias if self.use_bias else normed)
        return h, [h]

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"epsilon": self.epsilon}


@keras.saving.register_keras_serializable(package="custom_cells")
class LayerNormLSTMCell(ForgetGateCell):
    """An LSTM whose products with input and state, and whose memory, are normalised where read.

        [a_i(t) a_f(t) a_c(t) a_o(t)] = LN(x(t) W; α_x) + b + LN(h(t−1) U; α_h)
        i(t) = σ(a_i(t))
        f(t) = σ(a_f(t))
        o(t) = σ(a_o(t))
        g(t) = tanh(a_c(t))
        c(t) = f(t) ∘ c(t−1) + i(t) ∘ g(t)
        h(t) = o(t) ∘ tanh(LN(c(t); α_c) + β_c)
        LN(a; α) = α ∘ (a − mean(a)) / √(variance(a) + ε)

    Mean and variance are over all four blocks at once for the gates, and over the units for the
    memory, which itself is carried on as it is. The weights are `kernel` [W_i W_f W_c W_o] of shape
    `(features, 4 · units)`, `recurrent_kernel` of `(units, 4 · units)` and `bias` of
    `(4 · units,)`, all in this order, the gains α_x, `kernel_norm.gamma`, and α_h,
    `recurrent_norm.gamma`, of `(4 · units,)`, and α_c and β_c, `memory_norm.gamma` and
    `memory_norm.beta`, of `(units,)`. The paper's two further biases of the gates add to b. It has
    no ε, its authors' code has 10⁻⁵.

    Args:
        units: positive integer, the width of each state and of the output.
        activation: in the place of tanh.
        recurrent_activation: in the place of σ, the sigmoid.
        unit_forget_bias: whether b_f starts at 1 whatever `bias_initializer` says, so that the
            memory is kept at first.
        epsilon: ε, a positive number.
        **options: `use_bias`, initializers, regularizers, constraints, rates of dropout and `seed`
            as of `RecurrentCell`, under Keras's names and with Keras's defaults.

    Call arguments:
        inputs: x(t), of shape `(batch, features)`.
        states: a list of h(t−1) and c(t−1), each of shape `(batch, units)`.
        training: whether to drop.

    Returns:
        h(t), of shape `(batch, units)`, and the list `[h(t), c(t)]`.

    Raises:
        ValueError: if an option, `inputs` or `states` are not as said here.

    Example:
        >>> import numpy as np
        >>> from custom_cells import LayerNormLSTMCell
        >>> from custom_cells.abstract import keras
        >>> layer = keras.layers.RNN(LayerNormLSTMCell(4), return_state=True)
        >>> output, h, c = layer(np.ones((2, 5, 3), "float32"))
        >>> print(output.shape, h.shape, c.shape)
        (2, 4) (2, 4) (2, 4)

    Reference:
        J. L. Ba, J. R. Kiros and G. E. Hinton, Layer normalization, 2016, arXiv:1607.06450
    """

    gates = 4
    forget_gate = 1
    state_count = 2

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        *,
        epsilon: float = 1e-5,
        **options: Any,
    ):
        super().__init__(units, activation, recurrent_activation, **options)
        self.epsilon = _checked(self, epsilon)
        self.kernel_norm = _layer_norm(self, "kernel_norm")
        self.recurrent_norm = _layer_norm(self, "recurrent_norm")
        self.memory_norm = _layer_norm(self, "memory_norm", center=True)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        super().build(input_shape)
        _build(self.kernel_norm, 4 * self.units)
        _build(self.recurrent_norm, 4 * self.units)
        _build(self.memory_norm, self.units)

    def shift(self, xW: Any) -> Any:
        return super().shift(self.kernel_norm(xW))

    def step(self, x: Any, h: Any, c: Any, *, training: bool = False) -> tuple[Any, list[Any]]:
        hU = ops.matmul(self.drop(h, training), self.recurrent_kernel)
        i, f, g, o = ops.split(x + self.recurrent_norm(hU), 4, axis=-1)
        i, f, o = map(self.recurrent_activation, (i, f, o))
        g = self.activation(g)
        c = f * c + i * g
        h = o * self.activation(self.memory_norm(c))
        return h, [h, c]

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"epsilon": self.epsilon}


@keras.saving.register_keras_serializable(package="custom_cells")
class LayerNormGRUCell(GatedCell):
    """A GRU whose products with input and state are normalised.

        [z(t) r(t)] = σ(LN(x(t) W_zr; α_x) + b_zr + LN(h(t−1) U_zr; α_h) + d_zr)
        g(t) = tanh(LN(x(t) W_h; α_gx) + b_h + r(t) ∘ (LN(h(t−1) U_h; α_gh) + d_h))
        h(t) = (1 − z(t)) ∘ h(t−1) + z(t) ∘ g(t)
        LN(a; α) = α ∘ (a − mean(a)) / √(variance(a) + ε)

    Mean and variance are over both gates at once, and over the units for the candidate. The weights
    are `kernel` [W_z W_r W_h] of shape `(features, 3 · units)`, `recurrent_kernel` of
    `(units, 3 · units)`, `bias` of `(2, 3 · units)`, rows b and d, all in this order, and the gains
    α_x, α_h, α_gx and α_gh: `kernel_norm.gamma`, `recurrent_norm.gamma` of `(2 · units,)`,
    `candidate_kernel_norm.gamma`, `candidate_recurrent_norm.gamma` of `(units,)`. A large z
    overwrites the state, where in Keras's GRU and in the authors' code it keeps it. The paper has
    no ε, that code has 10⁻⁵.

    Args:
        units: positive integer, the width of the state and of the output.
        activation: in the place of tanh.
        recurrent_activation: in the place of σ, the sigmoid.
        epsilon: ε, a positive number.
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
        >>> from custom_cells import LayerNormGRUCell
        >>> from custom_cells.abstract import keras
        >>> layer = keras.layers.Bidirectional(keras.layers.RNN(LayerNormGRUCell(4)))
        >>> print(layer(np.ones((2, 5, 3), "float32")).shape)
        (2, 8)

    Reference:
        J. L. Ba, J. R. Kiros and G. E. Hinton, Layer normalization, 2016, arXiv:1607.06450
    """

    gates = 3

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        *,
        epsilon: float = 1e-5,
        **options: Any,
    ):
        super().__init__(units, activation, recurrent_activation, **options)
        self.epsilon = _checked(self, epsilon)
        self.kernel_norm = _layer_norm(self, "kernel_norm")
        self.recurrent_norm = _layer_norm(self, "recurrent_norm")
        self.candidate_kernel_norm = _layer_norm(self, "candidate_kernel_norm")
        self.candidate_recurrent_norm = _layer_norm(self, "candidate_recurrent_norm")

    @property
    def bias_shape(self) -> tuple[int, ...]:
        return (2, 3 * self.units)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        super().build(input_shape)
        for norm in (self.kernel_norm, self.recurrent_norm):
            _build(norm, 2 * self.units)
        for norm in (self.candidate_kernel_norm, self.candidate_recurrent_norm):
            _build(norm, self.units)

    def shift(self, xW: Any) -> Any:
        xW_zr, xW_h = xW[..., : 2 * self.units], xW[..., 2 * self.units :]
        x = [self.kernel_norm(xW_zr), self.candidate_kernel_norm(xW_h)]
        return super().shift(ops.concatenate(x, axis=-1))

    def step(self, x: Any, h: Any, *, training: bool = False) -> tuple[Any, list[Any]]:
        hU = ops.matmul(self.drop(h, training), self.recurrent_kernel)
        hU_zr, hU_h = hU[:, : 2 * self.units], hU[:, 2 * self.units :]
        hU = [self.recurrent_norm(hU_zr), self.candidate_recurrent_norm(hU_h)]
        hU = ops.concatenate(hU, axis=-1)
        hU = hU + self.bias[1] if self.use_bias else hU
        x_z, x_r, x_h = ops.split(x, 3, axis=-1)
        hU_z, hU_r, hU_h = ops.split(hU, 3, axis=-1)
        z = self.recurrent_activation(x_z + hU_z)
        r = self.recurrent_activation(x_r + hU_r)
        g = self.activation(x_h + r * hU_h)
        h = (1 - z) * h + z * g
        return h, [h]

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"epsilon": self.epsilon}
