"""Where every weight of every cell starts, on each backend of Keras 3 and on Keras 2.

A wrong start passes every test of equations, which draw the weights themselves.
"""

import numpy as np
import pytest
from cells import FEATURES, UNITS, close, every_variant, options_of, rnn, to_numpy, variants

from custom_cells import (
    IndRNNCell,
    JANETCell,
    LayerNormLSTMCell,
    LSTMCell,
    PeepholeLSTMCell,
    RecurrentCell,
)
from custom_cells._keras import keras

# The blocks whose bias starts elsewhere than the others. Forget gates that are open at first are
# Keras's choice for the LSTM. The minimal gated unit has a gate f too, which overwrites where open.
OPEN = {"f": 1.0}
START = {LSTMCell: OPEN, PeepholeLSTMCell: OPEN, LayerNormLSTMCell: OPEN, JANETCell: OPEN}
CONSTANTS = {"kernel": 2.0, "recurrent": 3.0, "bias": 4.0, "peephole": 5.0}
# Weights that no option starts.
FIXED = {"gamma": 1.0, "beta": 0.0}


def build_by_shape(cell, features: int) -> None:
    cell.build((None, features))


def build_by_symbols(cell, features: int) -> None:
    rnn(cell)(keras.Input((None, features)))


def named(cell) -> list[tuple[str, np.ndarray]]:
    """Return each weight with its name, which Keras 2 writes `cell/kernel:0`."""
    names = [weight.name.rpartition("/")[2].removesuffix(":0") for weight in cell.weights]
    return [(name, to_numpy(w).copy()) for name, w in zip(names, cell.weights, strict=True)]


every_build = pytest.mark.parametrize("build", [build_by_shape, build_by_symbols])


def bias_blocks(cell, bias: np.ndarray) -> dict[str, np.ndarray]:
    """Return the values of each block, and of a second row under the name of a dash."""
    bias = np.atleast_2d(bias)
    blocks = np.split(bias[0], len(cell.blocks))
    return dict(zip(cell.blocks, blocks, strict=True)) | {"–": bias[1:]}


def check_bias(cell, bias: np.ndarray, others: float, kept: bool = True) -> None:
    """Check that the blocks of START start there, and every other block where the others do."""
    due = START.get(type(cell), {}) if kept else {}
    for letter, block in bias_blocks(cell, bias).items():
        close(block, np.full_like(block, due.get(letter, others)))


@every_variant
@every_build
def test_each_initializer_starts_its_weight_and_no_other(make, build):
    names = [name.removesuffix("_initializer") for name in options_of(make, "_initializer")]
    start = {f"{n}_initializer": keras.initializers.Constant(CONSTANTS[n]) for n in names}
    cell = make(UNITS, **start)
    build(cell, FEATURES)
    seen = set()
    for name, weight in named(cell):
        if name == "bias":
            check_bias(cell, weight, CONSTANTS["bias"])
        else:
            due = (CONSTANTS | FIXED)[name.removesuffix("_kernel")]
            close(weight, np.full_like(weight, due))
        seen.add(name.removesuffix("_kernel"))
    assert seen - set(FIXED) == set(names), f"expected weights {names}, found {seen}"


@every_variant
@every_build
def test_each_weight_starts_as_the_paper_or_keras_says(make, build):
    features, units = 30, 40
    cell = make(units)
    build(cell, features)
    for name, weight in named(cell):
        if name == "kernel":  # glorot_uniform
            limit = np.sqrt(6 / (features + len(cell.blocks) * units))
            assert 0.98 * limit < weight.max() <= limit and -limit <= weight.min() < -0.98 * limit
        elif name == "recurrent_kernel" and isinstance(cell, IndRNNCell):
            assert 0 <= weight.min() < 0.2 and 0.8 < weight.max() < 1
        elif name == "recurrent_kernel":  # orthogonal
            close(weight @ weight.T, np.eye(units), 1e-5)
        elif name == "bias":
            check_bias(cell, weight, others=0.0)
        else:
            due = (FIXED | {"peephole_kernel": 0.0})[name]
            close(weight, np.full_like(weight, due))


@pytest.mark.parametrize("make", [v for v in variants() if v.values[0].func in START])
def test_forget_bias_can_be_left_to_its_initializer(make):
    cell = make(UNITS, unit_forget_bias=False, bias_initializer=keras.initializers.Constant(4.0))
    cell.build((None, FEATURES))
    check_bias(cell, to_numpy(cell.bias), others=4.0, kept=False)


class TwoRows(RecurrentCell):
    """Two rows of biases, of which the first has blocks that start somewhere."""

    blocks, gates, start = "zfg", "zf", {"z": -2.0, "f": 3.0}

    @property
    def bias_shape(self):
        return (2, 3 * self.units)


@pytest.mark.parametrize(("forget", "f"), [(True, 3.0), (False, 0.0)])
def test_start_speaks_of_the_first_row(forget: bool, f: float):
    cell = TwoRows(1, unit_forget_bias=forget)
    cell.build((None, FEATURES))
    close(cell.bias, np.array([[-2.0, f, 0.0], [0.0, 0.0, 0.0]], "float32"))


@every_build
def test_chrono_initializer_draws_the_bias_of_janet(build):
    cell = JANETCell(1000, t_max=100, seed=1)
    build(cell, FEATURES)
    assert JANETCell.from_config(cell.get_config()).t_max == 100
    f, g = np.split(to_numpy(cell.bias), 2)
    assert np.all(g == 0)
    drawn = np.exp(f)
    assert 1 <= drawn.min() < 2 and 98 < drawn.max() <= 99.0001, "expected 1 to T − 1"
    assert 45 < np.median(drawn) < 55, "expected all of the range alike"
