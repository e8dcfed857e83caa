"""Cells with several layers in a step, or modules that do not step together."""

import math
import numbers
from collections.abc import Sequence
from typing import Any

import numpy as np

from custom_cells._keras import keras, ops
from custom_cells.recurrent import RecurrentCell

__all__ = ["ClockworkRNNCell", "RHNCell"]


@keras.saving.register_keras_serializable(package="custom_cells")
class RHNCell(RecurrentCell):
    """A recurrent highway network: several gated layers, one upon the other, in each step.

        s_0(t) = h(t−1), and in each layer l from 1 to L:
        z(t) = σ(x(t) W_z + b_zl + s_(l−1)(t) U_zl)
        g(t) = tanh(x(t) W_g + b_gl + s_(l−1)(t) U_gl)
        s_l(t) = (1 − z(t)) ∘ s_(l−1)(t) + z(t) ∘ g(t)
        h(t) = s_L(t)

    Only the first layer has x(t) W. The weights are [W_z W_g], `recurrent_kernel` [U_z1 U_g1 U_z2 …
    U_gL] of `(units, 2 L · units)`, and `bias` of `(L, 2 · units)`, a row [b_zl b_gl] for each
    layer. The paper calls z t and g h, and couples the carry gate so in its experiments. b_z starts
    at −2, as in the authors' code for words. One mask of `recurrent_dropout` serves all layers.

    Args:
        depth: L, a positive integer; the paper goes up to 10.

    Example:
        >>> import keras
        >>> from custom_cells import RHNCell
        >>> layer = keras.layers.RNN(RHNCell(4, depth=5))
        >>> print(layer(keras.ops.ones((2, 5, 3))).shape, layer.count_params())
        (2, 4) 224

    Reference:
        J. G. Zilly, R. K. Srivastava, J. Koutník and J. Schmidhuber, Recurrent highway networks,
        2016, arXiv:1607.03474
    """

    blocks, states, gates = "zg", "h", "z"
    start = {"z": -2.0}

    def __init__(self, units: int, *args: Any, depth: int = 3, **options: Any):
        super().__init__(units, *args, **options)
        self.depth = self._integer("depth", depth)

    @property
    def recurrent_shape(self) -> tuple[int, ...]:
        return (self.units, 2 * self.depth * self.units)

    @property
    def bias_shape(self) -> tuple[int, ...]:
        return (self.depth, 2 * self.units)

    def initial_bias(self, shape: tuple[int, ...], dtype: Any = None, **kwargs: Any) -> Any:
        row = super().initial_bias
        return ops.concatenate([row((1, shape[1]), dtype) for _ in range(shape[0])], axis=0)

    def step(self, x: Any, h: Any, *, training: bool = False) -> tuple[Any, list[Any]]:
        for layer, U in enumerate(ops.split(self.recurrent_kernel, self.depth, axis=-1)):
            b = self.bias[layer] if self.use_bias else 0
            a = (b if layer else x) + ops.matmul(self.drop(h, training), U)
            z, g = ops.split(a, 2, axis=-1)
            z, g = self.recurrent_activation(z), self.activation(g)
            h = (1 - z) * h + z * g
        return h, [h]


@keras.saving.register_keras_serializable(package="custom_cells")
class ClockworkRNNCell(RecurrentCell):
    """A SimpleRNN in modules, each with a clock of its own: slow ones keep their state for long.

        h_j(t) = tanh(x(t) W_j + b_j + Σ_i h_i(t−1) U_ij)      where T_j divides n(t−1)
        h_j(t) = h_j(t−1)                                      elsewhere
        n(t) = n(t−1) + 1

    The sum is over modules with T_i ≥ T_j: slow ones tell fast ones, not the other way. The units
    are shared out in the order of `periods`, as evenly as they can be. The weights have the shapes
    of a SimpleRNN's, the blocks of U that no sum takes included. n, of shape `(batch, 1)`, starts
    at 0, so all modules see the first step; it is counted modulo the least common multiple of T.

    Args:
        periods: T, a sequence of positive integers; the paper's are powers of 2.

    Example:
        >>> import keras
        >>> import numpy as np
        >>> from custom_cells import ClockworkRNNCell
        >>> layer = keras.layers.RNN(ClockworkRNNCell(3, periods=[1, 2, 4]), return_sequences=True)
        >>> h = np.array(layer(np.random.default_rng(0).normal(size=(1, 6, 3))))[0]
        >>> print(*np.sum(h[1:] != h[:-1], axis=0))
        5 2 1

    Reference:
        J. Koutník, K. Greff, F. Gomez and J. Schmidhuber, A clockwork RNN, 2014, arXiv:1402.3511
    """

    states = "hn"

    def __init__(
        self, units: int, *args: Any, periods: Sequence[int] = (1, 2, 4, 8), **options: Any
    ):
        super().__init__(units, *args, **options)
        whole = [isinstance(T, numbers.Integral) and not isinstance(T, bool) for T in periods]
        if not whole or not all(whole) or min(periods) < 1:
            raise ValueError(
                f"{self._who} expects periods to be positive integers, got {periods!r}."
            )
        self.periods = list(map(int, periods))
        most = {"float16": 2**11, "bfloat16": 2**8}.get(self.compute_dtype, 2**24)
        if math.lcm(*self.periods) > most:
            raise ValueError(
                f"{self._who} expects periods with a common multiple up to {most}, to which "
                f"{self.compute_dtype} counts, got {periods!r}."
            )
        sizes = [len(part) for part in np.array_split(np.arange(self.units), len(periods))]
        self.clocks = np.repeat(self.periods, sizes)

    @property
    def state_size(self) -> list[int]:
        return [self.units, 1]

    def step(self, x: Any, h: Any, n: Any, *, training: bool = False) -> tuple[Any, list[Any]]:
        T = self.clocks
        U = self.recurrent_kernel * ops.cast(T[:, None] >= T, self.compute_dtype)
        new = self.activation(x + ops.matmul(self.drop(h, training), U))
        h = ops.where(ops.equal(n % ops.cast(T, self.compute_dtype), 0), new, h)
        n = (n + 1) % math.lcm(*self.periods)
        return h, [h, n]
