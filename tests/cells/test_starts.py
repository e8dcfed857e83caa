"""Where every weight of every cell starts, on each backend of Keras 3 and on Keras 2.

A wrong start passes every test of equations, which draw the weights themselves.
"""

import numpy as np
import pytest
from cells import FEATURES, UNITS, close, every_variant, options_of, rnn, to_numpy, variants

from custom_cells import (
    AntisymmetricRNNCell,
    BRCell,
    CFNCell,
    FastGRNNCell,
    FastRNNCell,
    IndRNNCell,
    JANETCell,
    LayerNormLSTMCell,
    LSTMCell,
    MultiplicativeLSTMCell,
    NBRCell,
    PeepholeLSTMCell,
    RANCell,
    RecurrentCell,
    RHNCell,
    UGRNNCell,
)
from custom_cells._keras import keras

# The blocks whose bias starts elsewhere than the others. Forget gates that are open at first are
# Keras's choice for the LSTM. The minimal gated unit has a gate f too, which overwrites where open.
OPEN = {"f": 1.0}
START = {
    LSTMCell: OPEN,
    PeepholeLSTMCell: OPEN,
    LayerNormLSTMCell: OPEN,
    JANETCell: OPEN,
    UGRNNCell: OPEN,
    MultiplicativeLSTMCell: OPEN,
    CFNCell: OPEN | {"i": -1.0},
    RHNCell: {"z": -2.0},
}
# Cells whose last block has no bias.
BARE = {BRCell, CFNCell, MultiplicativeLSTMCell, NBRCell, RANCell}
# Where the other blocks start, if not at 0.
OTHERS = {FastRNNCell: 1.0, FastGRNNCell: 1.0}
CONSTANTS = {"kernel": 2.0, "recurrent": 3.0, "bias": 4.0, "peephole": 5.0}
# Weights that no option starts.
FIXED = {"gamma": 1.0, "beta": 0.0}
SCALARS = {FastRNNCell: {"alpha": -3.0, "beta": 3.0}, FastGRNNCell: {"zeta": 1.0, "nu": -4.0}}


def fixed(cell) -> dict[str, float]:
    return FIXED | SCALARS.get(type(cell), {})


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
    blocks = np.split(bias, bias.shape[1] // cell.units, axis=1)
    assert len(blocks) == len(cell.blocks) or type(cell) in BARE
    if isinstance(cell, RHNCell):  # whose rows are alike
        return dict(zip(cell.blocks, blocks, strict=True))
    blocks = dict(zip(cell.blocks, [block[0] for block in blocks], strict=False))
    return blocks | {"–": bias[1:]}


def check_bias(cell, bias: np.ndarray, others: float, kept: bool = True) -> None:
    """Check that the blocks of START start there, and every other block where the others do."""
    due = START.get(type(cell), {})
    due = due if kept else due | {"f": others}
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
            due = (CONSTANTS | fixed(cell))[name.removesuffix("_kernel")]
            close(weight, np.full_like(weight, due))
        seen.add(name.removesuffix("_kernel"))
    assert seen - set(fixed(cell)) == set(names), f"expected weights {names}, found {seen}"


@every_variant
@every_build
def test_each_weight_starts_as_the_paper_or_keras_says(make, build):
    features, units = 30, 40
    cell = make(units)
    build(cell, features)
    for name, weight in named(cell):
        if name.endswith("kernel") and isinstance(cell, AntisymmetricRNNCell):  # normal
            assert abs(weight.std() * np.sqrt(len(weight)) - 1) < 0.1
            assert weight.max() > 2.3 * weight.std(), "expected tails"
        elif name == "kernel":  # glorot_uniform
            limit = np.sqrt(6 / (features + weight.shape[1]))
            assert 0.98 * limit < weight.max() <= limit and -limit <= weight.min() < -0.98 * limit
        elif name == "recurrent_kernel" and isinstance(cell, IndRNNCell):
            assert 0 <= weight.min() < 0.2 and 0.8 < weight.max() < 1
        elif name == "recurrent_kernel" and type(cell) is BRCell:
            close(weight, np.ones_like(weight))
        elif name == "recurrent_kernel":  # orthogonal
            close(weight @ weight.T, np.eye(units), 1e-5)
        elif name == "bias":
            check_bias(cell, weight, others=OTHERS.get(type(cell), 0.0))
        else:
            due = (fixed(cell) | {"peephole_kernel": 0.0})[name]
            close(weight, np.full_like(weight, due))


FORGETTING = [v for v in variants() if "f" in START.get(v.values[0].func, {})]


@pytest.mark.parametrize("make", FORGETTING)
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


@pytest.mark.parametrize("cls", [JANETCell, LSTMCell])
@every_build
def test_chrono_initializer_draws_the_bias_of_the_forget_gate(cls, build):
    cell = cls(1000, t_max=100, seed=1)
    build(cell, FEATURES)
    assert cls.from_config(cell.get_config()).t_max == 100
    blocks = bias_blocks(cell, to_numpy(cell.bias))
    f = blocks.pop("f")
    if cls is LSTMCell:
        close(blocks.pop("i"), -f)
    assert all(np.all(block == 0) for block in blocks.values())
    drawn = np.exp(f)
    assert 1 <= drawn.min() < 2 and 98 < drawn.max() <= 99.0001, "expected 1 to T − 1"
    assert 45 < np.median(drawn) < 55, "expected all of the range alike"
