"""The exported cells, and what the tests of cells share; it runs on Keras 2 and 3."""

import functools
import itertools
import os

import numpy as np
import pytest
from papers import PAPERS

import custom_cells
from custom_cells import (
    AntisymmetricRNNCell,
    MinimalRNNCell,
    MultiplicativeLSTMCell,
    SCRNCell,
)
from custom_cells._keras import KERAS_2, keras
from custom_cells.abstract import flat

BATCH, TIME, FEATURES, UNITS = 3, 5, 2, 4
# Training is compiled where a backend needs it to be fast; XLA takes TensorFlow seconds a model.
COMPILED = keras.backend.backend() == "jax"

CELLS = list(custom_cells.all_cells().values())
# Options that turn a part of the equations on or off; a number only scales what is there.
SWITCHES = [
    (cell, options)
    for cell, options, _ in PAPERS
    if options and all(isinstance(value, bool) for value in options.values())
]


def variants(**options) -> list:
    """Return each cell under these options, and under its switches besides."""
    made = [(cell, options) for cell in CELLS if not set(options) & set(cell._lacking())]
    made += [(cell, options | switch) for cell, switch in SWITCHES if (cell, options) in made]
    return [
        pytest.param(functools.partial(cell, **options), id=f"{cell.__name__}{options or ''}")
        for cell, options in made
    ]


def options_of(make, ending: str) -> list[str]:
    """Return the options of a cell whose names end so."""
    return [name for name in make(1).get_config() if name.endswith(ending)]


def form(make) -> tuple:
    """Return what Keras sees of a cell: how wide its states are, and how many layers it has.

    It treats cells of one form alike, whatever their equations.
    """
    cell = make(UNITS)
    inside = sum(isinstance(part, keras.layers.Layer) for part in vars(cell).values())
    widths = [1 if width == UNITS else 2 for width in flat(cell.state_size)]
    return *widths, 0, inside


def one_of_each_form(made: list) -> list:
    """Return the first of the variants in each form, for tests of what Keras does with a cell."""
    return list({form(one.values[0]): one for one in reversed(made)}.values())[::-1]


# JAX compiles each operation of each shape, which takes seconds a test, and what Keras 2 does with
# cells is as old as its last release; there one cell of each form stands for all, unless the
# environment asks for them. papers.py speaks of all anywhere.
FEW = KERAS_2 or keras.backend.backend() == "jax"
EACH = "ALL_CELLS" in os.environ or not FEW
VARIANTS = variants() if EACH else one_of_each_form(variants())
WITH_RECURRENT_DROPOUT = [
    make for make in VARIANTS if "recurrent_dropout" in options_of(make.values[0], "dropout")
]
every_cell = pytest.mark.parametrize("cell", CELLS)
every_variant = pytest.mark.parametrize("make", VARIANTS)
every_form = pytest.mark.parametrize("make", one_of_each_form(VARIANTS))
every_recurrent_form = pytest.mark.parametrize("make", one_of_each_form(WITH_RECURRENT_DROPOUT))
every_recurrent_variant = pytest.mark.parametrize("make", WITH_RECURRENT_DROPOUT)
every_variant_and_no_bias = pytest.mark.parametrize("make", [*VARIANTS, *variants(use_bias=False)])


def draw_inputs(batch: int = BATCH, time: int = TIME) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(batch, time, FEATURES)).astype("float32")


def rnn(cell, **options):
    return keras.layers.RNN(cell, **{"return_sequences": True} | options)


def with_random_weights(layer, shape: tuple = (None, TIME, FEATURES)):
    """Build the layer and draw its weights anew: a bias of zeros would hide errors."""
    layer.build(shape)
    rng = np.random.default_rng(1)
    layer.set_weights([rng.normal(size=w.shape, scale=0.5) for w in layer.get_weights()])
    return layer


def first_states(cell, batch: int = BATCH) -> list:
    states = cell.get_initial_state(batch_size=batch, dtype=cell.compute_dtype)
    # Keras 2 gives the bare tensor where there is one state.
    return list(states) if isinstance(states, list | tuple) else [states]


def draw_states(cell, batch: int = BATCH) -> list[np.ndarray]:
    """Return random states for a cell; a state n, which counts or divides, has whole numbers."""
    rng = np.random.default_rng(0)
    return [
        rng.integers(8, size=(batch, units)).astype(float)
        if letter == "n"
        else rng.normal(size=(batch, units))
        for letter, units in zip(cell.states, flat(cell.state_size), strict=True)
    ]


def to_tensor(array: np.ndarray):
    # Keras 2 takes an initial state only as a tensor.
    convert = keras.ops.convert_to_tensor if hasattr(keras, "ops") else keras.backend.constant
    return convert(array, dtype=array.dtype.name)


def to_numpy(tensor) -> np.ndarray:
    convert = keras.ops.convert_to_numpy if hasattr(keras, "ops") else np.asarray
    return convert(tensor)


def close(got, expected, tolerance: float = 1e-6) -> None:
    got, expected = to_numpy(got), to_numpy(expected)
    assert got.shape == expected.shape, f"expected the shape {expected.shape}, got {got.shape}"
    np.testing.assert_allclose(got, expected, rtol=0, atol=tolerance)


def dtype_name(tensor) -> str:
    # `<dtype: 'float16'>` and `torch.float16` name what NumPy and JAX call float16.
    dtype = getattr(tensor.dtype, "name", None) or str(tensor.dtype)
    return dtype.removeprefix("torch.")


def loss_of(outputs):
    """Return a loss in which every output weighs differently."""
    import tensorflow as tf  # the other backends need none

    rng, outputs = np.random.default_rng(2), tf.nest.flatten(outputs)
    return sum(tf.reduce_sum(o * tf.cast(rng.normal(size=o.shape), o.dtype)) for o in outputs)


def gradients(layer, x: np.ndarray, **call) -> list[np.ndarray]:
    """Return the gradient of each weight for that loss."""
    import tensorflow as tf

    with tf.GradientTape() as tape:
        loss = loss_of(layer(x, **call))
    # The weights of Keras 3 wrap variables of TensorFlow, those of Keras 2 are variables.
    variables = [getattr(w, "_value", w) for w in layer.trainable_weights]
    return [np.array(gradient) for gradient in tape.gradient(loss, variables)]


# With two features, or two units, each row has drawn one of four masks, and its output must be
# that of the one mask over the whole sequence.
MASKS = [np.array(mask, "float32") for mask in itertools.product([0, 2], repeat=2)]


def check_drawn(got, candidates: list) -> None:
    """Check that each row of `got` is that row of a candidate, and not always the same one's."""
    fits = np.array([[np.allclose(a, b, atol=1e-6) for a, b in zip(got, c, strict=True)]
                     for c in candidates])  # fmt: skip
    assert fits.any(axis=0).all(), "expected one mask for all steps of a row"
    assert fits.any(axis=1).sum() > 1, "expected masks to differ between rows"


def with_each_mask(layer, x: np.ndarray) -> list[np.ndarray]:
    """Return the outputs for the inputs under each mask."""
    outputs = to_numpy(layer(np.concatenate([x * mask for mask in MASKS])))
    return np.split(outputs, len(MASKS))


# The blocks of the recurrent kernel that multiply the state, where others multiply something else.
ON_THE_STATE = {MinimalRNNCell: [0], MultiplicativeLSTMCell: [4], SCRNCell: [0]}


def with_each_recurrent_mask(layer, x: np.ndarray) -> list[np.ndarray]:
    """Return the outputs for the state under each mask, which the recurrent kernel takes over."""
    cell = layer.cell
    if isinstance(cell, AntisymmetricRNNCell):  # no kernel makes its matrix a masked one
        return with_each_mask_of_the_turned_state(layer, x)
    kernel = cell.recurrent_kernel
    values = to_numpy(kernel)
    blocks = np.arange(values.shape[-1]) // cell.units
    reached = np.isin(blocks, ON_THE_STATE.get(type(cell), blocks))
    outputs = []
    for mask in MASKS:  # (h ∘ m) U = h (diag(m) U)
        rows = np.resize(mask, values.shape[0])
        masks = np.where(reached, rows[:, None], 1) if values.ndim > 1 else rows
        kernel.assign(masks * values)
        outputs.append(to_numpy(layer(x)))
    kernel.assign(values)
    return outputs


def with_each_mask_of_the_turned_state(layer, x: np.ndarray) -> list[np.ndarray]:
    turn, outputs = layer.cell.turn, []
    for mask in MASKS:
        layer.cell.turn = lambda h, mask=mask: turn(h * to_tensor(mask))
        outputs.append(to_numpy(layer(x)))
    layer.cell.turn = turn
    return outputs
