"""Wrappers change what they say, and leave the rest of any cell as it is, on every backend."""

import functools
import json

import numpy as np
import pytest
from cells import (
    BATCH,
    COMPILED,
    TIME,
    UNITS,
    check_drawn,
    close,
    dtype_name,
    first_states,
    rnn,
    to_numpy,
    to_tensor,
    with_each_mask,
)

from custom_cells import AbstractRNNCell, GRUCell, IndRNNCell, LSTMCell, ResidualCell, ZoneoutCell
from custom_cells._keras import keras

# As many features as units, which a residual cell needs, and of these two, for check_drawn.
WIDTH = 2
WRAPPED = {
    "zoneout of Keras's cell": lambda **options: ZoneoutCell(
        keras.layers.LSTMCell(WIDTH, **options), [0.05, 0.5], seed=1
    ),
    "residual": lambda **options: ResidualCell(GRUCell(WIDTH, **options)),
    "zoneout of residual": lambda **options: ZoneoutCell(
        ResidualCell(LSTMCell(WIDTH, **options)), 0.5, seed=1
    ),
}
every_wrapped = pytest.mark.parametrize("make", WRAPPED.values(), ids=WRAPPED)


@pytest.fixture
def x() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(BATCH, TIME, WIDTH)).astype("float32")


def built(layer, x: np.ndarray):
    """Build the layer for x and draw its weights."""
    layer.build(x.shape)
    rng = np.random.default_rng(1)
    layer.set_weights([rng.normal(size=w.shape, scale=0.5) for w in layer.get_weights()])
    return layer


def unrolled(cell, **options):
    """Return an RNN without loop, in which every backend can draw masks at each step."""
    return rnn(cell, unroll=True, **options)


# The contract


@every_wrapped
def test_mask_equals_the_shorter_sequence(make, x: np.ndarray):
    layer = built(rnn(make(), return_sequences=False), x)
    for real in ([True, False, True, False, True], [True, True, False, True, False]):
        close(layer(x, mask=np.tile(real, (BATCH, 1))), layer(x[:, real]))


@every_wrapped
def test_wrapped_cell_trains(make, x: np.ndarray):
    inputs = keras.Input((TIME, WIDTH))
    layer = unrolled(make(dropout=0.1, recurrent_dropout=0.1))
    model = keras.Model(inputs, keras.layers.Bidirectional(layer)(inputs))
    model.compile("sgd", "mse", jit_compile=COMPILED)
    before = model.get_weights()
    model.fit(x, np.ones((BATCH, TIME, 2 * WIDTH)), epochs=2, verbose=0)
    for old, new in zip(before, model.get_weights(), strict=True):
        assert np.all(np.isfinite(new)) and not np.allclose(old, new)


@every_wrapped
def test_config_round_trip(make):
    cell = make(name="inside", dropout=0.1)
    config = json.loads(json.dumps(cell.get_config()))
    again = type(cell).from_config(config)
    assert again.get_config() == cell.get_config()


@pytest.mark.parametrize("wrap", [ResidualCell, functools.partial(ZoneoutCell, rate=0.5)])
def test_mixed_precision_returns_the_compute_dtype(wrap, x: np.ndarray):
    cell = wrap(LSTMCell(WIDTH, dtype="mixed_float16"), dtype="mixed_float16")
    states = [np.zeros((BATCH, WIDTH), "float32") for _ in cell.state_size]
    output, new_states = cell(x[:, 0], states, training=True)
    assert {dtype_name(tensor) for tensor in [output, *new_states]} == {"float16"}


class Counter(AbstractRNNCell):
    """Adds up inputs, from 3 on."""

    state_size = WIDTH
    output_size = WIDTH

    def get_initial_state(self, inputs=None, batch_size=None, dtype=None):
        return [to_tensor(np.full((BATCH, WIDTH), 3.0, "float32"))]

    def call(self, inputs, states):
        total = states[0] + inputs
        return total, [total]


@pytest.mark.parametrize("wrap", [ResidualCell, functools.partial(ZoneoutCell, rate=0.5)])
def test_sequence_begins_with_the_states_of_the_cell_inside(wrap, x: np.ndarray):
    cell = wrap(Counter())
    output, *_ = cell(x[:, 0], first_states(cell))
    close(rnn(cell)(x)[:, 0], output)
    close(first_states(cell)[-1], np.full((BATCH, WIDTH), 3.0, "float32"))


@pytest.mark.parametrize("make", [WRAPPED["residual"]], ids=["residual"])
def test_dropout_inside_keeps_its_mask_over_a_sequence(make, x: np.ndarray):
    x = np.concatenate([x] * 6)
    cell = make(dropout=0.5, seed=1)
    layer = built(rnn(cell), x)
    plain = rnn(cell.cell)
    first, second = to_numpy(layer(x, training=True)), to_numpy(layer(x, training=True))
    check_drawn(first - x, with_each_mask(plain, x))
    assert not np.allclose(first, second), "expected new masks in the second call"


# Zoneout


def test_zoneout_expects_its_masks_in_inference(x: np.ndarray):
    cell = ZoneoutCell(LSTMCell(WIDTH), rate=[0.25, 0.5])
    layer = built(rnn(cell), x)
    outputs = to_numpy(layer(x))
    states = [np.zeros((BATCH, WIDTH), "float32")] * 2
    for t in range(TIME):
        _, new = cell.cell(x[:, t], states)
        states = [
            (p * old + (1 - p) * to_numpy(s)).astype("float32")
            for p, old, s in zip([0.25, 0.5], states, new, strict=True)
        ]
        close(outputs[:, t], states[0])


def test_zoneout_keeps_or_renews_each_unit_while_training():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, WIDTH)).astype("float32")
    states = [rng.normal(size=(200, 50)).astype("float32") for _ in range(2)]
    cell = ZoneoutCell(LSTMCell(50), rate=[0.1, 0.6], seed=1)
    output, zoned = cell(x, states, training=True)
    _, new = cell.cell(x, states)
    all_kept = []
    for p, old, candidate, got in zip([0.1, 0.6], states, new, zoned, strict=True):
        got, candidate = to_numpy(got), to_numpy(candidate)
        kept = got == old
        np.testing.assert_allclose(got[~kept], candidate[~kept], atol=1e-5)
        # Five standard deviations of the share of 10,000 draws.
        assert abs(kept.mean() - p) < 5 * np.sqrt(p * (1 - p) / kept.size)
        all_kept.append(kept)
    both = 0.1 * 0.6
    share = np.mean(all_kept[0] & all_kept[1])
    assert abs(share - both) < 5 * np.sqrt(both / kept.size), "expected a mask for each state"
    close(output, zoned[0])


def counting_steps(rate: float, time: int) -> np.ndarray:
    """Return the steps that each of 20 × 50 units did not keep its value."""
    cell = ZoneoutCell(IndRNNCell(50, recurrent_initializer="ones"), rate)
    layer = unrolled(cell, return_sequences=False)
    x = np.zeros((20, time, 1), "float32")
    layer.build(x.shape)
    layer.set_weights([np.zeros((1, 50)), np.ones(50), np.ones(50)])
    return to_numpy(layer(x, training=True)).round(3)


def test_zoneout_draws_anew_at_each_step():
    time, p = 20, 0.3
    steps = counting_steps(p, time)
    # Independent draws make the counts binomial; one mask for all steps would give 0 and 20 only.
    assert abs(steps.mean() - time * (1 - p)) < 5 * np.sqrt(time * p * (1 - p) / steps.size)
    assert 0.8 < steps.var() / (time * p * (1 - p)) < 1.25


def test_zoneout_of_rate_zero_changes_nothing(x: np.ndarray):
    cell = LSTMCell(WIDTH)
    expected = to_numpy(built(rnn(cell), x)(x))
    close(unrolled(ZoneoutCell(cell, 0.0))(x, training=True), expected)


class Sum(AbstractRNNCell):
    """Returns an input twice as large as it is, and adds up inputs."""

    state_size = WIDTH
    output_size = WIDTH

    def call(self, inputs, states):
        return 2 * inputs, [states[0] + inputs]


def test_output_that_is_no_state_stays_as_it_is(x: np.ndarray):
    output, (total,) = ZoneoutCell(Sum(), 0.5)(x[:, 0], [np.zeros((BATCH, WIDTH), "float32")])
    close(output, 2 * x[:, 0])
    close(total, x[:, 0] / 2)


@pytest.mark.parametrize("wrap", [ResidualCell, functools.partial(ZoneoutCell, rate=0.5)])
def test_wrapper_casts_what_a_cell_of_another_precision_returns(wrap, x: np.ndarray):
    cell = wrap(LSTMCell(WIDTH, dtype="mixed_float16"))
    output, states = cell(x[:, 0], first_states(cell), training=True)
    assert {dtype_name(tensor) for tensor in [output, *states]} == {"float32"}


# Residual


def test_residual_adds_the_input_to_the_output_only(x: np.ndarray):
    cell = LSTMCell(WIDTH)
    outputs, *states = built(rnn(cell, return_state=True), x)(x)
    got, last, *got_states = rnn(ResidualCell(cell), return_state=True)(x)
    close(got, to_numpy(outputs) + x)
    close(got[:, -1], last)
    for a, b in zip(got_states, states, strict=True):
        close(a, b)


# Errors


class Nested(AbstractRNNCell):
    """Has states in a structure."""

    state_size = (2, (2, 1))
    output_size = 2


@pytest.mark.parametrize("wrap", [ResidualCell, functools.partial(ZoneoutCell, rate=0.1)])
@pytest.mark.parametrize(
    ("cell", "words"),
    [
        (5, "expects a cell, a layer with state_size, got 5"),
        (keras.layers.Dense(3), "expects a cell, a layer with state_size"),
        (LSTMCell, "expects a cell, a layer with state_size"),
        (Nested(), r"an integer or a list of integers, .* with \(2, \(2, 1\)\)"),
        (keras.layers.StackedRNNCells([LSTMCell(2), GRUCell(2)]), "and no stack of cells"),
    ],
    ids=["number", "layer", "class", "nested", "stack"],
)
def test_what_is_no_cell_is_named(wrap, cell, words: str):
    with pytest.raises(ValueError, match=words):
        wrap(cell)


@pytest.mark.parametrize(
    "rate", [1, 1.0, -0.1, True, "0.1", None, float("nan"), [0.1], [0.1] * 3, [0.1, 1.0]]
)
def test_bad_rate_is_named(rate):
    with pytest.raises(ValueError, match=r"rate to be a number in \[0, 1\) or 2 of them"):
        ZoneoutCell(LSTMCell(UNITS), rate)


def test_residual_of_another_width_is_named_and_stays_usable(x: np.ndarray):
    cell = ResidualCell(GRUCell(WIDTH))
    with pytest.raises(ValueError, match="as wide as the output of its cell, 2, got 3"):
        rnn(cell).build((BATCH, TIME, 3))
    assert rnn(cell)(x).shape == (BATCH, TIME, WIDTH)
