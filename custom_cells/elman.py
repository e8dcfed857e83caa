"""Cells that stay close to the plain network: without gates, or with gates added to it."""

import math
from functools import partial
from typing import Any

from custom_cells._keras import keras, ops
from custom_cells.recurrent import RecurrentCell

__all__ = [
    "AntisymmetricRNNCell",
    "CFNCell",
    "FastRNNCell",
    "GatedAntisymmetricRNNCell",
    "IndRNNCell",
    "SCRNCell",
    "SimpleRNNCell",
]


@keras.saving.register_keras_serializable(package="custom_cells")
class SimpleRNNCell(RecurrentCell):
    """The state is a squashed sum of the input and of the state before it.

        h(t) = tanh(x(t) W + b + h(t−1) U)

    The weights of `keras.layers.SimpleRNN` fit. Elman's units are logistic; tanh is Keras's
    default.

    Example:
        >>> import keras
        >>> from custom_cells import SimpleRNNCell
        >>> layer = keras.layers.RNN(SimpleRNNCell(4), return_sequences=True)
        >>> print(layer(keras.ops.ones((2, 5, 3))).shape)
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
        >>> from custom_cells import IndRNNCell
        >>> layer = keras.layers.RNN([IndRNNCell(4), IndRNNCell(4)])
        >>> output = layer(keras.ops.ones((2, 5, 3)))
        >>> print(*(weight.shape for weight in layer.cell.cells[1].weights))
        (4, 4) (4,) (4,)

    Reference:
        S. Li, W. Li, C. Cook, C. Zhu and Y. Gao, Independently recurrent neural network (IndRNN):
        building a longer and deeper RNN, 2018, arXiv:1803.04831
    """

    defaults = {
        "activation": "relu",
        "recurrent_initializer": partial(keras.initializers.RandomUniform, 0, 1),
    }

    @property
    def recurrent_shape(self) -> tuple[int, ...]:
        return (self.units,)

    def step(self, x: Any, h: Any, *, training: bool = False) -> tuple[Any, list[Any]]:
        h = self.activation(x + self.recurrent_kernel * self.drop(h, training))
        return h, [h]


@keras.saving.register_keras_serializable(package="custom_cells")
class SCRNCell(RecurrentCell):
    """Hidden units that forget soon, beside context units that change slowly.

        s(t) = α s(t−1) + (1 − α) (x(t) W_s + b_s)
        h(t) = sigmoid(x(t) W_h + b_h + h(t−1) U_h + s(t) U_s)
        y(t) = [h(t) s(t)]

    The weights are [W_h W_s] and [U_h U_s]. Output and state are y, `2 · units` wide: the paper's
    next layer reads both halves, and nothing of it is fed back. The paper has no biases, and lets
    the number of context units differ.

    Args:
        activation: of h; the logistic function by default.
        alpha: α, a number in [0, 1]; the paper's 0.95 by default.

    Example:
        >>> import keras
        >>> from custom_cells import SCRNCell
        >>> layer = keras.layers.RNN(SCRNCell(4, alpha=0.99), return_state=True)
        >>> print(*(tensor.shape for tensor in layer(keras.ops.ones((2, 5, 3)))))
        (2, 8) (2, 8)

    Reference:
        T. Mikolov, A. Joulin, S. Chopra, M. Mathieu and M. Ranzato, Learning longer memory in
        recurrent neural networks, 2014, arXiv:1412.7753
    """

    blocks, states, defaults = "hs", "y", {"activation": "sigmoid"}

    def __init__(self, units: int, *args: Any, alpha: float = 0.95, **options: Any):
        super().__init__(units, *args, **options)
        self.alpha = self._number("alpha", alpha, "in [0, 1]", lambda alpha: 0 <= alpha <= 1)

    @property
    def state_size(self) -> int:
        return 2 * self.units

    def step(self, x: Any, y: Any, *, training: bool = False) -> tuple[Any, list[Any]]:
        x_h, x_s = ops.split(x, 2, axis=-1)
        _, s = ops.split(y, 2, axis=-1)
        h, _ = ops.split(self.drop(y, training), 2, axis=-1)
        U_h, U_s = ops.split(self.recurrent_kernel, 2, axis=-1)
        s = self.alpha * s + (1 - self.alpha) * x_s
        h = self.activation(x_h + ops.matmul(h, U_h) + ops.matmul(s, U_s))
        y = ops.concatenate([h, s], axis=-1)
        return y, [y]


@keras.saving.register_keras_serializable(package="custom_cells")
class CFNCell(RecurrentCell):
    """A chaos-free network: units see each other in gates alone, and decay without input.

        i(t) = σ(x(t) W_i + b_i + h(t−1) U_i)
        f(t) = σ(x(t) W_f + b_f + h(t−1) U_f)
        h(t) = f(t) ∘ tanh(h(t−1)) + i(t) ∘ tanh(x(t) W_g)

    The weights are [W_i W_f W_g], [U_i U_f] and [b_i b_f]. The paper calls i η and f θ; b_i starts
    at −1, b_f at 1.

    Example:
        >>> from custom_cells import CFNCell
        >>> cell = CFNCell(4)
        >>> cell.build((None, 3))
        >>> print(*(weight.shape for weight in cell.weights))
        (3, 12) (4, 8) (8,)

    Reference:
        T. Laurent and J. von Brecht, A recurrent neural network without chaos, 2016,
        arXiv:1612.06212
    """

    blocks, states, gates, biased = "ifg", "h", "if", "if"
    start = {"i": -1.0, "f": 1.0}

    @property
    def recurrent_shape(self) -> tuple[int, ...]:
        return (self.units, 2 * self.units)

    def step(self, x: Any, h: Any, *, training: bool = False) -> tuple[Any, list[Any]]:
        x_i, x_f, x_g = ops.split(x, 3, axis=-1)
        hU = ops.matmul(self.drop(h, training), self.recurrent_kernel)
        hU_i, hU_f = ops.split(hU, 2, axis=-1)
        i = self.recurrent_activation(x_i + hU_i)
        f = self.recurrent_activation(x_f + hU_f)
        h = f * self.activation(h) + i * self.activation(x_g)
        return h, [h]


# Of the variance 1 / number of rows.
NORMAL = partial(keras.initializers.VarianceScaling, 1.0, "fan_in", "untruncated_normal")


@keras.saving.register_keras_serializable(package="custom_cells")
class AntisymmetricRNNCell(RecurrentCell):
    """A differential equation in steps of ε, by a matrix that turns states and hardly scales them.

        h(t) = h(t−1) + ε tanh(x(t) W + b + h(t−1) A)
        A = U − Uᵀ − γ I

    `recurrent_kernel` is U, of `(units, units)`, of which the paper keeps one triangle. The
    diffusion γ makes up for what steps of finite length add. W and U start normal, with the
    variance 1 / number of rows.

    Args:
        epsilon: ε, a positive number. The paper tunes it, and γ, for each task.
        gamma: γ, a number from 0 up.

    Example:
        >>> import keras
        >>> from custom_cells import AntisymmetricRNNCell
        >>> layer = keras.layers.RNN(AntisymmetricRNNCell(4, epsilon=0.1), unroll=True)
        >>> print(layer(keras.ops.ones((2, 5, 3))).shape)
        (2, 4)

    Reference:
        B. Chang, M. Chen, E. Haber and E. H. Chi, AntisymmetricRNN: a dynamical system view on
        recurrent neural networks, 2019, arXiv:1902.09689
    """

    defaults = {"kernel_initializer": NORMAL, "recurrent_initializer": NORMAL}

    def __init__(
        self, units: int, *args: Any, epsilon: float = 0.01, gamma: float = 0.01, **options: Any
    ):
        super().__init__(units, *args, **options)
        self.epsilon = self._positive("epsilon", epsilon)
        self.gamma = self._number("gamma", gamma, "from 0 up", lambda g: 0 <= g < math.inf)

    def turn(self, h: Any) -> Any:
        """Return h A."""
        U = self.recurrent_kernel
        return ops.matmul(h, U - ops.transpose(U)) - self.gamma * h

    def step(self, x: Any, h: Any, *, training: bool = False) -> tuple[Any, list[Any]]:
        h = h + self.epsilon * self.activation(x + self.turn(self.drop(h, training)))
        return h, [h]


@keras.saving.register_keras_serializable(package="custom_cells")
class GatedAntisymmetricRNNCell(AntisymmetricRNNCell):
    """An AntisymmetricRNN with a gate that says how far each unit steps.

        z(t) = σ(x(t) W_z + b_z + h(t−1) A)
        g(t) = tanh(x(t) W_g + b_g + h(t−1) A)
        h(t) = h(t−1) + ε z(t) ∘ g(t)
        A = U − Uᵀ − γ I

    The weights are [W_z W_g]. U, of `(units, units)`, is one for both. All start as there.

    Args:
        epsilon: ε, a positive number.
        gamma: γ, a number from 0 up.

    Example:
        >>> from custom_cells import GatedAntisymmetricRNNCell
        >>> cell = GatedAntisymmetricRNNCell(4, epsilon=0.1, gamma=0)
        >>> cell.build((None, 3))
        >>> print(cell.kernel.shape, cell.recurrent_kernel.shape)
        (3, 8) (4, 4)

    Reference:
        B. Chang, M. Chen, E. Haber and E. H. Chi, AntisymmetricRNN: a dynamical system view on
        recurrent neural networks, 2019, arXiv:1902.09689
    """

    blocks, states, gates = "zg", "h", "z"

    @property
    def recurrent_shape(self) -> tuple[int, ...]:
        return (self.units, self.units)

    def step(self, x: Any, h: Any, *, training: bool = False) -> tuple[Any, list[Any]]:
        x_z, x_g = ops.split(x, 2, axis=-1)
        hA = self.turn(self.drop(h, training))
        h = h + self.epsilon * self.recurrent_activation(x_z + hA) * self.activation(x_g + hA)
        return h, [h]


@keras.saving.register_keras_serializable(package="custom_cells")
class FastRNNCell(RecurrentCell):
    """A SimpleRNN with a residual connection, weighed by two scalars.

        g(t) = tanh(x(t) W + b + h(t−1) U)
        h(t) = a g(t) + c h(t−1)
        a = σ(α), c = σ(β)

    Behind `bias` come α and β, `alpha` and `beta`, of `(1,)`. The paper calls a and c α and β. As
    in its authors' code, α starts at −3, β at 3 and b at 1.

    Example:
        >>> import keras
        >>> from custom_cells import FastRNNCell
        >>> layer = keras.layers.RNN(FastRNNCell(4, activation="relu"))
        >>> print(layer(keras.ops.ones((2, 5, 3))).shape, layer.count_params())
        (2, 4) 34

    Reference:
        A. Kusupati et al., FastGRNN: a fast, accurate, stable and tiny kilobyte sized gated
        recurrent neural network, 2018, arXiv:1901.02358
    """

    scalars, defaults = {"alpha": -3.0, "beta": 3.0}, {"bias_initializer": "ones"}

    def step(self, x: Any, h: Any, *, training: bool = False) -> tuple[Any, list[Any]]:
        g = self.activation(x + ops.matmul(self.drop(h, training), self.recurrent_kernel))
        a, c = keras.activations.sigmoid(self.alpha), keras.activations.sigmoid(self.beta)
        h = a * g + c * h
        return h, [h]
