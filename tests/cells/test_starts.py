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
    CoRNNCell,
    FastGRNNCell,
    FastRNNCell,
    GatedAntisymmetricRNNCell,
    GatedDeltaNetCell,
    IndRNNCell,
    JANETCell,
    LayerNormLSTMCell,
    LEMCell,
    LMUCell,
    LRUCell,
    LSTMCell,
    LTCCell,
    MLSTMCell,
    MultiplicativeLSTMCell,
    PeepholeLSTMCell,
    RecurrentCell,
    RGLRUCell,
    RHNCell,
    RWKV7Cell,
    S6Cell,
    SLSTMCell,
    UGRNNCell,
    UnICORNNCell,
)
from custom_cells._keras import keras
from custom_cells.continuous import legendre

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
    MLSTMCell: {"f": 3.0},
    SLSTMCell: {"f": lambda n: 5 - 12 * (np.arange(n) / (n - 1)) ** 0.3},
    RWKV7Cell: {"w": lambda n: 5 * (np.arange(n) / (n - 1)) ** 0.85 - 6.5},
}
# Where the other blocks start, if not at 0.
OTHERS = {FastRNNCell: 1.0, FastGRNNCell: 1.0}
CONSTANTS = {"kernel": 2.0, "recurrent": 3.0, "bias": 4.0, "peephole": 5.0}
# Weights that no option starts.
FIXED = {"gamma": 1.0, "beta": 0.0}


def uniform(w: np.ndarray, low: float, high: float) -> None:
    """Check that numbers are spread over all of a range, about its middle."""
    assert low <= w.min() and w.max() <= high
    part = (np.sort(w.ravel()) - low) / (high - low)
    # Their ends within e⁻¹⁰ of certainty, their mean within four of its deviations.
    assert part[0] < 10 / w.size and part[-1] > 1 - 10 / w.size
    assert abs(part.mean() - 0.5) < 4 / np.sqrt(12 * w.size)


def normal(w: np.ndarray, deviation: float) -> None:
    # Within four of their own deviations.
    assert abs(w.std() / deviation - 1) < 4 / np.sqrt(2 * w.size)
    assert abs(w.mean()) < 4 * deviation / np.sqrt(w.size)


def by_rows(w: np.ndarray) -> None:
    normal(w, len(w) ** -0.5)
    assert np.abs(w).max() > 2.3 * w.std(), "expected tails"


def inside(w: np.ndarray, low: float, high: float) -> None:
    assert low <= w.min() and w.max() <= high


def within(w: np.ndarray, limit: float) -> None:
    uniform(w, -limit, limit)


def zero(w: np.ndarray) -> None:
    close(w, np.zeros_like(w))


def softplus(w: np.ndarray) -> np.ndarray:
    return np.log(1 + np.exp(w))


def first_of_lmu(w: np.ndarray, inputs: int) -> None:
    within(w[:, 0], (3 / inputs) ** 0.5)
    normal(w[:, 1:], (2 / (inputs + 40)) ** 0.5)


def ring(w: np.ndarray) -> None:
    radius, angle, gain = np.exp(-np.exp(w[0])), np.exp(w[1]), np.exp(w[2])
    uniform(radius**2, 0, 1)
    uniform(angle, 0, 2 * np.pi)
    close(gain, np.sqrt(1 - radius**2), 1e-4)


# How weights start that no option starts, for 40 units.
OWN = {
    LRUCell: {"eigenvalues": ring, "output_kernel": lambda w: normal(w, 40**-0.5)},
    RGLRUCell: {"leak": lambda w: uniform((1 + np.exp(-w)) ** -8.0, 0.9, 0.999)},
    S6Cell: {
        "bias": lambda w: uniform(softplus(w), 0.001, 0.1),
        "log_rates": lambda w: close(np.exp(w), np.tile(np.arange(1, 17), (40, 1)), 1e-4),
    },
    # One number each: the test below draws more.
    GatedDeltaNetCell: {
        "bias": lambda w: inside(softplus(w), 0.001, 0.1),
        "log_rate": lambda w: inside(np.exp(w), 0, 16),
    },
    RWKV7Cell: {
        "removal": lambda w: close(w, np.full(40, 0.85)),
        "replacement": lambda w: close(w, np.ones(40)),
    },
    FastRNNCell: {
        "alpha": lambda w: close(w, np.full(1, -3.0)),
        "beta": lambda w: close(w, np.full(1, 3.0)),
    },
    FastGRNNCell: {
        "zeta": lambda w: close(w, np.full(1, 1.0)),
        "nu": lambda w: close(w, np.full(1, -4.0)),
    },
    UnICORNNCell: {"pace": lambda w: uniform(w, -0.1, 0.1)},
    LTCCell: {
        "log_tau": lambda w: close(w, np.zeros(40)),
        "target": lambda w: close(np.unique(w), np.array([-1.0, 1.0])),
    },
    LMUCell: {
        "memory_kernel": lambda w: (zero(w[:, 0]), normal(w[:, 1:], (2 / 48) ** 0.5)),
        "A": lambda w: close(w, legendre(8, 100.0)[0]),
        "B": lambda w: close(w, legendre(8, 100.0)[1]),
    },
}
# How other weights start where their papers do not leave that to Keras, for 30 features.
DUE = {
    LRUCell: {"kernel": lambda w: normal(w, (2 * 30) ** -0.5)},
    RGLRUCell: {"kernel": lambda w: normal(w, 30**-0.5)},
    MLSTMCell: {"kernel": lambda w: (zero(w[:, 120:122]), within(w[:, :120], (6 / 190) ** 0.5))},
    RWKV7Cell: {"kernel": lambda w: (zero(w[:, :80]), within(w[:, 80:], (6 / 150) ** 0.5))},
    SLSTMCell: {"recurrent_kernel": lambda w: zero(w)},
    IndRNNCell: {"recurrent_kernel": lambda w: uniform(w, 0, 1)},
    BRCell: {"recurrent_kernel": lambda w: close(w, np.ones(80))},
    AntisymmetricRNNCell: dict.fromkeys(("kernel", "recurrent_kernel"), by_rows),
    GatedAntisymmetricRNNCell: dict.fromkeys(("kernel", "recurrent_kernel"), by_rows),
    CoRNNCell: {
        "kernel": lambda w: within(w, 30**-0.5),
        "recurrent_kernel": lambda w: within(w, 40**-0.5),
    },
    UnICORNNCell: {
        "kernel": lambda w: within(w, (6 / 30) ** 0.5),
        "recurrent_kernel": lambda w: uniform(w, 0, 1),
    },
    LEMCell: dict.fromkeys(("kernel", "recurrent_kernel", "bias"), lambda w: within(w, 40**-0.5)),
    LMUCell: {
        "kernel": lambda w: first_of_lmu(w, 30),
        "recurrent_kernel": lambda w: first_of_lmu(w, 40),
    },
}


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
    letters = cell.blocks if cell.biased is None else cell.biased
    parts = np.cumsum(cell.block_sizes)[: len(letters) - 1]
    if isinstance(cell, RHNCell):  # whose rows are alike
        return dict(zip(letters, np.split(bias, parts, axis=1), strict=True))
    return dict(zip(letters, np.split(bias[0], parts), strict=True)) | {"–": bias[1:]}


def check_bias(cell, bias: np.ndarray, others: float, kept: bool = True) -> None:
    """Check that the blocks of START start there, and every other block where the others do."""
    due = START.get(type(cell), {})
    due = due if kept else due | {"f": others}
    for letter, block in bias_blocks(cell, bias).items():
        value = due.get(letter, others)
        close(block, np.zeros_like(block) + (value(block.size) if callable(value) else value))


def left_to_options(cell, matrix: np.ndarray) -> np.ndarray:
    """Return the blocks of a kernel that its initializer starts."""
    if not cell.draws:
        return matrix
    blocks = np.split(matrix, np.cumsum(cell.block_sizes)[:-1], axis=-1)
    kept = [b for letter, b in zip(cell.blocks, blocks, strict=True) if letter not in cell.draws]
    assert kept, "expected the initializer to start some block"
    return np.concatenate(kept, axis=-1)


@every_variant
@every_build
def test_each_initializer_starts_its_weight_and_no_other(make, build):
    names = [name.removesuffix("_initializer") for name in options_of(make, "_initializer")]
    start = {f"{n}_initializer": keras.initializers.Constant(CONSTANTS[n]) for n in names}
    cell = make(UNITS, **start)
    build(cell, FEATURES)
    seen = set()
    for name, weight in named(cell):
        if name in OWN.get(type(cell), {}):
            continue
        if name == "bias":
            check_bias(cell, weight, CONSTANTS["bias"])
        else:
            weight = left_to_options(cell, weight) if name.endswith("kernel") else weight
            due = (CONSTANTS | FIXED)[name.removesuffix("_kernel")]
            close(weight, np.full_like(weight, due))
        seen.add(name.removesuffix("_kernel"))
    assert seen - set(FIXED) == set(names), f"expected weights {names}, found {seen}"


@every_variant
@every_build
def test_each_weight_starts_as_the_paper_or_keras_says(make, build):
    features, units = 30, 40
    keras.utils.set_random_seed(0)
    cell = make(units)
    build(cell, features)
    for name, weight in named(cell):
        drawn = weight[:, weight.any(axis=0)] if weight.ndim == 2 else weight[None]
        # An initializer called twice draws the same again.
        if name.endswith("kernel") and np.ptp(weight):
            assert np.unique(drawn, axis=1).shape == drawn.shape
        own = OWN.get(type(cell), {}) | DUE.get(type(cell), {})
        if name in own:
            own[name](weight)
        elif name == "kernel":  # glorot_uniform
            limit = np.sqrt(6 / (features + weight.shape[1]))
            assert 0.98 * limit < weight.max() <= limit and -limit <= weight.min() < -0.98 * limit
        elif name == "recurrent_kernel":  # orthogonal
            close(weight @ weight.T, np.eye(units), 1e-5)
        elif name == "bias":
            check_bias(cell, weight, others=OTHERS.get(type(cell), 0.0))
        else:
            due = (FIXED | {"peephole_kernel": 0.0})[name]
            close(weight, np.full_like(weight, due))


FORGETTING = [one for one in variants() if "unit_forget_bias" in one.values[0](1).get_config()]


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


def test_rates_of_the_gated_delta_net_are_drawn_from_their_ranges():
    keras.utils.set_random_seed(0)
    cell = GatedDeltaNetCell(UNITS)
    bias, log_rate = cell.initial_bias((400,), "float32"), cell.initial_log_rate((400,), "float32")
    uniform(np.log(softplus(to_numpy(bias))), np.log(0.001) - 1e-3, np.log(0.1) + 1e-3)
    uniform(np.exp(to_numpy(log_rate)), 0, 16)
