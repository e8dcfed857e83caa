"""The contract of a recurrent cell, one for Keras 2 and Keras 3."""

import numbers
import warnings
from typing import Any

from custom_cells._keras import KERAS_2, accepted, keras, ops, untracked

__all__ = [
    "AbstractRNNCell",
    "first_states",
    "flat",
    "output_size",
    "refuse_activity_regularizer",
]


def flat(nested: Any) -> list[Any]:
    """Return what nested lists and tuples hold."""
    if isinstance(nested, list | tuple):
        return [leaf for part in nested for leaf in flat(part)]
    return [nested]


def output_size(cell: Any) -> Any:
    """Return the units of a cell's output: where it does not say, those of its first state."""
    try:
        size = getattr(cell, "output_size", None)
    except NotImplementedError:  # of Keras 2's AbstractRNNCell
        size = None
    return flat(cell.state_size)[0] if size is None else size


def first_states(cell: Any, **given: Any) -> Any:
    """Return the states that any cell begins with.

    Args:
        cell: a layer with `state_size`; its `get_initial_state`, if there is one, may take any of
            the arguments.
        **given: `inputs`, a tensor whose first axis is the batch, or `batch_size`; and `dtype`.
    """
    given = {name: value for name, value in given.items() if value is not None}
    if hasattr(cell, "get_initial_state"):
        return cell.get_initial_state(**accepted(cell.get_initial_state, given))
    rows = ops.shape(given["inputs"])[0] if "inputs" in given else given["batch_size"]
    dtype = given.get("dtype", cell.compute_dtype)
    return [ops.zeros((rows, int(units)), dtype=dtype) for units in flat(cell.state_size)]


def refuse_activity_regularizer(cell: Any) -> None:
    """Raise ValueError if a cell was given one."""
    if cell.activity_regularizer is not None:
        raise ValueError(
            f"{type(cell).__name__} takes no activity_regularizer, since a loss that a step adds "
            "cannot leave the loop over time; give it to RNN."
        )


if KERAS_2:
    AbstractRNNCell = keras.layers.AbstractRNNCell

else:

    class Size:
        """A size of a cell, which a class gives as attribute or property, or an instance assigns.

        Reading it gives what Keras takes: Python's integers, in lists or tuples.
        """

        def __init__(self, given: Any):
            self.given = given

        def __set_name__(self, owner: type, name: str):
            self.name = name

        def __get__(self, cell: Any, owner: type | None = None) -> Any:
            if cell is None:
                return self.given
            given = vars(cell).get(f"_{self.name}", self.given)
            return self._plain(cell, given.__get__(cell) if hasattr(given, "__get__") else given)

        def __set__(self, cell: Any, value: Any):
            if getattr(self.given, "fset", None):
                self.given.fset(cell, value)
            else:
                vars(cell)[f"_{self.name}"] = value

        def _plain(self, cell: Any, size: Any, inside: bool = False) -> Any:
            if isinstance(size, list | tuple) and len(size):
                # In the shape of one state of several, None is a length that is open.
                is_open = inside and isinstance(size, tuple)
                parts = [
                    None if part is None and is_open else self._plain(cell, part, inside=True)
                    for part in size
                ]
                return tuple(parts) if isinstance(size, tuple) else parts
            axes = getattr(size, "as_list", lambda: [size])()  # of a TensorShape
            one = axes[0] if len(axes) == 1 else None
            if isinstance(one, numbers.Integral) and not isinstance(one, bool) and one > 0:
                return int(one)
            hint = ""
            if size is None:
                hint = " RNN asks for it before the cell is built, so set it in __init__."
            elif len(axes) > 1:
                hint = " Keep a matrix flat, rows · columns units wide, and reshape it in call."
            raise ValueError(
                f"{type(cell).__name__} expects {self.name} to be a positive integer, or a list "
                f"of them where there are several states, got {size!r}.{hint}"
            )

    class AbstractRNNCell(keras.layers.Layer):
        """What one step of a recurrent network must offer so that `keras.layers.RNN` can run it.

        Keras 2 has this class as `keras.layers.AbstractRNNCell`, and there this name is that very
        class. Keras 3 dropped it; this one keeps its contract. A subclass gives:

        - `state_size`: units of the state, or a (nested) list or tuple of them. It is a property,
          a class attribute, or assigned in `__init__`;
        - `output_size`, likewise: units of the output, if they are not those of the first state;
        - `build(input_shape)`, which makes the weights (a cell without weights needs none);
        - `call(inputs, states)`, which returns `(output, new_states)`.

        `get_initial_state` is given: zeros in the shape of `state_size`. A state is a vector for
        each row; keep a matrix flat, and reshape it in `call`. One whose length varies, such as the
        memory of a decoder, `(None, units)` in the list, must come as `initial_state`.

        Call arguments:
            inputs: one step of the input, of shape `(batch, features)`.
            states: a list or tuple of tensors of shape `(batch, units)`, as `state_size` says.

        Returns:
            The output, of shape `(batch, output_size)`, and the new states, shaped as `states`:
            a list, also where `call` returns a tuple or, of a single state, the tensor.

        Raises:
            ValueError: if a size is no positive integer, if `call` returns anything else than
                output and states, or if `activity_regularizer` is given, which `RNN` takes.

        Example:
            A cell that adds up its inputs:

            >>> from custom_cells import AbstractRNNCell
            >>> from keras import layers, ops
            >>> class Sum(AbstractRNNCell):
            ...     state_size = 1
            ...
            ...     def call(self, inputs, states):
            ...         total = inputs + states[0]
            ...         return total, [total]
            >>> print(ops.convert_to_numpy(layers.RNN(Sum())(ops.ones((1, 5, 1)))))
            [[5.]]

        Reference:
            `keras.layers.AbstractRNNCell` of TensorFlow 2.15 and of tf_keras.
        """

        def __init_subclass__(cls, **kwargs: Any):
            super().__init_subclass__(**kwargs)
            for name in ("state_size", "output_size"):
                if name in vars(cls):
                    size = Size(vars(cls)[name])
                    size.__set_name__(cls, name)
                    setattr(cls, name, size)

        def __init__(self, **kwargs: Any):
            super().__init__(**kwargs)
            refuse_activity_regularizer(self)

        def __setattr__(self, name: str, value: Any):
            if name in ("state_size", "output_size"):
                # Keras would read the old value first, and there is none yet.
                object.__setattr__(self, name, value)
                return
            super().__setattr__(name, value)
            if any(untracked(leaf) for leaf in flat(value)):
                warnings.warn(
                    f"{type(self).__name__}: Keras 3 neither trains nor saves {name}, since it is "
                    f"no variable of Keras; make it with self.add_weight(name={name!r}, shape=…).",
                    stacklevel=2,
                )

        def __call__(self, inputs: Any, states: Any, *args: Any, **kwargs: Any) -> Any:
            returned = super().__call__(inputs, states, *args, **kwargs)
            if not isinstance(returned, list | tuple) or len(returned) != 2:
                raise ValueError(
                    f"{type(self).__name__} expects call to return output and new states, "
                    f"got {returned!r}."
                )
            output, new = returned
            # JAX's loop asks for the very structure that the states had, a stack for a list.
            old, leaves = states if isinstance(states, list | tuple) else [states], flat(new)
            if len(leaves) == len(flat(old)):
                new = keras.tree.pack_sequence_as(list(old), leaves)
            return output, new

        def call(self, inputs, states):
            """Compute one step; every cell must define it.

            Raises:
                NotImplementedError: if the subclass does not define it.
            """
            raise NotImplementedError(f"{type(self).__name__} must define call(inputs, states).")

        @Size
        @property
        def state_size(self):
            """Units of each state: an integer, or a (nested) list or tuple of integers.

            Raises:
                NotImplementedError: if the subclass does not define it.
            """
            raise NotImplementedError(
                f"{type(self).__name__} must define state_size as a property or class attribute, "
                "or assign it in __init__."
            )

        @Size
        @property
        def output_size(self):
            """Units of the output, an integer: those of the first state."""
            return flat(self.state_size)[0]

        def get_initial_state(self, inputs=None, batch_size=None, dtype=None):
            """Return zeros in the shape of `state_size`.

            Args:
                inputs: a tensor whose first axis is the batch; stands in for `batch_size`. Keras
                    3's cells have `batch_size` in this place, so that may be given here too.
                batch_size: an integer or a scalar tensor.
                dtype: of the zeros; the compute dtype of the cell by default.

            Returns:
                A list of tensors of shape `(batch_size, units)`, nested as `state_size`. For a
                single integer it has one, as Keras 3's `RNN` expects (Keras 2 gives the bare
                tensor).

            Raises:
                ValueError: if neither `inputs` nor `batch_size` is given, or if a length is open.
            """
            if inputs is not None:
                batch_size = ops.shape(inputs)[0] if len(getattr(inputs, "shape", ())) else inputs
            if batch_size is None:
                raise ValueError(
                    f"{type(self).__name__}.get_initial_state needs inputs or batch_size, "
                    "but got neither."
                )
            dtype = dtype or self.compute_dtype
            size = self.state_size
            if None in flat(size):
                raise ValueError(
                    f"{type(self).__name__} expects initial_state, since the length of a state in "
                    f"{size} is open."
                )
            # A list, since that is what a stack hands on, and JAX asks for one kind throughout.
            return keras.tree.map_structure(
                lambda units: ops.zeros((batch_size, units), dtype=dtype),
                [size] if isinstance(size, int) else list(size),
            )
