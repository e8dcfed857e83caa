"""check_cell finds what breaks a cell, and nothing else; each cell here breaks in one way."""

import doctest

import numpy as np
import pytest

from custom_cells import AbstractRNNCell, check_cell
from custom_cells._keras import KERAS_2, keras, ops
from custom_cells.abstract import flat
from custom_cells.check import BACKEND, CHECKS

KERAS_3 = ("tensorflow", "jax", "torch")
HERE = "Keras 2" if KERAS_2 else BACKEND

# What cells below hang on; see there.
SETTINGS = {"scale": 1.0}
SHARED = keras.layers.Dense(4, use_bias=False, trainable=False)
if BACKEND == "tensorflow":
    import tensorflow as tf

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


@breaks("step", "get_initial_state says", on=KERAS_3)
@register
class OldSignature(Good):
    def get_initial_state(self, inputs, batch_size=None, dtype=None):
        return [0 * inputs[:, : self.units]]


@breaks("batch", "difference")
@register
class MixesRows(Good):
    def call(self, inputs, states):
        h, _ = super().call(inputs, states)
        h = h - h[:1]
        return h, [h]


@breaks("loop", "difference")
@register
class CountsOnSelf(Good):
    calls = 0

    def call(self, inputs, states):
        self.calls += 1
        h, _ = super().call(inputs, states)
        return h + 0.01 * self.calls, [h]


@breaks("traced", "Error", on=("tensorflow", "Keras 2"))
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


@breaks("weights", "E, a ", on=("tensorflow", "torch"))
@register
class MakesItsOwnVariable(Good):
    def build(self, input_shape):
        super().build(input_shape)
        array = np.eye(self.units, dtype="float32")
        if BACKEND == "torch":
            import torch

            self.E = torch.nn.Parameter(torch.tensor(array))
        else:
            self.E = tf.Variable(array)

    def call(self, inputs, states):
        h, _ = super().call(inputs, states)
        h = h @ ops.cast(self.E, self.compute_dtype)
        return h, [h]


@breaks("compiled", "Error", on=("tensorflow", "Keras 2"))
@register
class Prints(Good):
    def call(self, inputs, states):
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
        return h, [ops.cast(h, "float32")]


@breaks("batch", "", on=("tensorflow", "torch", "Keras 2"))
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


@breaks("stateful", "after reset_state")
@register
class StartsElsewhere(Good):
    def get_initial_state(self, *args, **kwargs):
        return [1 + state for state in flat(super().get_initial_state(*args, **kwargs))]


@breaks("stack", "", on=("tensorflow", "torch", "Keras 2"))
@register
class WiderThanItsState(keras.layers.Layer):
    """It does not say how wide it is; where a cell does, its state is not asked."""

    def __init__(self, units=4, **kwargs):
        super().__init__(**kwargs)
        self.units = self.state_size = units

    build = Good.build

    def call(self, inputs, states):
        h, _ = Good.call(self, inputs, states)
        return ops.concatenate([h, h], axis=-1), [h]

    def get_config(self):
        return super().get_config() | {"units": self.units}


@breaks("bidirectional", "weights")
@register
class SharesALayer(Good):
    def __init__(self, units=4, **kwargs):
        super().__init__(units, **kwargs)
        self.inside = SHARED

    def build(self, input_shape):
        super().build(input_shape)
        if not self.inside.built:
            self.inside.build((None, self.units))

    def call(self, inputs, states):
        h, _ = super().call(inputs, states)
        h = ops.cast(self.inside(h), h.dtype)
        return h, [h]


@breaks("saved", "difference")
@register
class DrawsANumber(Good):
    def __init__(self, units=4, **kwargs):
        super().__init__(units, **kwargs)
        self.scale = np.random.default_rng().uniform(0.5, 1)

    def call(self, inputs, states):
        h, _ = super().call(inputs, states)
        h = self.scale * h
        return h, [h]


@breaks("elsewhere", "difference")
@register
class HangsOnASetting(Good):
    def call(self, inputs, states):
        h, _ = super().call(inputs, states)
        h = SETTINGS["scale"] * h
        return h, [h]


@breaks("exported", "", on=("Keras 2",))
@register
class KeepsATable(Good):
    """Keras 2 exports what a layer holds, and no dictionary of lists under numbers."""

    def __init__(self, units=4, **kwargs):
        super().__init__(units, **kwargs)
        self.table = {1: [0.5]}

    def call(self, inputs, states):
        h, _ = super().call(inputs, states)
        h = self.table[1][0] * h
        return h, [h]


@breaks("registered", "NotRegistered")
class NotRegistered(Good):
    pass


def proved_here(on: tuple[str, ...]) -> bool:
    """Every cell breaks on PyTorch if it can, which takes a tenth of the others' seconds."""
    return HERE in on and (HERE == "torch" or "torch" not in on)


@pytest.mark.parametrize("cell", [cell for cell, (*_, on) in BROKEN.items() if proved_here(on)])
@pytest.mark.usefixtures("pooled")
def test_a_broken_cell_fails_one_check(cell, capsys, monkeypatch):
    monkeypatch.setitem(SETTINGS, "scale", 0.5)
    name, got, _ = BROKEN[cell]
    findings = check_cell(cell, raise_error=False)
    printed = " ".join(capsys.readouterr().out.split())
    failed = [finding for finding in findings if finding.outcome == "fails"]
    assert [finding.check for finding in failed] == [name], printed
    assert got in failed[0].got
    assert f"fails {name} expected {failed[0].expected} got " in printed
    assert printed.endswith(f"fix {failed[0].fix}")


def test_each_check_is_proved():
    assert {name for name, *_ in BROKEN.values()} == {one.name for one in CHECKS}


def test_example_of_the_docstring_runs_in_a_process_of_its_own():
    test = doctest.DocTestFinder(recurse=False).find(check_cell, globs={})[0]
    failed, attempted = doctest.DocTestRunner().run(test, clear_globs=False)
    assert (failed, attempted) == (0, 2)
    outcomes = {finding.check: finding.outcome for finding in test.globs["findings"]}
    assert [*outcomes] == [one.name for one in CHECKS]
    assert set(outcomes.values()) <= {"passes", "not run"}
    assert outcomes["elsewhere"] == "passes"


@pytest.mark.usefixtures("pooled")
class Narrow(Good):
    """Its states do not fit: the backend says so in its own words."""

    def call(self, inputs, states, training=False):
        return states[0] + ops.zeros((3, 1, 7)), states


def test_what_a_backend_says_has_no_name_of_a_node():
    said = [finding.got for finding in check_cell(Narrow(), raise_error=False)]
    assert not [text for text in said if text and ("{{" in text or "_Mkl" in text)]


def test_failure_is_raised():
    with pytest.raises(AssertionError, match=r"^NoWidth fails: sizes\.$"):
        check_cell(NoWidth)


@pytest.mark.parametrize("wrong", [3, "LSTM", lambda: 3])
def test_what_is_no_cell_is_refused(wrong):
    with pytest.raises(TypeError, match="expects a cell"):
        check_cell(wrong)


def test_a_built_cell_is_refused():
    cell = Good()
    cell.build((None, 3))
    with pytest.raises(ValueError, match="expects a cell without weights"):
        check_cell(cell)
