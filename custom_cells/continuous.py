"""Cells that take a step of a differential equation in time."""

import math
from functools import partial
from typing import Any

import numpy as np

from custom_cells._keras import keras, ops
from custom_cells.recurrent import RecurrentCell

__all__ = ["CfCCell", "CoRNNCell", "LEMCell", "LMUCell", "LTCCell", "UnICORNNCell"]

# Within 1 / √n for n rows.
UNIFORM = partial(keras.initializers.VarianceScaling, 1 / 3, "fan_in", "uniform")


@keras.saving.register_keras_serializable(package="custom_cells")
class CoRNNCell(RecurrentCell):
    """Units that swing, each pulled back to rest, damped, and driven by input and network.

        z(t) = z(t−1) + dt (tanh(x(t) W + b + y(t−1) U_y + z(t−1) U_z) − γ y(t−1) − ε z(t−1))
        y(t) = y(t−1) + dt z(t)

    y is the output, z its velocity. `recurrent_kernel` [U_y U_z] is of `(units, 2 · units)`, and
    recurrent dropout takes units out of both. W and U start uniform within 1 / √n for n inputs, b
    at 0; the paper draws b too. Of its two schemes this is the one that damps by z(t−1), as in the
    authors' code. γ, ε and dt are chosen for each task; the defaults are those for digits pixel by
    pixel.

    Args:
        gamma: γ, a positive number, the pull to rest.
        epsilon: ε, a positive number, the damping.
        dt: a positive number, the time between steps.

    Example:
        >>> import keras
        >>> from custom_cells import CoRNNCell
        >>> layer = keras.layers.RNN(CoRNNCell(4, dt=0.1), return_state=True)
        >>> print(*(tensor.shape for tensor in layer(keras.ops.ones((2, 5, 3)))))
        (2, 4) (2, 4) (2, 4)

    Reference:
        T. K. Rusch and S. Mishra, Coupled oscillatory recurrent neural network (coRNN), 2020,
        arXiv:2010.00951
    """

    states = "yz"
    defaults = {"kernel_initializer": UNIFORM, "recurrent_initializer": UNIFORM}

    def __init__(
        self,
        units: int,
        *args: Any,
        gamma: float = 2.7,
        epsilon: float = 4.7,
        dt: float = 0.042,
        **options: Any,
    ):
        super().__init__(units, *args, **options)
        self.gamma = self._positive("gamma", gamma)
        self.epsilon = self._positive("epsilon", epsilon)
        self.dt = self._positive("dt", dt)

    @property
    def recurrent_shape(self) -> tuple[int, ...]:
        return (self.units, 2 * self.units)

    def step(self, x: Any, y: Any, z: Any, *, training: bool = False) -> tuple[Any, list[Any]]:
        U_y, U_z = ops.split(self.recurrent_kernel, 2, axis=-1)
        x = x + ops.matmul(self.drop(y, training), U_y) + ops.matmul(self.drop(z, training), U_z)
        z = z + self.dt * (self.activation(x) - self.gamma * y - self.epsilon * z)
        y = y + self.dt * z
        return y, [y, z]


@keras.saving.register_keras_serializable(package="custom_cells")
class UnICORNNCell(RecurrentCell):
    """Units that swing without friction, apart from each other, each at a pace of its own.

        d = dt σ(c)
        z(t) = z(t−1) − d ∘ (tanh(x(t) W + b + u ∘ y(t−1)) + α y(t−1))
        y(t) = y(t−1) + d ∘ z(t)

    y is the output, z its velocity. `recurrent_kernel` is u and `pace` is c, both of `(units,)`. u
    starts uniform between 0 and 1, c between −0.1 and 0.1. Units mix in the next layer: stack them.
    α and dt are chosen for each task; the defaults are those for permuted digits.

    Args:
        alpha: α, a positive number, the pull to rest.
        dt: a positive number, the longest time between steps.
        recurrent_initializer: of u; by default uniform between 0 and 1.

    Example:
        >>> import keras
        >>> from custom_cells import UnICORNNCell
        >>> layer = keras.layers.RNN([UnICORNNCell(4) for _ in range(3)])
        >>> print(layer(keras.ops.ones((2, 5, 3))).shape, layer.count_params())
        (2, 4) 80

    Reference:
        T. K. Rusch and S. Mishra, UnICORNN: a recurrent model for learning very long time
        dependencies, 2021, arXiv:2103.05487
    """

    states = "yz"
    defaults = {
        "kernel_initializer": "he_uniform",
        "recurrent_initializer": partial(keras.initializers.RandomUniform, 0, 1),
    }

    def __init__(
        self, units: int, *args: Any, alpha: float = 30.65, dt: float = 0.19, **options: Any
    ):
        super().__init__(units, *args, **options)
        self.alpha, self.dt = self._positive("alpha", alpha), self._positive("dt", dt)

    @property
    def recurrent_shape(self) -> tuple[int, ...]:
        return (self.units,)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        super().build(input_shape)
        start = keras.initializers.RandomUniform(-0.1, 0.1)
        self.pace = self.add_weight(name="pace", shape=(self.units,), initializer=start)

    def step(self, x: Any, y: Any, z: Any, *, training: bool = False) -> tuple[Any, list[Any]]:
        d = self.dt * keras.activations.sigmoid(self.pace)
        driven = self.activation(x + self.recurrent_kernel * self.drop(y, training))
        z = z - d * (driven + self.alpha * y)
        y = y + d * z
        return y, [y, z]


@keras.saving.register_keras_serializable(package="custom_cells")
class LEMCell(RecurrentCell):
    """Two states of which each moves towards its candidate by a time step that a gate chooses.

        d(t) = σ(x(t) W_d + b_d + y(t−1) U_d)
        e(t) = σ(x(t) W_e + b_e + y(t−1) U_e)
        g(t) = tanh(x(t) W_g + b_g + y(t−1) U_g)
        z(t) = (1 − dt d(t)) ∘ z(t−1) + dt d(t) ∘ g(t)
        k(t) = tanh(x(t) W_k + b_k + z(t) U_k)
        y(t) = (1 − dt e(t)) ∘ y(t−1) + dt e(t) ∘ k(t)

    The weights are [W_d W_e W_g W_k]; y is the output. As in the authors' code every weight starts
    uniform within 1 / √units, b too.

    Args:
        dt: a positive number, the longest time step.

    Example:
        >>> import keras
        >>> from custom_cells import LEMCell
        >>> layer = keras.layers.RNN(LEMCell(4, dt=0.5), return_sequences=True)
        >>> print(layer(keras.ops.ones((2, 5, 3))).shape, layer.count_params())
        (2, 5, 4) 128

    Reference:
        T. K. Rusch, S. Mishra, N. B. Erichson and M. W. Mahoney, Long expressive memory for
        sequence modeling, 2021, arXiv:2110.04744
    """

    blocks, states, gates = "degk", "yz", "de"
    defaults = dict.fromkeys(f"{name}_initializer" for name in ("kernel", "recurrent", "bias"))

    def __init__(self, units: int, *args: Any, dt: float = 1.0, **options: Any):
        super().__init__(units, *args, **options)
        limit = self.units**-0.5
        for name in self.defaults:
            if getattr(self, name) is None:
                setattr(self, name, keras.initializers.RandomUniform(-limit, limit))
        self.dt = self._positive("dt", dt)

    def step(self, x: Any, y: Any, z: Any, *, training: bool = False) -> tuple[Any, list[Any]]:
        width = 3 * self.units
        yU = ops.matmul(self.drop(y, training), self.recurrent_kernel[:, :width])
        d, e, g = ops.split(x[:, :width] + yU, 3, axis=-1)
        d, e = self.dt * self.recurrent_activation(d), self.dt * self.recurrent_activation(e)
        z = (1 - d) * z + d * self.activation(g)
        zU = ops.matmul(self.drop(z, training), self.recurrent_kernel[:, width:])
        y = (1 - e) * y + e * self.activation(x[:, width:] + zU)
        return y, [y, z]


@keras.saving.register_keras_serializable(package="custom_cells")
class LTCCell(RecurrentCell):
    """A leaky state whose leak, and whose pull to a target, grow with what drives it.

        f(t) = σ(x(t) W_f + b_f + h(t) U_f)
        dh/dt = −h(t) / τ + f(t) ∘ (A − h(t))

    Each step is one unit of time, taken in `unfolds` parts of length d = 1 / unfolds by the paper's
    fused solver, h ← (h + d f ∘ A) / (1 + d (1 / τ + f)), with x(t) held. `log_tau` log τ and
    `target` A are of `(units,)`; τ starts at 1 and A at −1 or 1. The paper's algorithm names tanh
    for f, its bounds on τ ask for f between 0 and 1, which σ gives; the authors' code has a
    conductance for each pair of units in the place of U.

    Args:
        recurrent_activation: f, in the place of σ.
        unfolds: a positive integer, the parts of a step.

    Example:
        >>> from custom_cells import LTCCell
        >>> cell = LTCCell(4, unfolds=12)
        >>> cell.build((None, 3))
        >>> print(*(weight.shape for weight in cell.weights))
        (3, 4) (4, 4) (4,) (4,) (4,)

    Reference:
        R. Hasani, M. Lechner, A. Amini, D. Rus and R. Grosu, Liquid time-constant networks, 2020,
        arXiv:2006.04439
    """

    blocks, gates, lacking = "f", "f", ("activation",)

    def __init__(self, units: int, *args: Any, unfolds: int = 6, **options: Any):
        super().__init__(units, *args, **options)
        self.unfolds = self._integer("unfolds", unfolds)
        self.signs = keras.initializers.RandomUniform(-1, 1)

    def initial_target(self, shape: tuple[int, ...], dtype: Any = None, **kwargs: Any) -> Any:
        """Return A to start from."""
        drawn = self.signs(shape, dtype=dtype)
        return drawn / ops.abs(drawn)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        super().build(input_shape)
        shape = (self.units,)
        self.log_tau = self.add_weight(name="log_tau", shape=shape, initializer="zeros")
        self.target = self.add_weight(name="target", shape=shape, initializer=self.initial_target)

    def step(self, x: Any, h: Any, *, training: bool = False) -> tuple[Any, list[Any]]:
        d, leak = 1 / self.unfolds, ops.exp(-self.log_tau)
        for _ in range(self.unfolds):
            hU = ops.matmul(self.drop(h, training), self.recurrent_kernel)
            f = self.recurrent_activation(x + hU)
            h = (h + d * f * self.target) / (1 + d * (leak + f))
        return h, [h]


@keras.saving.register_keras_serializable(package="custom_cells")
class CfCCell(RecurrentCell):
    """A liquid time constant solved in closed form: a gate between two candidates.

        f(t) = σ(−(x(t) W_f + b_f + h(t−1) U_f))
        g(t) = tanh(x(t) W_g + b_g + h(t−1) U_g)
        k(t) = tanh(x(t) W_k + b_k + h(t−1) U_k)
        h(t) = f(t) ∘ g(t) + (1 − f(t)) ∘ k(t)

    The weights are [W_f W_g W_k]. The paper multiplies the argument of f by the time since the last
    step, here 1, and lets f, g and k share a few layers before these. The authors' code has a
    second weight and a bias for that time.

    Example:
        >>> import keras
        >>> from custom_cells import CfCCell
        >>> layer = keras.layers.Bidirectional(keras.layers.RNN(CfCCell(4)), merge_mode="sum")
        >>> print(layer(keras.ops.ones((2, 5, 3))).shape)
        (2, 4)

    Reference:
        R. Hasani et al., Closed-form continuous-time neural models, 2021, arXiv:2106.13898
    """

    blocks, gates = "fgk", "f"

    def step(self, x: Any, h: Any, *, training: bool = False) -> tuple[Any, list[Any]]:
        x = x + ops.matmul(self.drop(h, training), self.recurrent_kernel)
        f, g, k = ops.split(x, 3, axis=-1)
        f = self.recurrent_activation(-f)
        h = f * self.activation(g) + (1 - f) * self.activation(k)
        return h, [h]


@keras.saving.register_keras_serializable(package="custom_cells")
class LMUCell(RecurrentCell):
    """A memory of the last θ steps of one signal, as coefficients of Legendre polynomials.

        u(t) = x(t) W_u + h(t−1) U_u + m(t−1) M_u
        m(t) = m(t−1) A + u(t) B
        h(t) = tanh(x(t) W_h + h(t−1) U_h + m(t) M_h)

    The weights are [W_u W_h], 1 and `units` wide, and likewise [U_u U_h] and `memory_kernel`
    [M_u M_h], without bias; behind them A of `(order, order)` and B of `(1, order)`, which are not
    trained. These step the paper's equation θ dm/dt by zero-order hold. W_u and U_u start
    lecun_uniform, M_u at 0, the rest glorot_normal, as in the paper, which chooses order and θ for
    each task.

    Args:
        order: a positive integer, the number of polynomials, the width of m.
        theta: θ, a positive number.

    Example:
        >>> import keras
        >>> from custom_cells import LMUCell
        >>> layer = keras.layers.RNN(LMUCell(4, order=6, theta=20), return_state=True)
        >>> print(*(tensor.shape for tensor in layer(keras.ops.ones((2, 5, 3)))))
        (2, 4) (2, 4) (2, 6)

    Reference:
        A. R. Voelker, I. Kajić and C. Eliasmith, Legendre memory units: continuous-time
        representation in recurrent neural networks, NeurIPS 32, 2019,
        https://papers.nips.cc/paper/9689-legendre-memory-units-continuous-time-representation-in-recurrent-neural-networks
    """

    blocks, states, biased = "uh", "hm", ""
    draws = {"u": "lecun_uniform"}
    defaults = {"kernel_initializer": "glorot_normal", "recurrent_initializer": "glorot_normal"}

    def __init__(
        self, units: int, *args: Any, order: int = 8, theta: float = 100.0, **options: Any
    ):
        super().__init__(units, *args, **options)
        self.order, self.theta = self._integer("order", order), self._positive("theta", theta)
        self.memory_initializer = keras.initializers.GlorotNormal()

    @property
    def block_sizes(self) -> list[int]:
        return [1, self.units]

    @property
    def state_size(self) -> list[int]:
        return [self.units, self.order]

    def initial_memory(self, shape: tuple[int, ...], dtype: Any = None, **kwargs: Any) -> Any:
        """Return [M_u M_h] to start from."""
        rest = self.memory_initializer((self.order, self.units), dtype=dtype)
        return ops.concatenate([0 * rest[:, :1], rest], axis=-1)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        super().build(input_shape)
        shape = self.order, 1 + self.units
        self.memory_kernel = self.add_weight(
            name="memory_kernel", shape=shape, initializer=self.initial_memory
        )
        for name, value in zip("AB", legendre(self.order, self.theta), strict=True):
            constant = keras.initializers.Constant(value)
            weight = self.add_weight(
                name=name, shape=value.shape, initializer=constant, trainable=False
            )
            setattr(self, name, weight)

    def step(self, x: Any, h: Any, m: Any, *, training: bool = False) -> tuple[Any, list[Any]]:
        x = x + ops.matmul(self.drop(h, training), self.recurrent_kernel)
        u = x[:, :1] + ops.matmul(m, self.memory_kernel[:, :1])
        m = ops.matmul(m, self.A) + u * self.B
        h = self.activation(x[:, 1:] + ops.matmul(m, self.memory_kernel[:, 1:]))
        return h, [h, m]


def legendre(order: int, theta: float) -> tuple[np.ndarray, np.ndarray]:
    """Return A and B for rows m, such that m A + u B is m one step later while u is held."""
    i, j = np.arange(order)[:, None], np.arange(order)
    a = (2 * i + 1) / theta * np.where(i < j, -1.0, (-1.0) ** (i - j + 1))
    b = (2 * i + 1) / theta * (-1.0) ** i
    # exp of [a b; 0 0] holds both: by its series after so many halvings, then as often squared.
    whole = np.zeros((order + 1, order + 1))
    whole[:order] = np.concatenate([a, b], axis=1)
    halvings = max(0, math.ceil(math.log2(np.abs(whole).sum(axis=1).max())) + 4)
    term = total = np.eye(order + 1)
    for n in range(1, 16):
        term = term @ whole / 2.0**halvings / n
        total = total + term
    for _ in range(halvings):
        total = total @ total
    return total[:order, :order].T, total[:order, order:].T
