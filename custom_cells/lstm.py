"""Cells with a memory that gates write, keep and read."""

from typing import Any

from custom_cells.abstract import keras, ops
from custom_cells.gated import GatedCell

__all__ = ["LSTMCell"]


@keras.saving.register_keras_serializable(package="custom_cells")
class LSTMCell(GatedCell):
    """A memory c that a gate i writes, a gate f keeps and a gate o reads.

        i(t) = σ(x(t) W_i + b_i + h(t−1) U_i)
        f(t) = σ(x(t) W_f + b_f + h(t−1) U_f)
        g(t) = tanh(x(t) W_c + b_c + h(t−1) U_c)
        o(t) = σ(x(t) W_o + b_o + h(t−1) U_o)
        c(t) = f(t) ∘ c(t−1) + i(t) ∘ g(t)
        h(t) = o(t) ∘ tanh(c(t))

    The weights of `keras.layers.LSTM` fit: `kernel` [W_i W_f W_c W_o] of shape
    `(features, 4 · units)`, `recurrent_kernel` of `(units, 4 · units)` and `bias` of
    `(4 · units,)`. The forget gate is that of Gers et al., who squash c with other functions
    than tanh; the equations are those of Zaremba et al.

    Args:
        units: positive integer, the width of each state and of the output.
        activation: in the place of tanh.
        recurrent_activation: in the place of σ, the sigmoid.
        unit_forget_bias: whether b_f starts at 1 whatever `bias_initializer` says, so that the
            memory is kept at first.
        **options: biases, initializers, regularizers, constraints and dropout as of
            `RecurrentCell`, under Keras's names and with Keras's defaults.

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
        >>> from custom_cells import LSTMCell
        >>> from custom_cells.abstract import keras
        >>> layer = keras.layers.RNN(LSTMCell(4), return_state=True)
        >>> output, h, c = layer(np.ones((2, 5, 3), "float32"))
        >>> print(output.shape, h.shape, c.shape)
        (2, 4) (2, 4) (2, 4)

    Reference:
        S. Hochreiter and J. Schmidhuber, Long short-term memory, Neural Computation 9, 1997,
        doi:10.1162/neco.1997.9.8.1735; F. A. Gers, J. Schmidhuber and F. Cummins, Learning to
        forget, Neural Computation 12, 2000, doi:10.1162/089976600300015015; W. Zaremba,
        I. Sutskever and O. Vinyals, Recurrent neural network regularization, 2014,
        arXiv:1409.2329
    """

    gates = 4
    state_count = 2

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        *,
        unit_forget_bias: bool = True,
        **options: Any,
    ):
        super().__init__(units, activation, recurrent_activation, **options)
        self.unit_forget_bias = unit_forget_bias

    def initial_bias(self, shape: tuple[int, ...], dtype: Any = None, **kwargs: Any) -> Any:
        i, f, c, o = ops.split(super().initial_bias(shape, dtype), 4)
        f = ops.ones_like(f) if self.unit_forget_bias else f
        return ops.concatenate([i, f, c, o], axis=0)

    def step(self, x: Any, h: Any, c: Any, *, training: bool = False) -> tuple[Any, list[Any]]:
        x = x + ops.matmul(self.drop(h, training), self.recurrent_kernel)
        i, f, g, o = ops.split(x, 4, axis=-1)
        i, f, o = map(self.recurrent_activation, (i, f, o))
        c = f * c + i * self.activation(g)
        h = o * self.activation(c)
        return h, [h, c]

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"unit_forget_bias": self.unit_forget_bias}
