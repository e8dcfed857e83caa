"""Cells that normalise what enters their activations, over the units of each row.

Where the input is normalised apart from the state, `shift` does it, which `project` ends in.
"""

from typing import Any

from custom_cells._keras import keras, name_scope, ops
from custom_cells.recurrent import RecurrentCell

__all__ = ["LayerNormGRUCell", "LayerNormLSTMCell", "LayerNormRNNCell"]


class NormalizedCell(RecurrentCell):
    """A cell with layers LN(a; α) = α ∘ (a − mean(a)) / √(variance(a) + ε).

    A subclass gives their names, and over how many blocks each normalises, in `norms`, and the
    names of those that add a bias β in `centred`. α is the weight `gamma` of the layer, and β is
    `beta`. They follow the weights of `RecurrentCell` in the order of `norms`.

    Args:
        epsilon: ε, a positive number. The paper has none, its authors' code has 10⁻⁵.
    """

    norms: dict[str, int] = {}
    centred: tuple[str, ...] = ()

    def __init__(self, units: int, *args: Any, epsilon: float = 1e-5, **options: Any):
        super().__init__(units, *args, **options)
        self.epsilon = self._positive("epsilon", epsilon)
        for name in self.norms:
            norm = keras.layers.LayerNormalization(
                epsilon=epsilon,
                center=name in self.centred,
                name=name,
                dtype=self.dtype_policy,
                trainable=self.trainable,
            )
            setattr(self, name, norm)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Make the weights for steps of shape `(batch, features)`."""
        super().build(input_shape)
        for name, blocks in self.norms.items():
            norm = getattr(self, name)
            with name_scope(name):  # or an .h5 file would have several weights of one name
                norm.build((None, blocks * self.units))
            # Keras 2 counts the last axis from the front when it builds, and takes no other rank.
            if norm.axis == [1]:
                norm.axis = [-1]


@keras.saving.register_keras_serializable(package="custom_cells")
class LayerNormRNNCell(NormalizedCell):
    """A SimpleRNN with its sum normalised, so that the state keeps its scale over many steps.

        h(t) = tanh(LN(x(t) W + h(t−1) U; α) + b)
        LN(a; α) = α ∘ (a − mean(a)) / √(variance(a) + ε)

    Mean and variance are over the units. Behind `bias` b comes the gain α, `norm.gamma`, of
    `(units,)`. The paper has no ε, its authors' code has 10⁻⁵.

    Args:
        epsilon: ε, a positive number.

    Example:
        >>> from custom_cells import LayerNormRNNCell
        >>> cell = LayerNormRNNCell(4, epsilon=1e-3)
        >>> cell.build((None, 3))
        >>> print(*(weight.shape for weight in cell.weights))
        (3, 4) (4, 4) (4,) (4,)

    Reference:
        J. L. Ba, J. R. Kiros and G. E. Hinton, Layer normalization, 2016, arXiv:1607.06450
    """

    norms = {"norm": 1}

    def shift(self, xW: Any) -> Any:
        return xW  # b comes behind the norm, in step

    def step(self, x: Any, h: Any, *, training: bool = False) -> tuple[Any, list[Any]]:
        normed = self.norm(x + ops.matmul(self.drop(h, training), self.recurrent_kernel))
        h = self.activation(normed + self.bias if self.use_bias else normed)
        return h, [h]


@keras.saving.register_keras_serializable(package="custom_cells")
class LayerNormLSTMCell(NormalizedCell):
    """An LSTM whose products with input and state, and whose memory, are normalised where read.

        [a_i(t) a_f(t) a_g(t) a_o(t)] = LN(x(t) W; α_x) + b + LN(h(t−1) U; α_h)
        i(t) = σ(a_i(t))
        f(t) = σ(a_f(t))
        g(t) = tanh(a_g(t))
        o(t) = σ(a_o(t))
        c(t) = f(t) ∘ c(t−1) + i(t) ∘ g(t)
        h(t) = o(t) ∘ tanh(LN(c(t); α_c) + β_c)
        LN(a; α) = α ∘ (a − mean(a)) / √(variance(a) + ε)

    Mean and variance are over all four blocks at once for the gates, and over the units for the
    memory, which itself is carried on as it is. Behind the weights [W_i W_f W_g W_o], as in
    `LSTMCell`, come the gains α_x, `kernel_norm.gamma`, and α_h, `recurrent_norm.gamma`, of
    `(4 · units,)`, and α_c and β_c, `memory_norm.gamma` and `memory_norm.beta`, of `(units,)`. The
    paper's two further biases of the gates add to b. It has no ε, its authors' code has 10⁻⁵.

    Args:
        epsilon: ε, a positive number.

    Example:
        >>> from custom_cells import LayerNormLSTMCell
        >>> cell = LayerNormLSTMCell(4)
        >>> cell.build((None, 3))
        >>> print(*(weight.shape for weight in cell.weights[3:]))
        (16,) (16,) (4,) (4,)

    Reference:
        J. L. Ba, J. R. Kiros and G. E. Hinton, Layer normalization, 2016, arXiv:1607.06450
    """

    blocks, states, gates = "ifgo", "hc", "ifo"
    start = {"f": 1.0}
    norms = {"kernel_norm": 4, "recurrent_norm": 4, "memory_norm": 1}
    centred = ("memory_norm",)

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


@keras.saving.register_keras_serializable(package="custom_cells")
class LayerNormGRUCell(NormalizedCell):
    """A GRU whose products with input and state are normalised.

        [z(t) r(t)] = σ(LN(x(t) W_zr; α_x) + b_zr + LN(h(t−1) U_zr; α_h) + d_zr)
        g(t) = tanh(LN(x(t) W_g; α_gx) + b_g + r(t) ∘ (LN(h(t−1) U_g; α_gh) + d_g))
        h(t) = (1 − z(t)) ∘ h(t−1) + z(t) ∘ g(t)
        LN(a; α) = α ∘ (a − mean(a)) / √(variance(a) + ε)

    Mean and variance are over both gates at once, and over the units for the candidate. The weights
    are [W_z W_r W_g], and `bias` is of `(2, 3 · units)`, rows b and d, as in `GRUCell`. Behind them
    come the gains α_x and α_h, `kernel_norm.gamma` and `recurrent_norm.gamma`, of `(2 · units,)`,
    and α_gx and α_gh, `candidate_kernel_norm.gamma` and `candidate_recurrent_norm.gamma`, of
    `(units,)`. A large z overwrites the state, where in Keras's GRU and in the authors' code it
    keeps it. The paper has no ε, that code has 10⁻⁵.

    Args:
        epsilon: ε, a positive number.

    Example:
        >>> import keras
        >>> from custom_cells import LayerNormGRUCell
        >>> layer = keras.layers.RNN(LayerNormGRUCell(4, activation="relu"))
        >>> print(layer(keras.ops.ones((2, 5, 3))).shape, layer.count_params())
        (2, 4) 132

    Reference:
        J. L. Ba, J. R. Kiros and G. E. Hinton, Layer normalization, 2016, arXiv:1607.06450
    """

    blocks, states, gates = "zrg", "h", "zr"
    norms = {
        "kernel_norm": 2,
        "recurrent_norm": 2,
        "candidate_kernel_norm": 1,
        "candidate_recurrent_norm": 1,
    }

    @property
    def bias_shape(self) -> tuple[int, ...]:
        return (2, 3 * self.units)

    def shift(self, xW: Any) -> Any:
        xW_zr, xW_g = xW[..., : 2 * self.units], xW[..., 2 * self.units :]
        x = [self.kernel_norm(xW_zr), self.candidate_kernel_norm(xW_g)]
        return super().shift(ops.concatenate(x, axis=-1))

    def step(self, x: Any, h: Any, *, training: bool = False) -> tuple[Any, list[Any]]:
        hU = ops.matmul(self.drop(h, training), self.recurrent_kernel)
        hU_zr, hU_g = hU[:, : 2 * self.units], hU[:, 2 * self.units :]
        hU = [self.recurrent_norm(hU_zr), self.candidate_recurrent_norm(hU_g)]
        hU = ops.concatenate(hU, axis=-1)
        hU = hU + self.bias[1] if self.use_bias else hU
        x_z, x_r, x_g = ops.split(x, 3, axis=-1)
        hU_z, hU_r, hU_g = ops.split(hU, 3, axis=-1)
        z = self.recurrent_activation(x_z + hU_z)
        r = self.recurrent_activation(x_r + hU_r)
        g = self.activation(x_g + r * hU_g)
        h = (1 - z) * h + z * g
        return h, [h]
