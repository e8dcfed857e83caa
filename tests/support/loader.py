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


def load(path: str, x: np.ndarray) -> list[np.ndarray]:
    return outputs(keras.models.load_model(path), x)


def load_weights(path: str, architecture: str, x: np.ndarray) -> list[np.ndarray]:
    model = keras.models.model_from_json(architecture)
    model.load_weights(path)
    return outputs(model, x)


def load_policies(path: str) -> list[str]:
    """Return the dtype policies of the RNN layer of a model and of its cell."""
    layer = keras.models.load_model(path).layers[-1]
    return [layer.dtype_policy.name, layer.cell.dtype_policy.name]
