"""Where Keras 2 and Keras 3 differ for a cell: the library, its functions and its dropout."""

import contextlib
import inspect
import os
from functools import partial
from importlib import import_module
from types import SimpleNamespace

import numpy as np

__all__ = [
    "KERAS_2",
    "DropoutRNNCell",
    "SeedGenerator",
    "accepted",
    "keras",
    "name_scope",
    "ops",
    "to_numpy",
    "to_tensor",
    "untracked",
]

# tf.keras looks at the same variable in the same way, so `keras` here and `tf.keras` in the
# reader's code are one and the same library.
if os.environ.get("TF_USE_LEGACY_KERAS", "") in ("1", "true", "True"):
    import tf_keras as keras
else:
    import keras

KERAS_2 = hasattr(keras.layers, "AbstractRNNCell")

# RNN asks each cell whether it is an instance of one class, and draws or clears the dropout masks
# of a sequence only then. That class has no public name, neither in Keras 2 nor in Keras 3.
if KERAS_2:
    import tensorflow as tf

    SeedGenerator = import_module(f"{keras.__name__}.src.backend").RandomGenerator
    _mixin = import_module(f"{keras.__name__}.src.layers.rnn.dropout_rnn_cell_mixin")

    # The functions of keras.ops that cells use.
    ops = SimpleNamespace(
        abs=tf.abs,
        all=tf.reduce_all,
        cast=tf.cast,
        concatenate=tf.concat,
        cos=tf.cos,
        equal=tf.equal,
        exp=tf.exp,
        log=tf.math.log,
        matmul=tf.matmul,
        maximum=tf.maximum,
        minimum=tf.minimum,
        reshape=tf.reshape,
        shape=tf.shape,
        sin=tf.sin,
        split=tf.split,
        sqrt=tf.sqrt,
        sum=tf.reduce_sum,
        transpose=tf.transpose,
        where=tf.where,
        zeros=tf.zeros,
    )

    # The layers of Keras 3 open one of their name when they are built.
    name_scope = keras.backend.name_scope

    class DropoutRNNCell(_mixin.DropoutRNNCellMixin):
        """The mixin of Keras 2 under the names of Keras 3."""

        @property
        def _random_generator(self):
            return self.seed_generator

        def get_dropout_mask(self, step_input):
            draw = partial(self._create_dropout_mask, step_input, training=True)
            return _drawn_once(self._dropout_mask_cache, draw)

        def get_recurrent_dropout_mask(self, step_input):
            draw = partial(self._create_recurrent_dropout_mask, step_input, training=True)
            return _drawn_once(self._recurrent_dropout_mask_cache, draw)

    def _drawn_once(cache, draw):
        # The mixin's own look-up does not see masks drawn outside the loop over time, so Keras 2's
        # cells draw new ones at each step of a graph. Indexing looks outside too.
        cache.default_factory = draw
        return cache[None]

else:
    from keras import ops
    from keras.random import SeedGenerator
    from keras.src.layers.rnn.dropout_rnn_cell import DropoutRNNCell

    name_scope = contextlib.nullcontext


def to_numpy(tensor):
    """Return what a tensor of any backend holds."""
    return np.asarray(tensor) if KERAS_2 else ops.convert_to_numpy(tensor)


def to_tensor(array):
    """Return a tensor of the backend, of the same dtype."""
    return tf.constant(array) if KERAS_2 else ops.convert_to_tensor(array)


def accepted(function, arguments):
    """Return the arguments that a function takes, since cells of others take fewer."""
    parameters = inspect.signature(function).parameters
    if any(one.kind is one.VAR_KEYWORD for one in parameters.values()):
        return arguments
    return {name: value for name, value in arguments.items() if name in parameters}


def untracked(value):
    """Return whether a value is a variable, but none that a layer of Keras trains and saves."""
    names = {cls.__name__ for cls in type(value).__mro__}
    # Those of TensorFlow, which Keras 2 tracks, and of PyTorch.
    return not KERAS_2 and bool(names & {"BaseResourceVariable", "Parameter"})
