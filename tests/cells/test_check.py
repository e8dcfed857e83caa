"""check_cell finds what breaks a cell, and nothing else; each cell here breaks in one way."""

import itertools

import numpy as np
import pytest

from custom_cells import AbstractRNNCell, check_cell
from custom_cells._keras import KERAS_2, keras
from custom_cells.check import BACKEND, CHECKS

KERAS_3 = ("tensorflow", "jax", "torch")
HERE = "Keras 2" if KERAS_2 else BACKEND
UNPROVED = {"stateful", "stack", "bidirectional", "elsewhere", "exported"}
SCALES = itertools.count(1)

if KERAS_2:
    import tensorflow as tf

    mean, cast = tf.reduce_mean, tf.cast
else:
    mean, cast = keras.ops.mean, keras.ops.cast

register = keras.saving.register_keras_serializable("test_check")


@register
class Good(AbstractRNNCell):
    """A plain RNN that obeys; the others change one thing of it."""

    def __init__(self, units=4, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    @property
    def state_size(self):
        return self.units

    @property
    def output_size(self):
        return self.units

    def build(self, input_shape):
        self.W = self.add_weight(name="W", shape=(input_shape[-1], self.units))
        self.U = self.add_weight(name="U", shape=(self.units, self.units))
        self.b = self.add_weight(name="b", shape=(self.units,), initializer="zeros")
        self.built = True

    def call(self, inputs, states):
        h = keras.activations.tanh(inputs @ self.W + states[0] @ self.U + self.b)
        return h, [h]

    def get_config(self):
        return super().get_config() | {"units": self.units}


BROKEN = {}


def breaks(name: str, got: str, on: tuple[str, ...] = (*KERAS_3, "Keras 2")):
    """Register a cell that breaks one check, and a part of what that check reports."""

    def decorate(cell: type) -> type:
        BROKEN[cell] = name, got, on
        return cell

    return decorate


@breaks("sizes", "0")
@register
class NoWidth(Good):
    @property
    def state_size(self):
        return 0


@breaks("step", "new states")
@register
class ForgetsAState(Good):
    @property
    def state_size(self):
        return [self.units, self.units]


@breaks("step", "shape (3, 4)")
@register
class WrongOutputSize(Good):
    @property
    def output_size(self):
        return self.units + 1


@breaks("step", "inputs")
@register
class OldSignature(Good):
    def get_initial_state(self, inputs, batch_size=None, dtype=None):
        return [mean(inputs, axis=0)]


@breaks("batch", "difference")
@register
class MixesRows(Good):
    def call(self, inputs, states):
        h, _ = super().call(inputs, states)
        h = h - mean(h, axis=0)
        return h, [h]


@breaks("loop", "difference")
@register
class CountsOnSelf(Good):
    calls = 0

    def call(self, inputs, states):
        self.calls += 1
        h, _ = super().call(inputs, states)
        return h + 0.01 * self.calls, [h]


@breaks("traced", "Error")
@register
class AsksForValues(Good):
    def call(self, inputs, states):
        h, _ = super().call(inputs, states)
        h = 2 * h if np.max(h) > 100 else h
        return h, [h]


@breaks("gradients", "U did not move")
@register
class NeverReadsItsState(Good):
    def call(self, inputs, states):
        h = keras.activations.tanh(inputs @ self.W + 0 * (states[0] @ self.U) + self.b)
        return h, [h]


@breaks("start", "b with a difference of 1", on=KERAS_3)
@register
class AssignsInBuild(Good):
    def build(self, input_shape):
        super().build(input_shape)
        self.b.assign(np.ones(self.units, "float32"))


@breaks("weights", "E, a ResourceVariable of tensorflow", on=("tensorflow",))
@register
class MakesItsOwnVariable(Good):
    def build(self, input_shape):
        import tensorflow as tf

        super().build(input_shape)
        self.E = tf.Variable(np.eye(self.units, dtype="float32"))

    def call(self, inputs, states):
        h, _ = super().call(inputs, states)
        h = h @ self.E
        return h, [h]


@breaks("compiled", "Error", on=("tensorflow", "Keras 2"))
@register
class Prints(Good):
    def call(self, inputs, states):
        import tensorflow as tf

        tf.print("", output_stream="file:///dev/null")
        return super().call(inputs, states)


@breaks("masks", "on the steps xx", on=("jax",))
@register
class DoublesItsOutput(Good):
    def call(self, inputs, states):
        h, _ = super().call(inputs, states)
        return 2 * h, [h]


@breaks("float16", "float32")
@register
class ReturnsFloat32(Good):
    def call(self, inputs, states):
        h, _ = super().call(inputs, states)
        return h, [cast(h, "float32")]


@breaks("last batch", "", on=("tensorflow", "jax"))
@register
class KeepsATensor(Good):
    kept = None

    def call(self, inputs, states):
        if self.kept is None:
            self.kept = 0 * inputs[:, :1]
        h, _ = super().call(inputs, states)
        h = h + self.kept
        return h, [h]


@breaks("config", "no units")
@register
class ForgetsItsOption(Good):
    def get_config(self):
        config = super().get_config()
        del config["units"]
        return config


@breaks("saved", "difference")
@register
class KeepsANumber(Good):
    def __init__(self, units=4, **kwargs):
        super().__init__(units, **kwargs)
        self.scale = next(SCALES)

    def call(self, inputs, states):
        h, _ = super().call(inputs, states)
        h = self.scale * h
        return h, [h]


@breaks("registered", "NotRegistered")
class NotRegistered(Good):
    pass


@pytest.mark.parametrize("cell", [cell for cell, (*_, on) in BROKEN.items() if HERE in on])
def test_a_broken_cell_fails_one_check(cell, capsys):
    name, got, _ = BROKEN[cell]
    findings = check_cell(cell, raise_error=False)
    failed = [finding for finding in findings if finding.outcome == "fails"]
    assert [finding.check for finding in failed] == [name]
    assert got in failed[0].got
    assert failed[0].fix in " ".join(capsys.readouterr().out.split())


def test_a_good_cell_passes_all(capsys):
    findings = check_cell(Good)
    assert {finding.outcome for finding in findings} <= {"passes", "not run"}
    assert [finding.check for finding in findings] == [one.name for one in CHECKS]


def test_each_check_is_proved():
    # What breaks Bidirectional or a stack breaks config or step, and elsewhere is saved in another
    # process.
    proved = {name for name, *_ in BROKEN.values()}
    assert proved == {one.name for one in CHECKS} - UNPROVED


def test_failure_is_raised():
    with pytest.raises(AssertionError, match=r"NotRegistered fails: registered\."):
        check_cell(NotRegistered)


@pytest.mark.parametrize("wrong", [3, "LSTM", lambda: 3])
def test_what_is_no_cell_is_refused(wrong):
    with pytest.raises(TypeError, match="expects a cell"):
        check_cell(wrong)
