"""Cells without gates."""

from typing import Any

from custom_cells._keras import keras, ops
from custom_cells.recurrent import RecurrentCell

__all__ = ["IndRNNCell", "SimpleRNNCell"]


@keras.saving.register_keras_serializable(package="custom_cells")
class SimpleRNNCell(RecurrentCell):
    """The state is a squashed sum of the input and of the state before it.

        h(t) = tanh(x(t) W + b + h(t−1) U)

    The weights of `keras.layers.SimpleRNN` fit. Elman's units are logistic; tanh is Keras's
    default.

    Example:
        >>> import keras
        >>> import numpy as np
        >>> from custom_cells import SimpleRNNCell
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


@keras.saving.register_keras_serializable(package="custom_cells")
class IndRNNCell(RecurrentCell):
    """Each unit remembers itself alone; units mix in the next layer.

        h(t) = relu(x(t) W + b + u ∘ h(t−1))

    `recurrent_kernel` is u, of shape `(units,)`. Over T steps a unit's gradient grows or shrinks by
    u to the power T, so the paper keeps |u| below the T-th root of a small number such as 2 while
    it trains: give a `recurrent_constraint` that clips, or shorter sequences.

    Args:
        recurrent_initializer: of u; by default uniform between 0 and 1.

    Example:
        >>> import keras
        >>> import numpy as np
        >>> from custom_cells import IndRNNCell
        >>> layer = keras.layers.RNN([IndRNNCell(4), IndRNNCell(4)])
        >>> output = layer(np.ones((2, 5, 3), "float32"))
        >>> print(*(weight.shape for weight in layer.cell.cells[1].weights))
        (4, 4) (4,) (4,)

    Reference:
        S. Li, W. Li, C. Cook, C. Zhu and Y. Gao, Independently recurrent neural network (IndRNN):
        building a longer and deeper RNN, 2018, arXiv:1803.04831
    """

    def __init__(
        self,
        units: int,
        activation: Any = "relu",
        *,
        recurrent_initializer: Any = None,
        **options: Any,
    ):
        if recurrent_initializer is None:
            recurrent_initializer = keras.initializers.RandomUniform(0, 1)
        super().__init__(units, activation, recurrent_initializer=recurrent_initializer, **options)

    @property
    def recurrent_shape(self) -> tuple[int, ...]:
        return (self.units,)

    def step(self, x: Any, h: Any, *, training: bool = False) -> tuple[Any, list[Any]]:
        h = self.activation(x + self.recurrent_kernel * self.drop(h, training))
        return h, [h]
