"""Cells as people write them run, or meet one sentence that says what to do, on every backend."""

import sys
import warnings

import numpy as np
import pytest
from cells import BATCH, COMPILED, TIME, close, first_states, rnn, to_numpy, to_tensor

from custom_cells import (
    AbstractRNNCell,
    GRUCell,
    LayerNormGRUCell,
    LayerNormLSTMCell,
    LSTMCell,
    ResidualCell,
    SimpleRNNCell,
    ZoneoutCell,
)
from custom_cells._keras import KERAS_2, keras

BACKEND = keras.backend.backend()
WIDTH = 2
X = np.random.default_rng(0).normal(size=(BATCH, TIME, WIDTH)).astype("float32")

only_keras_3 = pytest.mark.skipif(KERAS_2, reason="AbstractRNNCell is Keras 2's own")
only_tensorflow = pytest.mark.skipif(BACKEND != "tensorflow", reason="TensorFlow's own")


class Sum(AbstractRNNCell):
    """Adds up its inputs."""

    state_size = output_size = WIDTH

    def call(self, inputs, states):
        total = inputs + states[0]
        return total, [total]


def predict(layer, x: np.ndarray = X) -> np.ndarray:
    """Return what a model of symbols gives, for any length."""
    inputs = keras.Input((None, x.shape[-1]))
    return keras.Model(inputs, layer(inputs)).predict(x, verbose=0)


def sums(x: np.ndarray = X) -> np.ndarray:
    return x.cumsum(axis=1)


# Sizes


class AssignsSizes(Sum):
    def __init__(self, units=WIDTH, **kwargs):
        super().__init__(**kwargs)
        self.state_size = units
        self.output_size = units


class AssignsSizesOfNumPy(AssignsSizes):
    def __init__(self, **kwargs):
        super().__init__(np.prod([WIDTH, 1]), **kwargs)


class AssignsAListOfSizes(AssignsSizes):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.state_size = [np.int64(WIDTH), np.int32(WIDTH)]

    def call(self, inputs, states):
        total = inputs + states[0]
        return total, [total, states[1] + 1.0]


class AssignsSizesThatNoClassGives(AbstractRNNCell):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.state_size = [WIDTH, WIDTH]
        self.output_size = WIDTH

    call = AssignsAListOfSizes.call


class HasAProperty(Sum):
    @property
    def state_size(self):
        return np.int64(WIDTH)


class HasASetter(Sum):
    @property
    def state_size(self):
        return self.size

    @state_size.setter
    def state_size(self, size):
        self.size = size

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.state_size = WIDTH


class HasNoOutputSize(AbstractRNNCell):
    state_size = WIDTH
    call = Sum.call


class NestsWhatIsInside(AbstractRNNCell):
    """Its sizes are those of two cells, one with a list of them."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.inside = [AssignsAListOfSizes(), Sum()]

    @property
    def state_size(self):
        return [cell.state_size for cell in self.inside]

    def call(self, inputs, states):
        first, second = states
        first, second = [*first], [second]
        output, first = self.inside[0](inputs, first)
        output, (second,) = self.inside[1](output, second)
        return output, (tuple(first), second)


@only_keras_3
@pytest.mark.parametrize(
    "cell",
    [
        AssignsSizes,
        AssignsSizesOfNumPy,
        AssignsAListOfSizes,
        # Those of the class of Keras 2 cannot be assigned.
        pytest.param(AssignsSizesThatNoClassGives, marks=only_keras_3),
        HasAProperty,
        HasASetter,
        HasNoOutputSize,
    ],
)
def test_sizes_may_be_given_in_any_way(cell):
    close(predict(rnn(cell())), sums(), 1e-5)
    close(predict(rnn([cell(), cell()])), sums(sums()), 1e-5)
    _, *states = rnn(cell(), return_state=True)(keras.Input((None, WIDTH)))
    assert [state.shape[1] for state in states] == np.atleast_1d(cell().state_size).tolist()
    assert type(cell().output_size) is int


class Attends(AbstractRNNCell):
    """Its second state is a memory of any length, which it adds up."""

    state_size = [WIDTH, (None, WIDTH)]

    def call(self, inputs, states):
        total = inputs + states[0] + keras.ops.sum(states[1], axis=1)
        return total, [total, states[1]]


@only_keras_3
def test_state_of_open_length_comes_as_initial_state():
    layer = rnn(Attends())
    memory = np.ones((len(X), 3, WIDTH), "float32")
    close(layer(X, initial_state=[0 * X[:, 0], memory]), sums(X + 3), 1e-5)
    with pytest.raises(ValueError, match="Attends expects initial_state"):
        rnn(Attends())(X)
    for unknown in ([None, WIDTH], (None, WIDTH), None):
        Lost = type("Lost", (Attends,), {"state_size": unknown})
        with pytest.raises(ValueError, match="Lost expects state_size to be a positive integer"):
            rnn(Lost())


@only_keras_3
def test_sizes_may_nest_those_of_cells_inside():
    close(predict(rnn(NestsWhatIsInside())), sums(sums()), 1e-5)


@only_keras_3
@pytest.mark.parametrize(
    ("size", "words"),
    [
        (None, "got None. RNN asks for it before the cell is built, so set it in __init__"),
        (2.0, "got 2.0"),
        (True, "got True"),
        (0, "got 0"),
        ([], r"got \[\]"),
        ([2, None], "got None"),
    ],
)
def test_what_is_no_size_is_named(size, words: str):
    cell = type("Mine", (Sum,), {"state_size": size})()
    with pytest.raises(ValueError, match=f"^Mine expects state_size to be .*{words}"):
        rnn(cell)


@only_keras_3
@only_tensorflow
def test_shapes_are_sizes_unless_they_are_matrices():
    import tensorflow as tf

    class Shaped(Sum):
        state_size = [tf.TensorShape([WIDTH])]

    close(predict(rnn(Shaped())), sums(), 1e-5)
    Shaped.state_size = property(lambda _: tf.TensorShape([2, 2]))
    cell = type("FastWeights", (Sum,), {"state_size": [WIDTH, tf.TensorShape([2, 2])]})()
    with pytest.raises(ValueError, match=r"FastWeights .* TensorShape\(\[2, 2\]\). Keep a matrix"):
        rnn(cell)


# States


class ReturnsABareState(Sum):
    def call(self, inputs, states):
        total = inputs + states[0]
        return total, total


class ReturnsATuple(Sum):
    state_size = (WIDTH, WIDTH)

    def call(self, inputs, states):
        total, count = states
        total = inputs + total
        return total, (total, count + 1.0)


class Wide(Sum):
    """Its output is wider than its state."""

    output_size = 2 * WIDTH

    def call(self, inputs, states):
        total = inputs + states[0]
        output = keras.layers.Concatenate()([total, total])
        return output, [total]


@pytest.mark.parametrize("cell", [ReturnsABareState, ReturnsATuple])
def test_states_may_be_returned_bare_or_in_a_tuple(cell):
    close(predict(rnn(cell())), sums(), 1e-5)
    if not KERAS_2:  # whose stacks take what they are given
        close(predict(rnn([cell(), cell()])), sums(sums()), 1e-5)


@only_keras_3
def test_call_that_returns_no_states_is_named():
    cell = type("Mine", (Sum,), {"call": lambda self, inputs, states: inputs})()
    with pytest.raises(ValueError, match="Mine expects call to return output and new states"):
        cell(X[:, 0], [X[:, 0]])


@pytest.mark.parametrize("wrap", [lambda cell: cell, lambda cell: ZoneoutCell(cell, 0.0)])
def test_output_may_be_wider_than_the_state(wrap):
    close(predict(rnn(wrap(Wide()))), np.tile(sums(), 2), 1e-5)


@pytest.mark.parametrize("cell", [SimpleRNNCell, GRUCell])
def test_a_single_state_may_stand_bare(cell):
    cell = cell(WIDTH)
    (state,) = first_states(cell)
    output, (listed,) = cell(X[:, 0], [state])
    close(cell(X[:, 0], state)[0], output)
    zoned = ZoneoutCell(cell, 0.5)
    close(zoned(X[:, 0], state)[0], to_numpy(listed) / 2)


@only_keras_3
@pytest.mark.parametrize("make", [Sum, lambda: LSTMCell(WIDTH)])
def test_batch_size_may_come_first(make):
    for state in make().get_initial_state(BATCH):
        close(state, np.zeros((BATCH, WIDTH), "float32"))


# Cells in wrappers


class HandsOn(LSTMCell):
    def get_initial_state(self, *args, **kwargs):
        return super().get_initial_state(*args, **kwargs)


class HandsOnToKeras(keras.layers.LSTMCell):
    def get_initial_state(self, **kwargs):
        return super().get_initial_state(**kwargs)


class Plain(keras.layers.Layer):
    """A cell of the barest kind, as Keras's documentation of RNN shows it."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.state_size = np.int64(WIDTH) if KERAS_2 else WIDTH

    def call(self, inputs, states):
        total = inputs + states[0]
        return total, [total]


@pytest.mark.parametrize("wrap", [lambda cell: ZoneoutCell(cell, 0.0), ResidualCell])
@pytest.mark.parametrize(
    "make", [lambda: HandsOn(WIDTH), lambda: HandsOnToKeras(WIDTH), Plain, HasNoOutputSize]
)
def test_wrapper_takes_any_cell(make, wrap):
    cell = make()
    alone = rnn(cell)
    expected = to_numpy(alone(X)) + (X if wrap is ResidualCell else 0)
    close(rnn(wrap(cell))(X), expected, 1e-5)


def mean_of(cell, count: int = 1) -> list[np.ndarray]:
    """Return the output and the first state of zoneout at half of each."""
    zeros = [to_tensor(np.zeros((BATCH, WIDTH), "float32"))] * count
    output, states = ZoneoutCell(cell, 0.5)(X[:, 0], zeros)
    return [to_numpy(output), to_numpy(states[0])]


@only_tensorflow
def test_zoneout_of_a_compiled_cell_gives_the_zoned_state():
    import tensorflow as tf

    class Compiled(Sum):
        call = tf.function(Sum.call)

    for got in mean_of(Compiled()):
        close(got, X[:, 0] / 2)


@only_keras_3
def test_zoneout_of_a_checkpointed_cell_gives_the_zoned_state():
    with keras.RematScope(mode="full"):
        cell = LSTMCell(WIDTH)
    output, state = mean_of(cell, 2)
    close(output, state)


class Equal(Sum):
    def call(self, inputs, states):
        total = inputs + states[0]
        return 1 * total, [total]


def test_zoneout_of_a_copied_state_gives_the_zoned_state():
    for got in mean_of(Equal()):
        close(got, X[:, 0] / 2)


# Training


def fit(layer, x: np.ndarray = X, **options):
    inputs = keras.Input((TIME, x.shape[-1]))
    model = keras.Model(inputs, layer(inputs))
    model.compile("sgd", "mse", jit_compile=COMPILED)
    model.fit(x, np.zeros(model(x).shape, "float32"), verbose=0, **options)
    return model


def test_regularizer_of_activity_belongs_to_the_layer():
    fit(rnn(SimpleRNNCell(WIDTH), activity_regularizer="l2"))
    makers = [
        lambda **options: SimpleRNNCell(WIDTH, **options),
        lambda **options: ZoneoutCell(SimpleRNNCell(WIDTH), 0.1, **options),
    ]
    for make in makers if KERAS_2 else [*makers, Sum]:
        with pytest.raises(ValueError, match=r"takes no activity_regularizer.* give it to RNN"):
            make(activity_regularizer="l2")


class Loop(keras.Model):
    """Runs a cell with dropout by hand, and resets its masks if it is told to."""

    def __init__(self, resets: bool):
        super().__init__()
        self.cell = SimpleRNNCell(4, dropout=0.5, recurrent_dropout=0.5)
        self.resets = resets

    def call(self, x, training=False):
        states = [x[:, 0, :1] * np.zeros((1, 4), "float32")]
        if self.resets:
            self.cell.reset_dropout_mask()
            self.cell.reset_recurrent_dropout_mask()
        for t in range(TIME):
            output, states = self.cell(x[:, t], states, training=training)
        return output


@pytest.mark.parametrize("resets", [True, False])
def test_loop_by_hand_runs_or_is_told_to_reset_its_masks(resets: bool):
    model = Loop(resets)
    model.compile("sgd", "mse", jit_compile=COMPILED)
    x, y = np.ones((5, TIME, 2), "float32"), np.zeros((5, 4), "float32")
    if resets or KERAS_2:  # whose masks belong to a graph
        model.fit(x, y, batch_size=3, verbose=0)
        return
    with pytest.raises(Exception, match=r"call reset_dropout_mask\(\)"):
        model.fit(x, y, batch_size=3, verbose=0)


@pytest.mark.skipif(BACKEND == "jax", reason="it has no variables of its own")
def test_variables_of_a_backend_are_trained_or_named():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        layer = rnn(Filter())
        layer(X)
    told = [str(warning.message) for warning in caught if "Filter" in str(warning.message)]
    if KERAS_2:
        assert len(layer.trainable_weights) == 1 and not told
    else:
        assert len(told) == 1 and "saves A, " in told[0]
        assert "self.add_weight(name='A'" in told[0]


class Filter(Sum):
    def build(self, input_shape):
        array = np.eye(WIDTH, dtype="float32")
        if BACKEND == "torch":
            self.A = sys.modules["torch"].nn.Parameter(to_tensor(array))
        else:
            self.A = sys.modules["tensorflow"].Variable(array)
        self.built = True

    def call(self, inputs, states):
        h = states[0] @ self.A + inputs
        return h, [h]


# Where Keras's own cells run


@only_tensorflow
def test_features_may_be_unknown_in_a_graph():
    import tensorflow as tf

    layer = rnn(LSTMCell(3))
    expected = layer(X)
    call = tf.function(layer, input_signature=[tf.TensorSpec((None, None, None))])
    close(call(X), expected)


@pytest.mark.parametrize("name", ["SimpleRNNCell", "LSTMCell", "GRUCell"])
def test_options_stand_in_keras_order(name: str):
    options = ["relu", "hard_sigmoid", False, "ones", "zeros", "ones"]
    options = [options[0], *options[2:]] if name == "SimpleRNNCell" else options
    ours, theirs = (
        getattr(module, name)(WIDTH, *options).get_config()
        for module in (sys.modules["custom_cells"], keras.layers)
    )
    for option in ("activation", "recurrent_activation", "use_bias"):
        assert ours.get(option) == theirs.get(option)
    for weight in ("kernel", "recurrent", "bias"):
        option = f"{weight}_initializer"
        assert ours[option]["class_name"] == theirs[option]["class_name"]
    with pytest.raises(TypeError, match=r"expects at most|too many positional"):
        getattr(sys.modules["custom_cells"], name)(WIDTH, *[None] * 17)


@pytest.mark.parametrize("bias", ["zeros", "random_normal"])
@pytest.mark.parametrize("name", ["SimpleRNNCell", "LSTMCell", "GRUCell"])
def test_weights_start_as_those_of_keras_with_the_same_seed(name: str, bias: str):
    weights = []
    for module in (sys.modules["custom_cells"], keras.layers):
        keras.utils.set_random_seed(1)
        layer = rnn(getattr(module, name)(WIDTH, bias_initializer=bias))
        layer(X)
        weights.append(layer.get_weights())
    for ours, theirs in zip(*weights, strict=True):
        close(ours, theirs)


@pytest.mark.skipif(not KERAS_2, reason="Keras 3 knows whether it trains")
@pytest.mark.parametrize("wrap", [lambda cell: cell, lambda cell: ZoneoutCell(cell, 0.5)])
def test_training_may_be_a_tensor_on_keras_2(wrap):
    import tensorflow as tf

    layer = rnn(wrap(LSTMCell(WIDTH, dropout=0.5, recurrent_dropout=0.5)))
    expected = to_numpy(layer(X))
    call = tf.function(layer.call, autograph=False)
    close(call(X, training=tf.constant(False)), expected)
    assert not np.allclose(call(X, training=tf.constant(True)), expected, atol=1e-3)


@pytest.mark.parametrize("cell", [LayerNormGRUCell, LayerNormLSTMCell])
def test_frozen_cell_stays_frozen_in_a_copy(cell):
    cell = cell(WIDTH)
    cell.trainable = False
    again = type(cell).from_config(cell.get_config())
    layer = rnn(again)
    layer(X)
    assert len(layer.weights) > 3 and not layer.trainable_weights


@pytest.mark.skipif(not KERAS_2, reason="Keras 3 writes no such file")
@pytest.mark.parametrize("cell", [LSTMCell, LayerNormGRUCell, LayerNormLSTMCell])
def test_h5_file_of_keras_2_holds_every_weight(cell, tmp_path):
    inputs = keras.Input((TIME, WIDTH))
    model = keras.Model(inputs, rnn([cell(WIDTH), ResidualCell(cell(WIDTH))])(inputs))
    expected = model.predict(X, verbose=0)
    model.save_weights(tmp_path / "weights.h5")
    model.save(tmp_path / "model.h5")
    model.set_weights([0 * weight for weight in model.get_weights()])
    model.load_weights(tmp_path / "weights.h5")
    close(model.predict(X, verbose=0), expected)
    close(keras.models.load_model(tmp_path / "model.h5").predict(X, verbose=0), expected)
