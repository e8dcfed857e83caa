"""Cells whose step is linear in the state."""

from typing import Any

from custom_cells.abstract import keras, ops
from custom_cells.gated import GatedCell

__all__ = ["MinGRUCell"]


@keras.saving.register_keras_serializable(package="custom_cells")
class MinGRUCell(GatedCell):
    """A GRU whose gate and candidate see the input only, not the state.

        z(t) = σ(x(t) W_z + b_z)
        g(t) = x(t) W_h + b_h
        h(t) = (1 − z(t)) ∘ h(t−1) + z(t) ∘ g(t)

    The weights are `kernel` [W_z W_h] of shape `(features, 2 · units)` and `bias` of
    `(2 · units,)`, in this order. There are no recurrent weights, so the options of RecurrentCell
    for them are refused. A large z overwrites the state, where in Keras's GRU it keeps it.

    Args:
        units: positive integer, the width of the state and of the output.
        activation: of g; none by default.
        recurrent_activation: in the place of σ, the sigmoid.
        **options: `use_bias`, initializers, regularizers and constraints of kernel and bias,
            `dropout` and `seed` as of `RecurrentCell`, under Keras's names and with Keras's
            defaults.

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
        >>> from custom_cells import MinGRUCell
        >>> from custom_cells.abstract import keras
        >>> layer = keras.layers.RNN(MinGRUCell(4))
        >>> print(layer(np.ones((2, 5, 3), "float32")).shape, layer.count_params())
        (2, 4) 32

    Reference:
        L. Feng, F. Tung, M. O. Ahmed, Y. Bengio and H. Hajimirsadeghi, Were RNNs all we needed?,
        2024, arXiv:2410.01201
    """

    gates = 2
    recurrent_shape = None

    def __init__(
        self,
        units: int,
        activation: Any = "linear",
        recurrent_activation: Any = "sigmoid",
        **options: Any,
    ):
        refused = [name for name in options if name.startswith("recurrent_")]
        super().__init__(units, activation, recurrent_activation, **options)
        if refused:
            raise ValueError(f"{self._who} has no recurrent weights, so it expects no {refused}.")

    def step(self, x: Any, h: Any, *, training: bool = False) -> tuple[Any, list[Any]]:
        z, g = ops.split(x, 2, axis=-1)
        z = self.recurrent_activation(z)
        g = self.activation(g)
        h = (1 - z) * h + z * g
        return h, [h]

    def get_config(self) -> dict[str, Any]:
        return {
            name: value
            for name, value in super().get_config().items()
            if name == "recurrent_activation" or not name.startswith("recurrent_")
        }
