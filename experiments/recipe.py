"""Train a compiled model again from another seed, so that XLA compiles its step once for all."""

from collections.abc import Callable

import keras
import numpy as np


def start_of(optimizer: keras.optimizers.Optimizer) -> list[np.ndarray]:
    """Return the variables of an optimizer that has made no step yet."""
    return [variable.numpy() for variable in optimizer.variables]


def restart(
    model: keras.Model, start: list[np.ndarray], seed: int, build: Callable[[], keras.Model]
) -> None:
    """Put a compiled model back to where a new one of this seed begins.

    Args:
        model: compiled, with its optimizer built.
        start: what `start_of` returned for the optimizer of `model`.
        seed: of the new weights, and of the masks of dropout layers.
        build: returns a new model of the same shapes, with new weights.
    """
    keras.utils.set_random_seed(seed)
    model.set_weights(build().get_weights())
    for variable, value in zip(model.optimizer.variables, start, strict=True):
        variable.assign(value)
    for layer in model.layers:
        if isinstance(layer, keras.layers.Dropout):
            layer.seed_generator.state.assign([0, seed])
