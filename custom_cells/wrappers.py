"""Cells around any other cell."""

import numbers
from collections.abc import Sequence
from typing import Any

from custom_cells._keras import DropoutRNNCell, accepted, keras, ops
from custom_cells.abstract import (
    AbstractRNNCell,
    first_states,
    flat,
    output_size,
    refuse_activity_regularizer,
)

__all__ = ["ResidualCell", "ZoneoutCell"]


class CellWrapper(DropoutRNNCell, AbstractRNNCell):
    """A cell that runs another one, with that one's states; what it changes is up to the subclass.

    Args:
        cell: the cell to run: of this package, of Keras or your own.
        **kwargs: `name`, `dtype` and what else a Keras layer takes.

    Call arguments:
        inputs: x(t), of shape `(batch, features)`.
        states: a list of states, as the cell inside expects.
        training: whether to change what training changes, and whether the cell inside drops.

    Returns:
        The output and the list of new states, shaped as those of the cell inside; all of them in
        the compute dtype of the wrapper.

    Raises:
        ValueError: if `cell` is not a cell or keeps its states in a nested structure, or if an
            option is out of its range.
    """

    def __init__(self, cell: Any, **kwargs: Any):
        super().__init__(**kwargs)
        refuse_activity_regularizer(self)
        if not isinstance(cell, keras.layers.Layer) or not hasattr(cell, "state_size"):
            raise ValueError(
                f"{type(self).__name__} expects a cell, a layer with state_size, got {cell!r}."
            )
        sizes = cell.state_size if isinstance(cell.state_size, list | tuple) else [cell.state_size]
        nested = isinstance(cell, keras.layers.StackedRNNCells)
        if nested or not all(isinstance(size, numbers.Integral) for size in sizes):
            raise ValueError(
                f"{type(self).__name__} expects a cell whose state_size is an integer or a list "
                f"of integers, and no stack of cells, got {cell!r} with {cell.state_size}."
            )
        self.cell = cell

    @property
    def state_size(self) -> int | list[int]:
        """Units of the state of the cell inside, or of each state where there are several."""
        return self.cell.state_size

    @property
    def output_size(self) -> int:
        """Units of the output of the cell inside."""
        return output_size(self.cell)

    @property
    def carried(self) -> int:
        """How many of the first states are no memory, but outputs that masked steps repeat."""
        return getattr(self.cell, "carried", 0)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Make the weights of the cell inside for steps of shape `(batch, features)`."""
        if not self.cell.built:
            self.cell.build(input_shape)
        self.built = True

    def get_initial_state(
        self, inputs: Any = None, batch_size: Any = None, dtype: Any = None
    ) -> Any:
        """Return the first states of the cell inside, from the arguments that it takes."""
        return first_states(self.cell, inputs=inputs, batch_size=batch_size, dtype=dtype)

    def run(self, inputs: Any, states: Any, training: bool) -> tuple[Any, list[Any]]:
        """Return output and list of new states of the cell inside."""
        mode = accepted(self.cell.call, {"training": training})
        output, new_states = self.cell(inputs, states, **mode)
        new_states = new_states if isinstance(new_states, list | tuple) else [new_states]
        is_state = output is new_states[0]
        new_states = [ops.cast(state, self.compute_dtype) for state in new_states]
        return new_states[0] if is_state else ops.cast(output, self.compute_dtype), new_states

    # RNN draws and clears the masks of a cell that it knows to drop, so they are passed on.

    def _pass_on(self, method: str, *args: Any) -> Any:
        return getattr(self.cell, method, lambda *_: None)(*args)

    def get_dropout_mask(self, step_input: Any) -> Any:
        return self._pass_on("get_dropout_mask", step_input)

    def get_recurrent_dropout_mask(self, step_input: Any) -> Any:
        return self._pass_on("get_recurrent_dropout_mask", step_input)

    def reset_dropout_mask(self) -> None:
        self._pass_on("reset_dropout_mask")

    def reset_recurrent_dropout_mask(self) -> None:
        self._pass_on("reset_recurrent_dropout_mask")

    def get_config(self) -> dict[str, Any]:
        """Return every option, such that `from_config` makes an equal wrapper and cell."""
        return super().get_config() | {"cell": keras.saving.serialize_keras_object(self.cell)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "CellWrapper":
        """Return the wrapper, and the cell in it, that `get_config` describes."""
        cell = keras.layers.deserialize(config["cell"])
        return cls(**config | {"cell": cell})


@keras.saving.register_keras_serializable(package="custom_cells")
class ZoneoutCell(CellWrapper):
    """While training, each unit of a state now and then keeps its old value for a step.

        s(t) = d(t) ∘ s(t−1) + (1 − d(t)) ∘ s̃(t)       while training
        s(t) = p s(t−1) + (1 − p) s̃(t)                 otherwise

    s̃(t) is the new state of the cell inside, and d(t), drawn anew at each step, is 1 with
    probability p. Where the cell's output equals its first new state, the output is s(t) of that
    state.
    Masks are drawn in the loop over time, which the JAX backend can do with `unroll=True` only.

    Args:
        rate: p, in [0, 1), or one such number for each state: h, then c for an LSTM.
        seed: an integer that makes the masks repeatable.

    Example:
        >>> import keras
        >>> from custom_cells import LSTMCell, ZoneoutCell
        >>> layer = keras.layers.RNN(ZoneoutCell(LSTMCell(4), rate=[0.05, 0.5]))
        >>> print(layer(keras.ops.ones((2, 5, 3))).shape)
        (2, 4)

    Reference:
        D. Krueger et al., Zoneout: regularizing RNNs by randomly preserving hidden activations,
        2016, arXiv:1606.01305
    """

    def __init__(
        self, cell: Any, rate: float | Sequence[float], *, seed: int | None = None, **kwargs: Any
    ):
        super().__init__(cell, **kwargs)
        count = len(flat(self.state_size)) - self.carried
        rates = rate if isinstance(rate, list | tuple) else [rate] * count
        good = [
            isinstance(p, numbers.Real) and not isinstance(p, bool) and 0 <= p < 1 for p in rates
        ]
        if len(rates) != count or not all(good):
            raise ValueError(
                f"{type(self).__name__} expects rate to be a number in [0, 1) or "
                f"{count} of them, one for each state, got {rate!r}."
            )
        self.rate = [float(p) for p in rates]
        self.seed = seed
        # Where dropout returns 0, a change is dropped and the old value stays.
        self.drops = [
            keras.layers.Dropout(
                p, seed=None if seed is None else seed + i, dtype=self.dtype_policy
            )
            for i, p in enumerate(self.rate)
        ]

    def call(self, inputs: Any, states: Any, training: bool = False) -> tuple[Any, list[Any]]:
        """Compute one step, as the class says."""
        states = states if isinstance(states, list | tuple) else [states]
        output, new_states = self.run(inputs, states, training)
        zoned = new_states[: self.carried]
        memory = zip(states[self.carried :], new_states[self.carried :], strict=True)
        for p, drop, (old, new) in zip(self.rate, self.drops, memory, strict=True):
            old = ops.cast(old, self.compute_dtype)
            zoned.append(old + (1 - p) * drop(new - old, training=training) if p else new)
        if output is new_states[0]:
            return zoned[0], zoned
        if tuple(output.shape) == tuple(zoned[0].shape):
            # A compiled call returns the state twice, as two tensors.
            same = ops.all(ops.equal(output, new_states[0]))
            output = ops.where(same, zoned[0], output)
        return output, zoned

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"rate": self.rate, "seed": self.seed}


@keras.saving.register_keras_serializable(package="custom_cells")
class ResidualCell(CellWrapper):
    """The input is added to the output, so that a deep stack passes it on.

        y(t) = x(t) + ỹ(t)

    ỹ(t) is the output of the cell inside, as wide as the input. The states are y(t), which nothing
    reads but a masked step that repeats it, and those of the cell inside, which stay as they are.

    Raises:
        ValueError: if the cell inside is not as wide as the input.

    Example:
        >>> import keras
        >>> from custom_cells import GRUCell, ResidualCell
        >>> layer = keras.layers.RNN([GRUCell(4), ResidualCell(GRUCell(4))])
        >>> print(layer(keras.ops.ones((2, 5, 3))).shape)
        (2, 4)

    Reference:
        Y. Wu et al., Google's neural machine translation system: bridging the gap between human
        and machine translation, 2016, arXiv:1609.08144
    """

    @property
    def state_size(self) -> list[int]:
        """Units of the output, and of each state of the cell inside."""
        return [self.output_size, *flat(self.cell.state_size)]

    @property
    def carried(self) -> int:
        return 1 + super().carried

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        if input_shape[-1] != self.output_size:
            raise ValueError(
                f"{type(self).__name__} expects inputs as wide as the output of its cell, "
                f"{self.output_size}, got {input_shape[-1]}."
            )
        super().build(input_shape)

    def get_initial_state(
        self, inputs: Any = None, batch_size: Any = None, dtype: Any = None
    ) -> list[Any]:
        """Return zeros, and the first states of the cell inside."""
        states = flat(super().get_initial_state(inputs, batch_size, dtype))
        rows = ops.shape(states[0])[0]
        return [ops.zeros((rows, self.output_size), dtype=states[0].dtype), *states]

    def call(self, inputs: Any, states: Any, training: bool = False) -> tuple[Any, list[Any]]:
        """Compute one step, as the class says."""
        # On JAX and NumPy, RNN takes the output of a masked step from the first state.
        output, new_states = self.run(inputs, states[1:], training)
        output = ops.cast(inputs, self.compute_dtype) + output
        return output, [output, *new_states]
