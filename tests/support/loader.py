"""What test_saving runs in a process of its own, which imports custom_cells but no test."""

import sys

import keras
import numpy as np

import custom_cells  # noqa: F401


def imported() -> set[str]:
    return set(sys.modules)


def outputs(model: keras.Model, x: np.ndarray) -> list[np.ndarray]:
    """Return the output of inference and that of training, with its dropout."""
    return [keras.ops.convert_to_numpy(model(x, training=training)) for training in (False, True)]


def load(path: str, weights: str, x: np.ndarray) -> list[np.ndarray]:
    """Return the outputs of a model, and of a new one of its architecture and the weights."""
    model = keras.models.load_model(path)
    again = keras.models.model_from_json(model.to_json())
    again.load_weights(weights)
    return outputs(model, x) + outputs(again, x)


def load_with_policies(path: str, x: np.ndarray) -> tuple[list[str], list[np.ndarray]]:
    """Return the dtype policies of the RNN layer of a model and of its cell, and its outputs."""
    model = keras.models.load_model(path)
    layer = model.layers[-1]
    return [layer.dtype_policy.name, layer.cell.dtype_policy.name], outputs(model, x)
