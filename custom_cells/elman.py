"""The plain recurrent cell."""

from typing import Any

from custom_cells.abstract import keras, ops
from custom_cells.gated import RecurrentCell

__all__ = ["SimpleRNNCell"]


@keras.saving.register_keras_serializable(package="custom_cells")
class SimpleRNNCell(RecurrentCell):
    """The state is a squashed sum of the input and of the state before it.

        h(t) = tanh(x(t) W + b + h(t−1) U)

    Elman's units are logistic; tanh is Keras's default. The weights of `keras.layers.SimpleRNN`
    fit: `kernel` W of shape `(features, units)`, `recurrent_kernel` U of `(units, units)` and
    `bias` b of `(units,)`.

    Args:
        units: positive integer, the width of the state and of the output.
        activation: in the place of tanh.
        **options: biases, initializers, regularizers, constraints and dropout as of
            `RecurrentCell`, under Keras's names and with Keras's defaults.

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
        >>> from custom_cells import SimpleRNNCell
        >>> from custom_cells.abstract import keras
        >>> layer = keras.layers.RNN(SimpleRNNCell(4), return_sequences=True)
        >>> print(layer(np.ones((2, 5, 3), "float32")).shape)
        (2, 5, 4)

    Reference:
        J. L. Elman, Finding structure in time, Cognitive Science 14, 1990,
        doi:10.1207/s15516709cog1402_1
    """

    def step(self, x: Any, h: Any, *, training: bool = False) -> tuple[Any, list[Any]]:
        h = self.activation(x + ops.matmul(self.drop(h, training), self.recurrent_kernel))
        return h, [h]
