"""The contract of a recurrent cell, one for Keras 2 and Keras 3."""

import numbers

from custom_cells._keras import keras

__all__ = ["AbstractRNNCell"]

if hasattr(keras.layers, "AbstractRNNCell"):
    AbstractRNNCell = keras.layers.AbstractRNNCell

else:

    class AbstractRNNCell(keras.layers.Layer):
        """What one step of a recurrent network must offer so that `keras.layers.RNN` can run it.

        Keras 2 has this class as `keras.layers.AbstractRNNCell`, and there this name is that very
        class. Keras 3 dropped it; this one keeps its contract. A subclass gives:

        - `state_size`, a property or class attribute: units of the state, or a (nested) list or
          tuple of them;
        - `output_size`, likewise: units of the output, an integer;
        - `build(input_shape)`, which makes the weights (a cell without weights needs none);
        - `call(inputs, states)`, which returns `(output, new_states)`.

        `get_initial_state` is given: zeros in the shape of `state_size`.

        Call arguments:
            inputs: one step of the input, of shape `(batch, features)`.
            states: a list or tuple of tensors of shape `(batch, units)`, as `state_size` says.

        Returns:
            The output, of shape `(batch, output_size)`, and the new states, shaped as `states`.

        Example:
            A cell that adds up its inputs:

            >>> from custom_cells import AbstractRNNCell
            >>> from keras import layers, ops
            >>> class Sum(AbstractRNNCell):
            ...     @property
            ...     def state_size(self):
            ...         return 1
            ...
            ...     @property
            ...     def output_size(self):
            ...         return 1
            ...
            ...     def call(self, inputs, states):
            ...         total = inputs + states[0]
            ...         return total, [total]
            >>> print(ops.convert_to_numpy(layers.RNN(Sum())(ops.ones((1, 5, 1)))))
            [[5.]]

        Reference:
            `keras.layers.AbstractRNNCell` of TensorFlow 2.15 and of tf_keras.
        """

        def call(self, inputs, states):
            """Compute one step; every cell must define it.

            Raises:
                NotImplementedError: if the subclass does not define it.
            """
            raise NotImplementedError(f"{type(self).__name__} must define call(inputs, states).")

        @property
        def state_size(self):
            """Units of each state: an integer, or a (nested) list or tuple of integers.

            Raises:
                NotImplementedError: if the subclass does not define it.
            """
            raise NotImplementedError(
                f"{type(self).__name__} must define state_size as a property or class attribute."
            )

        @property
        def output_size(self):
            """Units of the output, an integer.

            Raises:
                NotImplementedError: if the subclass does not define it.
            """
            raise NotImplementedError(
                f"{type(self).__name__} must define output_size as a property or class attribute."
            )

        def get_initial_state(self, inputs=None, batch_size=None, dtype=None):
            """Return zeros in the shape of `state_size`.

            Args:
                inputs: a tensor whose first axis is the batch; stands in for `batch_size`.
                batch_size: an integer or a scalar tensor.
                dtype: of the zeros; the compute dtype of the cell by default.

            Returns:
                Tensors of shape `(batch_size, units)`, nested as `state_size`. For a single
                integer it is a list of one tensor, as Keras 3's `RNN` expects (Keras 2 gives the
                bare tensor).

            Raises:
                ValueError: if neither `inputs` nor `batch_size` is given.
            """
            if inputs is not None:
                batch_size = keras.ops.shape(inputs)[0]
            if batch_size is None:
                raise ValueError(
                    f"{type(self).__name__}.get_initial_state needs inputs or batch_size, "
                    "but got neither."
                )
            dtype = dtype or self.compute_dtype
            size = self.state_size
            return keras.tree.map_structure(
                lambda units: keras.ops.zeros((batch_size, units), dtype=dtype),
                [size] if isinstance(size, numbers.Integral) else size,
            )
