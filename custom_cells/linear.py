"""Cells whose step is linear in the state."""

from typing import Any

from custom_cells._keras import keras, ops
from custom_cells.recurrent import RecurrentCell

__all__ = ["MinGRUCell"]


@keras.saving.register_keras_serializable(package="custom_cells")
class MinGRUCell(RecurrentCell):
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
        >>> import numpy as np
        >>> from custom_cells import MinGRUCell
        >>> layer = keras.layers.RNN(MinGRUCell(4))
        >>> print(layer(np.ones((2, 5, 3), "float32")).shape, layer.count_params())
        (2, 4) 32

    Reference:
        L. Feng, F. Tung, M. O. Ahmed, Y. Bengio and H. Hajimirsadeghi, Were RNNs all we needed?,
        2024, arXiv:2410.01201
    """

    blocks, states, gates = "zg", "h", "z"
    recurrent_shape = None

    def __init__(self, units: int, activation: Any = "linear", *args: Any, **options: Any):
        super().__init__(units, activation, *args, **options)

    def step(self, x: Any, h: Any, *, training: bool = False) -> tuple[Any, list[Any]]:
        z, g = ops.split(x, 2, axis=-1)
        z, g = self.recurrent_activation(z), self.activation(g)
        h = (1 - z) * h + z * g
        return h, [h]
