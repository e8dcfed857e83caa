"""AbstractRNNCell keeps its contract on Keras 3; on Keras 2 it is Keras's own class."""

import doctest

import keras
import numpy as np
import pytest

import custom_cells.abstract
from custom_cells import AbstractRNNCell

BATCH, TIME, FEATURES = 3, 5, 2


@keras.saving.register_keras_serializable("test_abstract")
class Minimal(AbstractRNNCell):
    """h(t) = tanh(x(t) W + h(t−1) U)."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    @property
    def state_size(self):
        return self.units

    @property
    def output_size(self):
        return self.units

    def build(self, input_shape):
        self.kernel = self.add_weight(shape=(input_shape[-1], self.units))
        self.recurrent_kernel = self.add_weight(shape=(self.units, self.units))

    def call(self, inputs, states):
        projected = keras.ops.matmul(inputs, self.kernel)
        h = keras.ops.tanh(projected + keras.ops.matmul(states[0], self.recurrent_kernel))
        return h, [h]

    def get_config(self):
        return super().get_config() | {"units": self.units}


class Nested(AbstractRNNCell):
    """Keeps the last input, and a pair: twice the sum of the inputs, the sum of their features."""

    state_size = (2, (2, 1))
    output_size = 1

    def call(self, inputs, states):
        _, (doubled, total) = states
        total = total + keras.ops.sum(inputs, axis=-1, keepdims=True)
        return total, (inputs, (doubled + 2 * inputs, total))


class Nothing(AbstractRNNCell):
    """Defines no member."""


@pytest.fixture
def x() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(BATCH, TIME, FEATURES)).astype("float32")


def loop(x: np.ndarray, kernel: np.ndarray, recurrent_kernel: np.ndarray) -> np.ndarray:
    """Return the outputs of `Minimal` for every step."""
    h = np.zeros((len(x), len(recurrent_kernel)))
    outputs = []
    for step in range(x.shape[1]):
        h = np.tanh(x[:, step] @ kernel + h @ recurrent_kernel)
        outputs.append(h)
    return np.stack(outputs, axis=1)


def close(got, expected: np.ndarray) -> None:
    np.testing.assert_allclose(keras.ops.convert_to_numpy(got), expected, atol=1e-6)


def test_rnn_equals_a_loop(x: np.ndarray):
    layer = keras.layers.RNN(Minimal(4), return_sequences=True)
    close(layer(x), loop(x, *layer.get_weights()))


def test_model_of_unknown_batch_and_length_equals_a_loop(x: np.ndarray):
    layer = keras.layers.RNN(Minimal(4))
    model = keras.Sequential([keras.Input((None, FEATURES)), layer])
    close(model.predict(x, verbose=0), loop(x, *layer.get_weights())[:, -1])


def test_rnn_runs_nested_states(x: np.ndarray):
    layer = keras.layers.RNN(Nested(), return_sequences=True, return_state=True)
    outputs, last, (doubled, total) = layer(x)
    close(outputs, x.sum(axis=2, keepdims=True).cumsum(axis=1))
    close(last, x[:, -1])
    close(doubled, 2 * x.sum(axis=1))
    close(total, x.sum(axis=(1, 2))[:, None])


def test_stacked_cells_equal_a_loop_over_a_loop(x: np.ndarray):
    layer = keras.layers.RNN(keras.layers.StackedRNNCells([Minimal(4), Minimal(3)]))
    got = layer(x)
    *first, kernel, recurrent_kernel = layer.get_weights()
    close(got, loop(loop(x, *first), kernel, recurrent_kernel)[:, -1])


def test_bidirectional_equals_two_loops(x: np.ndarray):
    layer = keras.layers.Bidirectional(keras.layers.RNN(Minimal(4)))
    got = layer(x)
    forward = loop(x, *layer.forward_layer.get_weights())[:, -1]
    backward = loop(x[:, ::-1], *layer.backward_layer.get_weights())[:, -1]
    close(got, np.concatenate([forward, backward], axis=1))


def test_initial_state_by_batch_size():
    (state,) = Minimal(4).get_initial_state(batch_size=BATCH)
    close(state, np.zeros((BATCH, 4)))


def test_initial_state_by_inputs(x: np.ndarray):
    (state,) = Minimal(4).get_initial_state(keras.ops.cast(x[:, 0], "float16"))
    close(state, np.zeros((BATCH, 4)))
    assert keras.backend.standardize_dtype(state.dtype) == "float32"


def test_initial_state_is_nested_as_state_size():
    states = Nested().get_initial_state(batch_size=BATCH)
    shapes = keras.tree.map_structure(lambda state: tuple(state.shape)[1], states)
    assert shapes == [2, (2, 1)]


@pytest.mark.parametrize(
    ("dtype", "expected"), [(None, "float16"), ("float32", "float32"), ("float64", "float64")]
)
def test_initial_state_in_mixed_precision(dtype: str | None, expected: str):
    cell = Minimal(4, dtype="mixed_float16")
    (state,) = cell.get_initial_state(batch_size=BATCH, dtype=dtype)
    assert keras.backend.standardize_dtype(state.dtype) == expected


def test_rnn_runs_in_mixed_precision(x: np.ndarray):
    layer = keras.layers.RNN(Minimal(4, dtype="mixed_float16"), dtype="mixed_float16")
    got = layer(x)
    assert keras.backend.standardize_dtype(got.dtype) == "float16"
    expected = loop(x, *layer.get_weights())[:, -1]
    np.testing.assert_allclose(keras.ops.convert_to_numpy(got), expected, atol=0.01)


def test_initial_state_needs_a_batch():
    with pytest.raises(ValueError, match=r"Minimal.*inputs or batch_size"):
        Minimal(4).get_initial_state()


@pytest.mark.parametrize(
    ("member", "use"),
    [
        ("state_size", lambda cell: cell.state_size),
        ("call", lambda cell: cell.call(np.zeros((1, 1)), [np.zeros((1, 1))])),
        ("state_size", keras.layers.RNN),
    ],
)
def test_missing_member_is_named(member: str, use):
    with pytest.raises(NotImplementedError, match=f"Nothing must define {member}"):
        use(Nothing())


def test_example_of_the_docstring_runs():
    failed, attempted = doctest.testmod(custom_cells.abstract)
    assert attempted > 0, "expected an example in the docstring of AbstractRNNCell"
    assert failed == 0, f"{failed} of {attempted} lines of the example failed, see above"
