"""What all cells share: weights, options, dropout and config. A cell adds only its equations."""

import functools
import inspect
import itertools
import math
import numbers
from collections.abc import Callable
from typing import Any

from custom_cells._keras import DropoutRNNCell, SeedGenerator, keras, ops
from custom_cells.abstract import AbstractRNNCell, flat, refuse_activity_regularizer

__all__ = ["RecurrentCell"]

KINDS = ("initializer", "regularizer", "constraint")


def by_position(init: Callable[..., None]) -> Callable[..., None]:
    """Let a constructor take its options by position, passing over those of no use in the cell.

    So each cell has the order of Keras's, whose SimpleRNNCell lacks what gates need. What is not
    given is what `defaults` of the cell say.
    """
    signature = inspect.signature(init)
    _, _, *options, _ = signature.parameters

    @functools.wraps(init)
    def with_names(self: Any, units: int, *values: Any, **named: Any) -> None:
        names = [name for name in options if name not in self._lacking()]
        if len(values) > len(names):
            raise TypeError(
                f"{type(self).__name__} expects at most {len(names)} options, got {len(values)}."
            )
        given = dict(zip(names, values, strict=False))
        due = {
            name: value() if isinstance(value, functools.partial) else value
            for name, value in self.defaults.items()
            if name not in given | named
        }
        init(self, units, **given, **named, **due)

    with_names.__signature__ = signature  # which Keras looks at too
    return with_names


def as_matrix(x: Any, rows: int, columns: int) -> Any:
    """Return a tensor with a matrix in the place of its last axis."""
    return ops.reshape(x, (*_leading(x, 1), rows, columns))


def as_vector(x: Any) -> Any:
    """Return a tensor with its last two axes as one."""
    return ops.reshape(x, (*_leading(x, 2), x.shape[-2] * x.shape[-1]))


def _leading(x: Any, last: int) -> list[Any]:
    # In a graph the batch is unknown, and the number of steps may be.
    return [-1, *(ops.shape(x)[axis] for axis in range(1, len(x.shape) - last))]


class RecurrentCell(DropoutRNNCell, AbstractRNNCell):
    """A cell whose weights stand in blocks of one letter each; the equations are up to a subclass.

    A subclass names what it is made of and defines `step`, in which the name x stands for
    x(t) W + b. Options that its `__init__` adds behind a `*` and keeps under their names are in the
    config, too.

        blocks: a letter for each block of the weights, in their order.
        states: a letter for each state, in the order of the arguments of `step`. The first state
            is what U multiplies, and the output: JAX gives it for a masked step.
        gates: the letters of the blocks that σ squashes; where there is one block, a letter for
            each gate that is made of it.
        start: a number for each letter whose block of the bias starts there, whatever
            `bias_initializer` says.
        draws: an initializer for each letter whose blocks of W and U start so, whatever their
            initializers say.
        biased: the letters of the blocks that have a bias, which come first; None for all.
        scalars: a number for each further weight of one number, by name, where it starts. They come
            behind b.
        lacking: the names of further options that have no use in the cell.
        defaults: the value of each option, by name, that has another default than below; a
            `functools.partial` is called for each cell, to make an initializer of its own.

    The weights follow, named as in Keras: `kernel` W of shape `(features, n · units)`,
    `recurrent_kernel` U of `(units, n · units)` and `bias` b of `(n · units,)`, where n is the
    number of blocks. A cell with other weights overrides `block_sizes`, `kernel_width`,
    `recurrent_shape`, `bias_shape` or `build`, and one whose states have other widths `state_size`.
    `call` composes two halves:

        project(inputs):   x(t) W + b for all blocks, and for all steps at once
        step(x, *states):  x(t) W + b, states(t−1) → output(t), states(t)

    Args:
        units: positive integer, the width of the output and of each state.
        activation: of the output or of what is written into the state, in the place of the
            function that the equations name.
        recurrent_activation: of the gates, in the place of σ. Only for cells with gates.
        use_bias: whether b is added.
        unit_forget_bias: whether b_f starts where `start` says, so that the state is kept at first.
            Only for cells whose `start` names f.
        kernel_initializer, recurrent_initializer, bias_initializer: of W, U and b; what U has is
            only for cells with U.
        kernel_regularizer, recurrent_regularizer, bias_regularizer: likewise.
        kernel_constraint, recurrent_constraint, bias_constraint: likewise.
        dropout: in [0, 1), the fraction of input features that training sets to zero.
        recurrent_dropout: in [0, 1), likewise of the first state where U multiplies it. `RNN` draws
            both masks once a sequence, and all blocks share them; a cell called by hand keeps them
            until `reset_dropout_mask()` and `reset_recurrent_dropout_mask()`.
        seed: an integer that makes the masks repeatable.
        **kwargs: `name`, `dtype` and what else a Keras layer takes, but no `activity_regularizer`,
            which goes to `RNN`.

    Call arguments:
        inputs: x(t), one step of the input, of shape `(batch, features)`.
        states: a list or tuple of the states at t−1, each of shape `(batch, units)` or as wide as
            `state_size` says; a single one may stand bare.
        training: whether to drop.

    Returns:
        The output, shaped as the first state, and a list of the new states, shaped as `states`;
        all of them in the compute dtype.

    Raises:
        ValueError: if the letters of a subclass do not fit together, if an option is out of its
            range or has no use in the cell, or if inputs or states have another rank, width or
            number than the cell expects.

    Example:
        A state that moves towards its candidate by as much as a gate says:

        >>> import keras
        >>> from custom_cells import RecurrentCell
        >>> class MyCell(RecurrentCell):
        ...     blocks, states, gates = "zg", "h", "z"
        ...
        ...     def step(self, x, h, *, training=False):
        ...         x = x + self.drop(h, training) @ self.recurrent_kernel
        ...         z, g = keras.ops.split(x, 2, axis=-1)
        ...         z, g = self.recurrent_activation(z), self.activation(g)
        ...         h = h + z * (g - h)
        ...         return h, [h]
        >>> layer = keras.layers.RNN(MyCell(4, dropout=0.1, recurrent_activation="hard_sigmoid"))
        >>> print(layer(keras.ops.ones((2, 5, 3))).shape, layer.count_params())
        (2, 4) 64
    """

    blocks: str = "h"
    states: str = "h"
    gates: str = ""
    start: dict[str, float] = {}
    draws: dict[str, Any] = {}
    biased: str | None = None
    scalars: dict[str, float] = {}
    lacking: tuple[str, ...] = ()
    defaults: dict[str, Any] = {}

    def __init_subclass__(cls, **kwargs: Any):
        super().__init_subclass__(**kwargs)
        for name in ("blocks", "states", "gates"):
            letters = getattr(cls, name)
            string = isinstance(letters, str)
            some = string and (letters.isalpha() or (name == "gates" and not letters))
            if not some or len(set(letters)) < len(letters):
                raise ValueError(
                    f"{cls.__name__} expects {name} to be a string of different letters, "
                    f"got {letters!r}."
                )
        # One block may make several gates, which then have names of their own.
        if len(cls.blocks) > 1 and not set(cls.gates) <= set(cls.blocks):
            raise ValueError(
                f"{cls.__name__} expects gates to be letters of its blocks {cls.blocks!r}, "
                f"got {cls.gates!r}."
            )
        mapping = isinstance(cls.start, dict) and set(cls.start) <= set(cls.blocks)
        if not mapping or not all(isinstance(b, numbers.Real) for b in cls.start.values()):
            raise ValueError(
                f"{cls.__name__} expects start to give a number for letters of its blocks "
                f"{cls.blocks!r}, got {cls.start!r}."
            )
        if not set(cls.draws) <= set(cls.blocks):
            raise ValueError(
                f"{cls.__name__} expects draws to give an initializer for letters of its blocks "
                f"{cls.blocks!r}, got {cls.draws!r}."
            )
        if not cls.blocks.startswith(cls.biased or ""):
            raise ValueError(
                f"{cls.__name__} expects biased to be the first letters of its blocks "
                f"{cls.blocks!r}, got {cls.biased!r}."
            )
        _, *options = inspect.signature(RecurrentCell.__init__).parameters.values()
        options = [option for option in options if option.name not in cls._lacking()]
        if not set(cls.defaults) <= {option.name for option in options}:
            raise ValueError(
                f"{cls.__name__} expects defaults to name options that it has a use for, "
                f"got {cls.defaults!r}."
            )
        cls.__signature__ = None  # not that of a base; then inspect looks at __init__
        if cls.__init__ is RecurrentCell.__init__:
            default = cls.defaults.get
            cls.__signature__ = inspect.Signature(
                [option.replace(default=default(option.name, option.default)) for option in options]
            )

    @by_position
    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        unit_forget_bias: bool = True,
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
        refuse_activity_regularizer(self)
        defaults = inspect.signature(RecurrentCell.__init__).parameters
        given = {
            "activation": activation,
            "recurrent_activation": recurrent_activation,
            "use_bias": use_bias,
            "unit_forget_bias": unit_forget_bias,
            "recurrent_initializer": recurrent_initializer,
            "recurrent_regularizer": recurrent_regularizer,
            "recurrent_constraint": recurrent_constraint,
            "bias_initializer": bias_initializer,
            "bias_regularizer": bias_regularizer,
            "bias_constraint": bias_constraint,
            "recurrent_dropout": recurrent_dropout,
        }
        useless = [name for name in self._lacking() if given[name] != defaults[name].default]
        if useless:
            raise ValueError(f"{self._who} has no use for {', '.join(useless)}.")
        self.units = self._integer("units", units)
        self.activation = self._function("activation", activation)
        self.recurrent_activation = self._function("recurrent_activation", recurrent_activation)
        self.use_bias = use_bias and self.biased != ""
        self.unit_forget_bias = unit_forget_bias
        # Whatever has no seed draws one, and weights start as Keras's do if it is in their order.
        if not self.gates:
            self.seed_generator = SeedGenerator(seed)
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
        if self.gates:
            self.seed_generator = SeedGenerator(seed)

    @classmethod
    def _lacking(cls) -> list[str]:
        """Return the options that have no use in a cell of these blocks and weights."""
        lacking = list(cls.lacking)
        lacking += [] if cls.gates else ["recurrent_activation"]
        lacking += [] if "f" in cls.start else ["unit_forget_bias"]
        if cls.recurrent_shape is None:
            lacking += [f"recurrent_{kind}" for kind in (*KINDS, "dropout")]
        if cls.biased == "":
            lacking += ["use_bias", *(f"bias_{kind}" for kind in KINDS)]
        return lacking

    @classmethod
    def _own(cls) -> list[str]:
        """Return the options that the constructors of subclasses add after a `*`."""
        bases = [base for base in cls.__mro__ if "__init__" in vars(base)]
        return [
            name
            for base in bases[: bases.index(RecurrentCell)]
            for name, option in inspect.signature(base.__init__).parameters.items()
            if option.kind is option.KEYWORD_ONLY
        ]

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

    def _number(self, name: str, value: float, due: str, fits: Callable[[float], bool]) -> float:
        if isinstance(value, bool) or not isinstance(value, numbers.Real) or not fits(value):
            raise ValueError(f"{self._who} expects {name} to be {due}, got {value!r}.")
        return float(value)

    def _rate(self, name: str, rate: float) -> float:
        return self._number(name, rate, "in [0, 1)", lambda rate: 0 <= rate < 1)

    def _integer(self, name: str, value: int) -> int:
        if not isinstance(value, numbers.Integral) or isinstance(value, bool) or value < 1:
            raise ValueError(f"{self._who} expects {name} to be a positive integer, got {value!r}.")
        return int(value)

    def _positive(self, name: str, value: float) -> float:
        return self._number(name, value, "a positive number", lambda value: 0 < value < math.inf)

    @property
    def block_sizes(self) -> list[int]:
        """Width of each block of the weights; the blocks of U are those of W."""
        return [self.units] * len(self.blocks)

    @property
    def state_size(self) -> int | list[int]:
        """Units of the state, or of each state where there are several."""
        return self.units if len(self.states) == 1 else [self.units] * len(self.states)

    @property
    def output_size(self) -> int:
        """Units of the output."""
        return flat(self.state_size)[0]

    @property
    def kernel_width(self) -> int:
        """Columns of `kernel`. Where they are not those of all blocks, `shift` makes these."""
        return sum(self.block_sizes)

    @property
    def recurrent_shape(self) -> tuple[int, ...] | None:
        """Shape of `recurrent_kernel`; a cell without one sets this to None in its class."""
        return (self.units, sum(self.block_sizes))

    @property
    def bias_shape(self) -> tuple[int, ...]:
        """Shape of `bias`. A second row, where a cell has one, belongs to the recurrent product."""
        biased = self.blocks if self.biased is None else self.biased
        return (sum(self.block_sizes[: len(biased)]),)

    def initial_bias(self, shape: tuple[int, ...], dtype: Any = None, **kwargs: Any) -> Any:
        """Return the bias to start from: that of `bias_initializer`, and what `start` says."""
        start = self.start if self.unit_forget_bias else self.start | {"f": None}
        biased = self.blocks if self.biased is None else self.biased
        due = [(start.get(letter), n) for letter, n in zip(biased, self.block_sizes, strict=False)]
        # The blocks of a second row come last, so `start` speaks of the first.
        rest = math.prod(shape) - sum(n for _, n in due)
        due += [(None, rest)] if rest else []
        if not any(value is not None for value, _ in due):
            return self.bias_initializer(shape, dtype=dtype)
        # Neighbours are drawn at once, as in Keras, whose random biases these are then.
        parts = []
        for value, blocks in itertools.groupby(due, key=lambda block: block[0]):
            draw = self.bias_initializer
            draw = draw if value is None else keras.initializers.Constant(value)
            parts.append(draw((sum(n for _, n in blocks),), dtype=dtype))
        return ops.reshape(ops.concatenate(parts, axis=0), shape)

    def block_wise(self, initializer: Any) -> Any:
        """Return the initializer of a matrix of all blocks: this one, and what `draws` says."""
        if not self.draws:
            return initializer
        # An initializer without a seed draws one when it is made, and PyTorch calls it twice.
        due = {letter: keras.initializers.get(draw) for letter, draw in self.draws.items()}
        sizes = dict(zip(self.blocks, self.block_sizes, strict=True))

        def draw(shape: tuple[int, ...], dtype: Any = None, **kwargs: Any) -> Any:
            # Called for each block, it would draw the same numbers again and again.
            width = sum(n for letter, n in sizes.items() if letter not in due)
            rest, parts = initializer((*shape[:-1], width), dtype=dtype), []
            for letter, n in sizes.items():
                if letter in due:
                    parts.append(due[letter]((*shape[:-1], n), dtype=dtype))
                else:
                    parts.append(rest[..., :n])
                    rest = rest[..., n:]
            return ops.concatenate(parts, axis=-1)

        return draw

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
            shape=(shape[-1], self.kernel_width),
            initializer=self.block_wise(self.kernel_initializer),
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        if self.recurrent_shape is not None:
            self.recurrent_kernel = self.add_weight(
                name="recurrent_kernel",
                shape=self.recurrent_shape,
                initializer=self.block_wise(self.recurrent_initializer),
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
        for name, value in self.scalars.items():
            start = keras.initializers.Constant(value)
            setattr(self, name, self.add_weight(name=name, shape=(1,), initializer=start))
        self.built = True

    def project(self, inputs: Any, training: bool = False) -> Any:
        """Return what `step` expects: `inputs W + b`, the half of a step that needs no state.

        Args:
            inputs: of shape `(batch, features)`, or `(batch, time, features)` for all steps.
            training: whether to drop input features.

        Returns:
            A tensor shaped as `inputs`, but as wide as all blocks together.
        """
        if not self.built:
            raise ValueError(f"{self._who} expects to be built before it projects inputs.")
        shape, features = tuple(inputs.shape), self.kernel.shape[0]
        # In a graph the number of features may be unknown.
        if len(shape) not in (2, 3) or shape[-1] not in (None, features):
            raise ValueError(
                f"{self._who} expects inputs of shape (batch, {features}) or "
                f"(batch, time, {features}), got {shape}."
            )
        if self.dropout:
            inputs = self._masked(inputs, "dropout_mask", training)
        return self.shift(ops.matmul(inputs, self.kernel))

    def shift(self, xW: Any) -> Any:
        """Return what `project` makes of the product xW: here xW + b."""
        if not self.use_bias:
            return xW
        bias = self.bias if len(self.bias_shape) == 1 else self.bias[0]
        if self.biased is None:
            return xW + bias
        width = self.bias_shape[-1]
        return ops.concatenate([xW[..., :width] + bias, xW[..., width:]], axis=-1)

    def split(self, x: Any) -> list[Any]:
        """Return the blocks of what `project` gave, also where their widths differ."""
        ends = itertools.accumulate(self.block_sizes)
        return [x[..., e - n : e] for e, n in zip(ends, self.block_sizes, strict=True)]

    def drop(self, h: Any, training: bool) -> Any:
        """Return the state that U multiplies: with units dropped while training."""
        return self._masked(h, "recurrent_dropout_mask", training) if self.recurrent_dropout else h

    def _masked(self, x: Any, mask: str, training: Any) -> Any:
        """Return one step or all steps under the mask of that name, if training."""
        known = not hasattr(training, "shape")  # else a tensor, as Keras 2 gives now and then
        if known and not training:
            return x
        sequence = len(x.shape) == 3
        try:
            drawn = getattr(self, f"get_{mask}")(x[:, 0] if sequence else x)
            drawn = ops.cast(drawn, self.compute_dtype)
            masked = x * (drawn[:, None] if sequence else drawn)
        except Exception as error:
            raise ValueError(
                f"{self._who} expects masks drawn for this batch, got those of another. Where you "
                "call a cell yourself, not through RNN, call reset_dropout_mask() and "
                "reset_recurrent_dropout_mask() before each sequence."
            ) from error
        return masked if known else ops.where(training, masked, x)

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
        # Keras 2's get_initial_state gives a single state bare.
        states = states if isinstance(states, list | tuple) else [states]
        if len(states) != len(self.states):
            raise ValueError(
                f"{self._who} expects a list of {len(self.states)} states, got {len(states)}."
            )
        for state, units in zip(states, flat(self.state_size), strict=True):
            shape = tuple(getattr(state, "shape", ()))
            if len(shape) != 2 or shape[-1] not in (None, units):
                got = shape or state
                raise ValueError(
                    f"{self._who} expects states of shape (batch, {units}), got {got}."
                )
        states = [ops.cast(state, self.compute_dtype) for state in states]
        return self.step(self.project(inputs, training), *states, training=training)

    def get_config(self) -> dict[str, Any]:
        """Return every option that the cell uses, such that `from_config` makes an equal cell."""
        config = super().get_config() | {
            "units": self.units,
            "activation": keras.activations.serialize(self.activation),
            "recurrent_activation": keras.activations.serialize(self.recurrent_activation),
            "use_bias": self.use_bias,
            "unit_forget_bias": self.unit_forget_bias,
            "dropout": self.dropout,
            "recurrent_dropout": self.recurrent_dropout,
            "seed": self.seed,
        }
        for weight in ("kernel", "recurrent", "bias"):
            for kind in KINDS:
                name = f"{weight}_{kind}"
                config[name] = getattr(keras, f"{kind}s").serialize(getattr(self, name))
        config = {name: value for name, value in config.items() if name not in self._lacking()}
        own = [name for name in self._own() if name not in config and hasattr(self, name)]
        return config | {name: getattr(self, name) for name in own}
