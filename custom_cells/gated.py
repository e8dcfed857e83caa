"""What all cells share: weights, options, dropout and config. A cell adds only its equations."""

import numbers
from typing import Any

from custom_cells.abstract import AbstractRNNCell, DropoutRNNCell, SeedGenerator, keras, ops

__all__ = ["ForgetGateCell", "GatedCell", "RecurrentCell"]


class RecurrentCell(DropoutRNNCell, AbstractRNNCell):
    """A cell with a kernel, a recurrent kernel and a bias; the equations are up to the subclass.

    A subclass says how many blocks stand side by side in the weights (`gates`), how many states it
    carries from step to step (`state_count`), and defines `step`. `call` composes the two halves:

        project(inputs):   x(t) W + b for all gates, and for all steps at once
        step(x, *states):  x(t) W + b, states(t−1) → output(t), states(t)

    So in the code of `step` the name x stands for x(t) W + b.

    Args:
        units: positive integer, the width of the output and of each state.
        activation: of the output or of what is written into the state.
        use_bias: whether `b` is added.
        kernel_initializer, recurrent_initializer, bias_initializer: of `kernel` (W),
            `recurrent_kernel` (U) and `bias` (b).
        kernel_regularizer, recurrent_regularizer, bias_regularizer: likewise.
        kernel_constraint, recurrent_constraint, bias_constraint: likewise.
        dropout: in [0, 1), the fraction of input features that training sets to zero.
        recurrent_dropout: in [0, 1), likewise of the first state where U multiplies it. `RNN` draws
            both masks once a sequence, and all gates share them; a cell called by hand keeps them
            until `reset_dropout_mask()` and `reset_recurrent_dropout_mask()`.
        seed: an integer that makes the masks repeatable.
        **kwargs: `name`, `dtype` and what else a Keras layer takes.

    Call arguments:
        inputs: one step of the input, of shape `(batch, features)`.
        states: a list or tuple of `state_count` tensors of shape `(batch, units)`.
        training: whether to drop.

    Returns:
        The output, of shape `(batch, units)`, and a list of the new states, shaped as `states`;
        all of them in the compute dtype.

    Raises:
        ValueError: if an option is out of its range, or if inputs or states have another rank,
            width or number than the cell expects.
    """

    gates = 1
    state_count = 1

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        *,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        if not isinstance(units, numbers.Integral) or isinstance(units, bool) or units < 1:
            raise ValueError(f"{self._who} expects units to be a positive integer, got {units!r}.")
        self.units = int(units)
        self.activation = self._function("activation", activation)
        self.use_bias = use_bias
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.recurrent_initializer = keras.initializers.get(recurrent_initializer)
        self.bias_initializer = keras.initializers.get(bias_initializer)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)
        self.recurrent_regularizer = keras.regularizers.get(recurrent_regularizer)
        self.bias_regularizer = keras.regularizers.get(bias_regularizer)
        self.kernel_constraint = keras.constraints.get(kernel_constraint)
        self.recurrent_constraint = keras.constraints.get(recurrent_constraint)
        self.bias_constraint = keras.constraints.get(bias_constraint)
        self.dropout = self._rate("dropout", dropout)
        self.recurrent_dropout = self._rate("recurrent_dropout", recurrent_dropout)
        self.seed = seed
        self.seed_generator = SeedGenerator(seed)

    @property
    def _who(self) -> str:
        return f"{type(self).__name__} {self.name!r}"

    def _function(self, name: str, identifier: Any) -> Any:
        try:
            return keras.activations.get(identifier)
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"{self._who} expects {name} to be a function, None or the name of a Keras "
                f"activation, got {identifier!r}."
            ) from error

    def _rate(self, name: str, rate: float) -> float:
        if isinstance(rate, bool) or not isinstance(rate, numbers.Real) or not 0 <= rate < 1:
            raise ValueError(f"{self._who} expects {name} to be in [0, 1), got {rate!r}.")
        return float(rate)

    @property
    def state_size(self) -> int | list[int]:
        """Units of the state, or of each state where there are several."""
        return self.units if self.state_count == 1 else [self.units] * self.state_count

    @property
    def output_size(self) -> int:
        """Units of the output."""
        return self.units

    @property
    def recurrent_shape(self) -> tuple[int, ...] | None:
        """Shape of `recurrent_kernel`, or None for a cell without one."""
        return (self.units, self.gates * self.units)

    @property
    def bias_shape(self) -> tuple[int, ...]:
        """Shape of `bias`. A second row, where a cell has one, belongs to the recurrent product."""
        return (self.gates * self.units,)

    def initial_bias(self, shape: tuple[int, ...], dtype: Any = None, **kwargs: Any) -> Any:
        """Return the bias to start from."""
        return self.bias_initializer(shape, dtype=dtype)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Make the weights for steps of shape `(batch, features)`."""
        shape = tuple(input_shape)
        if len(shape) != 2 or shape[-1] is None:
            raise ValueError(
                f"{self._who} expects each step to have the shape (batch, features) with a known "
                f"number of features, got {shape}."
            )
        self.kernel = self.add_weight(
            name="kernel",
            shape=(shape[-1], self.gates * self.units),
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        if self.recurrent_shape is not None:
            self.recurrent_kernel = self.add_weight(
                name="recurrent_kernel",
                shape=self.recurrent_shape,
                initializer=self.recurrent_initializer,
                regularizer=self.recurrent_regularizer,
                constraint=self.recurrent_constraint,
            )
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                name="bias",
                shape=self.bias_shape,
                initializer=self.initial_bias,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )
        self.built = True

    def project(self, inputs: Any, training: bool = False) -> Any:
        """Return what `step` expects: `inputs W + b`, the half of a step that needs no state.

        Args:
            inputs: of shape `(batch, features)`, or `(batch, time, features)` for all steps.
            training: whether to drop input features.

        Returns:
            A tensor shaped as `inputs`, but `gates * units` wide.
        """
        if not self.built:
            raise ValueError(f"{self._who} expects to be built before it projects inputs.")
        shape, features = tuple(inputs.shape), self.kernel.shape[0]
        if len(shape) not in (2, 3) or shape[-1] != features:
            raise ValueError(
                f"{self._who} expects inputs of shape (batch, {features}) or "
                f"(batch, time, {features}), got {shape}."
            )
        if training and self.dropout:
            mask = self.get_dropout_mask(inputs if len(shape) == 2 else inputs[:, 0])
            mask = ops.cast(mask, self.compute_dtype)
            inputs = inputs * (mask if len(shape) == 2 else mask[:, None])
        return self.shift(ops.matmul(inputs, self.kernel))

    def shift(self, xW: Any) -> Any:
        """Return what `project` makes of the product xW: here xW + b."""
        if not self.use_bias:
            return xW
        return xW + (self.bias if len(self.bias_shape) == 1 else self.bias[0])

    def drop(self, h: Any, training: bool) -> Any:
        """Return the state that U multiplies: with units dropped while training."""
        if training and self.recurrent_dropout:
            return h * ops.cast(self.get_recurrent_dropout_mask(h), self.compute_dtype)
        return h

    def step(self, x: Any, *states: Any, training: bool = False) -> tuple[Any, list[Any]]:
        """Return output and new states from a projected input; every cell must define it."""
        raise NotImplementedError(f"{type(self).__name__} must define step(x, *states).")

    def call(self, inputs: Any, states: Any, training: bool = False) -> tuple[Any, list[Any]]:
        """Compute one step, as the class says."""
        if len(inputs.shape) != 2:
            raise ValueError(
                f"{self._who} expects one step of shape (batch, features), "
                f"got {tuple(inputs.shape)}."
            )
        if not isinstance(states, list | tuple) or len(states) != self.state_count:
            got = len(states) if isinstance(states, list | tuple) else type(states).__name__
            raise ValueError(f"{self._who} expects a list of {self.state_count} states, got {got}.")
        for state in states:
            shape = tuple(getattr(state, "shape", ()))
            if len(shape) != 2 or shape[-1] != self.units:
                got = shape or state
                raise ValueError(
                    f"{self._who} expects states of shape (batch, {self.units}), got {got}."
                )
        states = [ops.cast(state, self.compute_dtype) for state in states]
        return self.step(self.project(inputs, training), *states, training=training)

    def get_config(self) -> dict[str, Any]:
        """Return every option, such that `from_config` makes an equal cell."""
        config = super().get_config() | {
            "units": self.units,
            "activation": keras.activations.serialize(self.activation),
            "use_bias": self.use_bias,
            "dropout": self.dropout,
            "recurrent_dropout": self.recurrent_dropout,
            "seed": self.seed,
        }
        for weight in ("kernel", "recurrent", "bias"):
            for kind in ("initializer", "regularizer", "constraint"):
                name = f"{weight}_{kind}"
                config[name] = getattr(keras, f"{kind}s").serialize(getattr(self, name))
        return config


class GatedCell(RecurrentCell):
    """A cell with gates, whose activation is `recurrent_activation`.

    Args:
        units: positive integer, the width of the output and of each state.
        activation: of what is written into the state.
        recurrent_activation: of the gates.
        **options: as of `RecurrentCell`.
    """

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        **options: Any,
    ):
        super().__init__(units, activation, **options)
        self.recurrent_activation = self._function("recurrent_activation", recurrent_activation)

    def get_config(self) -> dict[str, Any]:
        """Return every option, such that `from_config` makes an equal cell."""
        gate = keras.activations.serialize(self.recurrent_activation)
        return super().get_config() | {"recurrent_activation": gate}


class ForgetGateCell(GatedCell):
    """A cell with a forget gate, whose block in the weights is number `forget_gate`, from 0.

    Args:
        units: positive integer, the width of the output and of each state.
        activation: of what is written into the state.
        recurrent_activation: of the gates.
        unit_forget_bias: whether the bias of the forget gate starts at 1 whatever
            `bias_initializer` says, so that the state is kept at first.
        **options: as of `RecurrentCell`.
    """

    forget_gate = 0

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
        """Return the bias to start from."""
        blocks = list(ops.split(super().initial_bias(shape, dtype), self.gates))
        if self.unit_forget_bias:
            blocks[self.forget_gate] = ops.ones_like(blocks[self.forget_gate])
        return ops.concatenate(blocks, axis=0)

    def get_config(self) -> dict[str, Any]:
        """Return every option, such that `from_config` makes an equal cell."""
        return super().get_config() | {"unit_forget_bias": self.unit_forget_bias}
