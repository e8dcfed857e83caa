"""The checkers of the exercises: stubs are let be, wrong answers stopped, right ones confirmed.

The right answers stand in notebooks/solutions, which strict nbval runs; here are the wrong ones.
"""

import itertools
import re
from functools import partial
from importlib import import_module
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers, ops
from links import ROOT, all_notebooks, parse

import course.checks
from course.checks import (
    nb01,
    nb02,
    nb03,
    nb04,
    nb05,
    nb06,
    nb07,
    nb08,
    nb09,
    nb10,
    nb11,
    nb12,
    nb13,
    nb14,
    nb15,
    nb16,
    nb17,
)
from custom_cells import (
    AbstractRNNCell,
    CIFGCell,
    LinearCell,
    LSTMCell,
    MinGRUCell,
    RecurrentCell,
    SimpleRNNCell,
)


def stub(*_):
    return None


class StubCell(AbstractRNNCell): ...


class LinearStubCell(LinearCell): ...


class Sizeless(layers.Layer):
    def call(self, inputs, states):
        return inputs, states


STUBS = [
    (nb01.final_state, None),
    (nb01.read_backwards, stub),
    (nb01.beat, None),
    (nb02.parameters, None),
    (nb02.pad_left, stub),
    (nb02.classifier, None),
    (nb04.cell_after, None),
    (nb04.coupled_step, stub),
    (nb04.remember, stub),
    (nb03.latched, None),
    (nb03.leaky_factors, stub),
    (nb03.remember, None),
    (nb05.parameters, None),
    (nb05.paired, stub),
    (nb05.small_reader, None),
    (nb07.first_loss, None),
    (nb07.top_k, stub),
    (nb07.better_writer, stub),
    (nb06.count_windows, None),
    (nb06.fill_window, stub),
    (nb06.beat_the_line, None),
    (nb08.outputs, None),
    (nb08.max_cell, StubCell),
    (nb08.own_cell, None),
    (nb09.forgotten_start, None),
    (nb09.same_when_copied, stub),
    (nb09.lasts, None),
    (nb10.parameters, None),
    (nb10.let_forget_govern, stub),
    (nb10.bare_cell, None),
    (nb11.half_life, None),
    (nb11.antisymmetric, stub),
    (nb11.own_cell, None),
    (nb12.rounds, None),
    (nb12.skip, stub),
    (nb12.turning, LinearStubCell),
    (nb13.sum_of_both, None),
    (nb13.last_states, stub),
    (nb13.wait_a_little, None),
    (nb15.weight, None),
    (nb15.weigh, stub),
    (nb15.beam, stub),
    (nb14.width, None),
    (nb14.residual_stack, stub),
    (nb14.beat_the_stack, stub),
    (nb16.mean_of_means, None),
    (nb16.resume, stub),
    (nb16.small_reader, None),
    (nb17.memories, None),
    (nb17.first_states, stub),
    (nb17.echo, None),
]


@pytest.mark.parametrize(("checker", "untouched"), STUBS)
def test_stub_is_not_answered_yet(checker, untouched, capsys):
    checker(untouched)
    assert "not answered yet" in capsys.readouterr().out


def forget_to_return(*answer):
    answer = list(answer)


@pytest.mark.parametrize("checker", [checker for checker, untouched in STUBS if untouched is stub])
def test_forgotten_return_is_said(checker):
    with pytest.raises(AssertionError, match=r"returned nothing \(None\)"):
        checker(forget_to_return)


TARGETS = np.array([[1, 2, 0], [3, 0, -1], [0, -1, -1], [5, 5, 0]])


class Several(tuple):
    """A wrong answer and what the checker takes beside it."""

    def __new__(cls, *parts):
        return super().__new__(cls, parts)


def forwards(xs, W, U, b):
    h, states = np.zeros(len(b)), []
    for x in xs:
        h = np.tanh(x @ W + h @ U + b)
        states.append(h)
    return np.array(states)


def pad_in_place(ids):
    for row in ids:
        row[:] = np.roll(row, np.sum(row == 0))
    return ids


def coupled(x, h, c, W, U, b, write=lambda f: 1 - f):
    f, g, o = np.split(x @ W + h @ U + b, 3)
    f, g, o = nb04.sigmoid(f), np.tanh(g), nb04.sigmoid(o)
    c = f * c + write(f) * g
    return o * np.tanh(c), c


def hand_set(shut=-20.0, forget=20.0, spoil=lambda arrays: arrays, order="ifco"):
    """Weights that remember one of four symbols, or would if nothing were wrong with them."""
    codes = np.array([[1, 1], [1, -1], [-1, 1], [-1, -1]])
    kernel = dict(zip("ifco", np.zeros((4, 8, 2)), strict=True))
    kernel["i"][:4], kernel["c"][:4], kernel["c"][4:] = 20 - shut, 20 * codes, 1
    bias = {"i": [shut] * 2, "f": [forget] * 2, "c": [0, 0], "o": [20, 20]}
    joined = [np.hstack([some[gate] for gate in order]) for some in (kernel, bias)]
    return spoil([joined[0], np.zeros((2, 8)), joined[1], codes.T, np.zeros(4)])


def plain_factors(a, w, xs):
    """Return the slopes of tanh times w, without the share that the leaky unit keeps."""
    h, found = 0.0, []
    for x in xs:
        new = np.tanh(w * h + x)
        h = a * h + (1 - a) * new
        found.append(w * (1 - new**2))
    return np.array(found)


def factors_at_states(a, w, xs):
    """Take the slope of tanh at the state, which is a mixture."""
    h, found = 0.0, []
    for x in xs:
        h = a * h + (1 - a) * np.tanh(w * h + x)
        found.append(a + (1 - a) * w * (1 - h**2))
    return np.array(found)


def rememberer(*recurrent, compiled=True, updates=0, scores=4):
    model = keras.Sequential([keras.Input((None, 8)), *recurrent, layers.Dense(scores)])
    if compiled:
        model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
        model.optimizer.iterations.assign(updates)
    return model


def spread_as_error(first, second):
    lead = first - second
    return lead.mean(), lead.std(ddof=1)


def as_strangers(first, second):
    variance = first.var(ddof=1) + second.var(ddof=1)
    return np.mean(first - second), np.sqrt(variance / len(first))


def reader_of_digits(*inside, outputs=10):
    return keras.Sequential([keras.Input((16, 4)), *inside, layers.Dense(outputs)])


def keep_first(p, k):
    return np.where(np.arange(len(p)) < k, p, 0) / p[:k].sum()


def keep_unscaled(p, k):
    return np.where(p >= np.sort(p)[-k], p, 0)


def even_out(p, k):
    return (p >= np.sort(p)[-k]) / k


def scale_in_place(p, k):
    p[p < np.sort(p)[-k]] = 0
    p /= p.sum()
    return p


def know_nothing(read):
    return np.zeros((*read[1].shape, 117))


def give_probabilities(read):
    return np.full((*read[1].shape, 117), 1 / 117)


def give_the_last(read):
    return np.zeros((len(read[1]), 117))


def peek(read):
    """Expect what stands next in what is read."""
    return 9 * np.eye(117)[np.roll(read[1], -1, axis=1)] - 1


def give_states(read):
    return know_nothing(read), np.zeros(128)


def fill_in_place(window):
    window[np.isnan(window)] = 0
    return window


def window_model(*body):
    return keras.Sequential([keras.Input((16, 1)), *body])


def last_value(times):
    """Return a model that forecasts so many times the last value of a window."""
    return window_model(layers.Cropping1D((15, 0)), layers.Flatten(), layers.Rescaling(times))


def max_cell(width=1, returned=lambda h: (h, [h])):
    """Return a cell that begins at 0 and gives its state `width` times."""

    class MaxCell(layers.Layer):
        state_size = 1

        def call(self, inputs, states):
            return returned(ops.repeat(ops.maximum(states[0], inputs), width, axis=-1))

    return MaxCell


def name_reader(*inside, updates=316, scores=10):
    model = keras.Sequential(
        [keras.Input((None,)), layers.Embedding(9, 3), *inside, layers.Dense(scores)]
    )
    if updates is not None:
        model.compile("adam", "mse")
        model.optimizer.iterations.assign(updates)
    return Several(model, [(np.zeros((3, 4), int), np.arange(3))])


def same_names(cell):
    try:
        copy = type(cell).from_config(cell.get_config())
    except TypeError:
        return False
    return copy.leak == cell.leak


def copy_unguarded(cell):
    return type(cell).from_config(cell.get_config()).leak == cell.leak


class ScaleCell(keras.layers.Layer):
    """Right in all but that it is not registered."""

    def __init__(self, units=3, keep=0.9, **kwargs):
        super().__init__(**kwargs)
        self.units, self.keep, self.state_size = units, keep, [units, units]

    def get_config(self):
        return super().get_config() | {"units": self.units, "keep": self.keep}

    def call(self, inputs, states):
        size = self.keep * states[1] + (1 - self.keep) * ops.abs(inputs)
        output = inputs / (size + 0.001)
        return output, [output, size]


class WrongScaleCell(ScaleCell):
    def call(self, inputs, states):
        return inputs, states


class KeepingScaleCell(ScaleCell):
    def call(self, inputs, states):
        output, states = super().call(inputs, states)
        self.size = states[1]
        return output, states


class BareConfigScaleCell(ScaleCell):
    def get_config(self):
        return {"units": self.units, "keep": self.keep}


class ForgetfulScaleCell(ScaleCell):
    def get_config(self):
        return keras.layers.Layer.get_config(self) | {"units": self.units}


class HiddenOutputScaleCell(ScaleCell):
    def call(self, inputs, states):
        output, states = super().call(inputs, states[::-1])
        return output, states[::-1]


class TwoRowsScaleCell(ScaleCell):
    """Made for the batch that the checker shows first."""

    def call(self, inputs, states):
        output, states = super().call(inputs, states)
        return ops.reshape(output, (2, 3)), [ops.reshape(state, (2, 3)) for state in states]


class OfNoFileScaleCell(ScaleCell):
    """Written in a notebook."""

    __module__ = "__main__"
    call = ScaleCell.call  # a class without anything of its own would be a stub


class SquashedCell(LSTMCell):
    blocks, gates = "ifg", "if"

    def step(self, x, h, c, *, training=False):
        i, f, g = ops.split(x + ops.matmul(h, self.recurrent_kernel), 3, axis=-1)
        c = ops.sigmoid(f) * c + ops.sigmoid(i) * ops.tanh(g)
        return ops.tanh(c), [ops.tanh(c), c]


class ShuffledCell(SquashedCell):
    def step(self, x, h, c, *, training=False):
        f, i, g = ops.split(x + ops.matmul(h, self.recurrent_kernel), 3, axis=-1)
        c = ops.sigmoid(f) * c + ops.sigmoid(i) * ops.tanh(g)
        return c, [c, c]


def first_zeros(cell, inputs):
    return [ops.zeros((len(inputs), size)) for size in np.atleast_1d(cell.state_size).tolist()]


def first_of_keras_3(cell, inputs):
    if not hasattr(cell, "get_initial_state"):
        return first_zeros(cell, inputs)
    return list(cell.get_initial_state(batch_size=len(inputs)))


def first_as_it_comes(cell, inputs):
    if not hasattr(cell, "get_initial_state"):
        return first_zeros(cell, inputs)
    try:
        return cell.get_initial_state(batch_size=len(inputs))
    except TypeError:
        return cell.get_initial_state(None, len(inputs), "float32")


def transposed_in_place(W):
    W -= W.T.copy()
    return W


class StatelessCell(RecurrentCell):
    def step(self, x, h, *, training=False):
        return h, []


class ForgettingCell(RecurrentCell):
    """Its state is what it reads."""

    def step(self, x, h, *, training=False):
        h = x + 0.0 * (h @ self.recurrent_kernel)
        return h, [h]


class EchoCell(AbstractRNNCell):
    """Right in all."""

    gate, inside = (0.2, 0.5), 1.0

    def __init__(self, units, scale=0.5, **kwargs):
        super().__init__(**kwargs)
        self.units, self.scale, self.state_size = units, scale, units

    def build(self, input_shape):
        shape = (input_shape[-1], self.units)
        self.kernel = self.add_weight(shape=shape, initializer="ones", name="kernel")
        self.leak = self.add_weight(shape=(self.units,), initializer="ones", name="leak")

    def get_initial_state(self, batch_size=None):
        return [self.scale * ops.ones((batch_size, self.units))]

    def call(self, inputs, states):
        keep = ops.clip(self.gate[0] * (self.inside * states[0] + self.leak) + self.gate[1], 0, 1)
        new = keep * states[0] + (1 - keep) * ops.matmul(inputs, self.kernel)
        return new, [new]

    def get_config(self):
        return super().get_config() | {"units": self.units, "scale": self.scale}


class NewGateEchoCell(EchoCell):
    gate = (1 / 6, 0.5)


class LinearEchoCell(EchoCell):
    """Its gate does not see the state, which starts without telling where all weights are ones."""

    inside = 0.0


class ZeroStartEchoCell(EchoCell):
    def get_initial_state(self, batch_size=None):
        return [0.0 * ops.ones((batch_size, self.units))]


class FixedEchoCell(EchoCell):
    def build(self, input_shape):
        super().build(input_shape)
        self.leak.trainable = False


class ForgetfulEchoCell(EchoCell):
    def get_config(self):
        return layers.Layer.get_config(self) | {"units": self.units}


class OpenConfigEchoCell(EchoCell):
    def get_config(self):
        return super().get_config() | {"time_major": False}


class NamedEchoCell(EchoCell):
    def build(self, input_shape):
        self.kernel = self.add_weight("kernel", (input_shape[-1], self.units))


def both_from_the_end(forward, backward, lengths):
    rows = np.arange(len(lengths))
    return np.concatenate([forward[rows, lengths - 1], backward[rows, lengths - 1]], axis=1)


# Characters of which a third each is of a class, padded on the right, and their labels.
READ = np.random.default_rng(0).integers(2, 20, size=(4, 96))
READ[1:, 70:] = 0
CLASS_OF = np.where(READ > 0, READ % 3, -1)
SPLITS = {"validation": READ, "test": READ}


def tag_rightly(x, shift=0):
    return np.eye(3)[np.roll(x, -shift, axis=1) % 3]


def general(h, memory, mask, W):
    e = np.where(mask == 1, np.sum((h @ W)[:, None] * memory, axis=-1), -np.inf)
    a = np.exp(e - e.max(axis=1, keepdims=True))
    return a / a.sum(axis=1, keepdims=True)


def zero_the_padding(h, memory, mask, W):
    """Weigh the first real states alone where there is padding, so that the weights add up to 1."""
    a = general(h, memory, mask, W)
    a[1] = np.eye(4)[0]
    return a


def beam(step, length, width):
    kept = [((), 0.0)]
    for _ in range(length):
        longer = [
            ((*letters, letter), total + log_p)
            for letters, total in kept
            for letter, log_p in enumerate(step(letters))
        ]
        kept = sorted(longer, key=lambda one: -one[1])[:width]
    return kept[0]


def run_stack(xs, steps, h, add=True, carry=True, carry_sum=False):
    states, outputs = [h] * len(steps), []
    for x in xs:
        for n, step in enumerate(steps):
            new = step(x, states[n])
            x = x + new if n and add else new
            if carry:
                states[n] = x if carry_sum else new
        outputs.append(x)
    return np.array(outputs)


def count_odd(x, h, order=5, copy=True):
    """Run so many parities, each of the one before; the last stands first."""
    h = h.copy() if copy else h
    for n in reversed(range(order)):
        h[:, n] = x = (x + h[:, n]) % 2
    return h


def count_at_once(x, h):
    """Let each parity read the one before as it was a step before."""
    return (h + np.column_stack([h[:, 1:], x])) % 2


def count_ever_larger(x, h):
    h = h.copy()
    for n in reversed(range(5)):
        h[:, n] = x = x + h[:, n]
    h[:, 0] %= 2
    return h


def count_turned(x, h):
    return count_odd(x, h[:, ::-1])[:, ::-1]


def take_shortcut(x, h, back=4):
    a = (x + h[:, 4]) % 2
    b = (a + h[:, back - 1]) % 2
    return np.stack([b, h[:, 0], h[:, 1], h[:, 2], a], 1)


def by_number(names, *ends):
    ends = (".keras", *ends)
    numbered = [name for name in names if name.partition(".")[0].isdigit() and name.endswith(ends)]
    return sorted(numbered, key=lambda name: int(name.partition(".")[0]))


def go_on(ordered, epochs, counts=lambda name: name[:-6].isdigit(), least=0):
    """Go on from the last name in the list that counts as a checkpoint."""
    some = [name for name in ordered if counts(name)]
    if not some:
        return None, epochs
    return some[-1], max(least, epochs - int(some[-1].partition(".")[0]))


def skip_in_place(a, b, real):
    a[~real], b[~real] = 1, 0
    return a, b


class StillCell(LinearCell):
    blocks, states = "zg", "h"


WRONG = [
    (nb01.final_state, 0, "something of it is left"),
    (nb01.final_state, 0.76, "right after the 1"),
    (nb01.final_state, 0.36, "one by one"),
    (nb01.final_state, "0.18", "Give a number"),
    (nb01.final_state, np.array([[0.0], [0.76], [0.36], [0.18]]), "Only the last state"),
    (nb01.final_state, ["a"], "Give a number"),
    (nb01.read_backwards, forwards, "still comes from the first input"),
    (nb01.read_backwards, lambda xs, *w: forwards(xs[::-1], *w)[::-1], "turned round"),
    (nb01.read_backwards, lambda xs, *w: forwards(xs[::-1], *w)[-1], "shape"),
    (nb01.read_backwards, lambda xs, *w: "states", "an array"),
    (nb01.beat, Several(np.full((3, 10), 0.1), TARGETS), "must have shape"),
    (nb01.beat, Several(np.full((4, 3, 10), 1.0), TARGETS), "add up to 1"),
    (nb01.beat, Several(np.full((4, 3, 10), -1.0), TARGETS), "before the softmax"),
    (nb01.beat, Several(np.eye(10)[np.full((4, 3), 7)], TARGETS), "probability 0"),
    (nb01.beat, Several(0.9 * np.eye(10)[TARGETS] + 0.01, TARGETS), "too good to be true"),
    (nb01.beat, Several(np.full((4, 3, 10), 0.1).tolist(), TARGETS), "perplexity is 10.00"),
    (nb02.parameters, 22403, "How many gates"),
    (nb02.parameters, 25027, "table of weights"),
    (nb02.parameters, 41024, "last layer has biases"),
    (nb02.parameters, np.array(40771), "gates of the LSTM have biases"),
    (nb02.parameters, 1, "one by one"),
    (nb02.parameters, "41027", "Give a number"),
    (nb02.parameters, [16000, 24832, 195], "Give a number"),
    (nb02.pad_left, lambda ids: ids[:, ::-1], "order has changed"),
    (nb02.pad_left, lambda ids: ids, "on the left"),
    (nb02.pad_left, lambda ids: ids * 0, "tokens were lost"),
    (nb02.pad_left, lambda ids: np.sort(ids, axis=1), "order has changed"),
    (nb02.pad_left, pad_in_place, "changes the array"),
    (nb02.classifier, "Finnish", "this is a str"),
    (nb02.classifier, lambda texts: 3, "in shape"),
    (nb02.classifier, lambda texts: np.zeros((len(texts), 9)), "in shape"),
    (nb02.classifier, lambda texts: [1] * len(texts), "one answer to all"),
    (nb02.classifier, lambda texts: [len(text) % 10 for text in texts], "Which tokens"),
    (nb02.classifier, lambda texts: ["Finnish"] * len(texts), "none of the ten"),
    (nb04.cell_after, 1.8, "leave of the old state"),
    (nb04.cell_after, np.array([0.0]), "written at the same step"),
    (nb04.cell_after, -0.4, "only an offer"),
    (nb04.cell_after, np.float32(0.2), "the sign"),
    (nb04.cell_after, 1.0, "at the last step"),
    (nb04.cell_after, "-0.2", "Give a number"),
    (nb04.cell_after, [2, 2, -0.2], "One number"),
    (nb04.coupled_step, lambda x, h, c, W, U, b: c, "two things"),
    (nb04.coupled_step, lambda x, h, c, W, U, b: (h[:1], b), "must have shape"),
    (nb04.coupled_step, lambda *args: coupled(*args)[::-1], "h first"),
    (nb04.coupled_step, lambda *args: coupled(*args, write=lambda f: f), "not also write"),
    (nb04.coupled_step, lambda *args: coupled(*args, write=np.ones_like), "what written"),
    (nb04.coupled_step, lambda *args: (args[1], coupled(*args)[1]), "c is right"),
    (nb04.remember, lambda: hand_set()[:3], "five arrays"),
    (nb04.remember, lambda: hand_set(spoil=lambda arrays: [None, None, 0, 0, 0]), "one or two"),
    (nb04.remember, lambda: hand_set(spoil=lambda a: [*a[:3], a[3].T, a[4]]), "must have shape"),
    (nb04.remember, lambda: hand_set(spoil=lambda a: [*a[:4], a[4] + np.nan]), "not finite"),
    (nb04.remember, lambda: hand_set(spoil=lambda a: [*a[:3], 0 * a[3], a[4]]), "Asked right"),
    (nb04.remember, lambda: hand_set(order="fico"), "does a distractor do"),
    (nb04.remember, lambda: hand_set(shut=0.0), "does a distractor do"),
    (nb04.remember, lambda: hand_set(shut=-6.0), "1,000 small writes"),
    (nb04.remember, lambda: hand_set(forget=1.0), "1,000 small writes"),
    (nb03.latched, "a lot", "Give a number"),
    (nb03.latched, [0.16, 0.02], "one number"),
    (nb03.latched, -8, "not its logarithm"),
    (nb03.latched, np.float32(0.157), "one step leaves"),
    (nb03.latched, 1.57, "factors multiply"),
    (nb03.latched, 1, "It remembers, but"),
    (nb03.latched, 2.0**10, "It remembers, but"),
    (nb03.latched, 0.66, "What does one step multiply by"),
    (nb03.leaky_factors, lambda a, w, xs: [a] * len(xs), "second path leads"),
    (nb03.leaky_factors, plain_factors, "at full strength. Which"),
    (nb03.leaky_factors, lambda a, w, xs: a + plain_factors(a, w, xs), "not enter at full"),
    (nb03.leaky_factors, factors_at_states, "no longer the state"),
    (nb03.leaky_factors, lambda a, w, xs: np.cumprod(factors_at_states(a, w, xs)), "would be"),
    (nb03.leaky_factors, lambda a, w, xs: 0.9, "Six inputs"),
    (nb03.leaky_factors, lambda a, w, xs: "ten", "array or a list"),
    (nb03.leaky_factors, lambda a, w, xs: print(end=""), "returned nothing"),
    (nb03.remember, 0.99, "trained model"),
    (nb03.remember, rememberer(layers.SimpleRNN(32)), "one GRU of at most 32"),
    (nb03.remember, rememberer(layers.GRU(64)), "one GRU of at most 32"),
    (
        nb03.remember,
        rememberer(layers.LSTM(4, return_sequences=True), layers.GRU(8)),
        "do it alone",
    ),
    (nb03.remember, rememberer(layers.GRU(8), compiled=False), "not compiled"),
    (nb03.remember, rememberer(layers.GRU(8), updates=301), "300 are allowed"),
    (nb03.remember, rememberer(layers.GRU(8), scores=8), "give 4 scores"),
    (nb03.remember, rememberer(layers.GRU(8)), "95 % are needed"),
    (nb05.parameters, 10650, "reset_after=False"),
    (nb05.parameters, 14200, "That is an LSTM"),
    (nb05.parameters, 1, "recurrent kernel"),
    (nb05.parameters, np.array(10500), "biases are missing"),
    (nb05.parameters, "10800", "Give a number"),
    (nb05.paired, lambda a, b: (np.mean(b - a), 1.0), "The sign"),
    (nb05.paired, lambda a, b: (np.mean(a - b), np.std(a - b) / np.sqrt(len(a))), "one less"),
    (nb05.paired, spread_as_error, "spread of single seeds"),
    (nb05.paired, as_strangers, "as strangers"),
    (nb05.paired, lambda a, b: [np.mean(a - b), np.std(a - b, ddof=1) / len(a)], "root"),
    (nb05.paired, lambda a, b: a - b, "two numbers"),
    (nb05.small_reader, 0.98, "Give a Keras model"),
    (nb05.small_reader, keras.Sequential([layers.GRU(8), layers.Dense(10)]), "no weights yet"),
    (nb05.small_reader, reader_of_digits(layers.Flatten()), "recurrent"),
    (nb05.small_reader, reader_of_digits(layers.GRU(32)), "at most 3,000"),
    (nb05.small_reader, reader_of_digits(layers.GRU(8), outputs=9), "Ten scores"),
    (nb05.small_reader, reader_of_digits(layers.GRU(8)), "Is it trained"),
    (nb07.first_loss, 5.32, "in bits"),
    (nb07.first_loss, 40, "perplexity"),
    (nb07.first_loss, 1, "before anything is learnt"),
    (nb07.first_loss, "3.69", "Give a number"),
    (nb07.top_k, keep_first, "likelier symbol was dropped"),
    (nb07.top_k, keep_unscaled, "add up to 0.80"),
    (nb07.top_k, even_out, "proportions"),
    (nb07.top_k, scale_in_place, "changes the array"),
    (nb07.better_writer, "GRU", "Give a model"),
    (nb07.better_writer, know_nothing, "perplexity of 117.00"),
    (nb07.better_writer, give_probabilities, "before softmax"),
    (nb07.better_writer, give_the_last, "one per letter"),
    (nb07.better_writer, peek, "reads ahead"),
    (nb07.better_writer, give_states, "scores alone"),
    (nb06.count_windows, 10, "inside the test part"),
    (nb06.count_windows, 7, "first place"),
    (nb06.count_windows, 3, "reach back"),
    (nb06.count_windows, 23, "Only windows"),
    (nb06.count_windows, 5, "three targets"),
    (nb06.fill_window, lambda window: window, "nan is left"),
    (nb06.fill_window, lambda window: np.nan_to_num(window), "one missing inside"),
    (nb06.fill_window, fill_in_place, "changes the window"),
    (nb06.fill_window, lambda window: window[~np.isnan(window)], "came out"),
    (nb06.fill_window, lambda window: np.ones(len(window)), "was changed"),
    (nb06.fill_window, lambda window: np.interp(np.arange(4), [0, 3], [1.0, 2.0]), "came out"),
    (nb06.count_windows, [8, 8], "one number"),
    (nb06.beat_the_line, 0.05, "this is float"),
    (nb06.beat_the_line, keras.Sequential([layers.Dense(1)]), "no weights yet"),
    (nb06.beat_the_line, window_model(layers.GRU(4), layers.Dense(1)), "is recurrent"),
    (nb06.beat_the_line, window_model(layers.Flatten(), layers.Dense(2)), "One number per window"),
    (nb06.beat_the_line, window_model(layers.Dense(1)), r"have the shape \(500, 16, 1\)"),
    (nb06.beat_the_line, last_value(0.0), "Is it trained"),
    (nb06.beat_the_line, last_value(1.0), "Is it trained"),
    (nb06.beat_the_line, last_value(0.66), "curved|trained"),
    (nb08.outputs, [8, 8], "three numbers"),
    (nb08.outputs, [16, 16, 10], "begins at 0"),
    (nb08.outputs, [8, 5, 4.5], "must not be read"),
    (nb08.outputs, [8, 0, 6], "repeats something"),
    (nb08.outputs, [8, 2, 6], "the one before it"),
    (nb08.outputs, [8, 8, 4], "which state"),
    (nb08.outputs, "eight", "Give numbers"),
    (nb08.max_cell, max_cell(), "loses against every input"),
    (nb08.max_cell, max_cell(2, lambda h: (h, [h[:, :1]])), "went in"),
    (nb08.max_cell, max_cell(returned=lambda h: h), "returns two things"),
    (nb08.max_cell, max_cell(returned=lambda h: None), "returned nothing"),
    (
        nb08.max_cell,
        Sizeless,
        "its `state_size`",
    ),
    (nb08.max_cell, ScaleCell, "one number"),
    (nb08.max_cell, 16, "A cell is a Layer"),
    (nb08.own_cell, "GateCell", "Give the trained model"),
    (nb08.own_cell, name_reader(layers.GlobalAveragePooling1D()), "no layer RNN"),
    (nb08.own_cell, name_reader(layers.LSTM(4)), "LSTMCell is there already"),
    (nb08.own_cell, name_reader(layers.RNN(SimpleRNNCell(4))), "SimpleRNNCell is there already"),
    (nb08.own_cell, name_reader(layers.RNN(ScaleCell()), updates=None), "not compiled"),
    (nb08.own_cell, name_reader(layers.RNN(ScaleCell()), updates=0), "not been trained"),
    (nb08.own_cell, name_reader(layers.RNN(ScaleCell()), updates=317), "trained for 317"),
    (nb08.own_cell, name_reader(layers.RNN(ScaleCell()), scores=3), "ten scores"),
    (nb08.own_cell, name_reader(layers.RNN(ScaleCell())), "number to beat is 70%"),
    (nb09.forgotten_start, 0.19, "was given to Bidirectional"),
    (nb09.forgotten_start, np.float32(0.94), "And the output"),
    (nb09.forgotten_start, [0.537], "after one step"),
    (nb09.forgotten_start, 1.0, "where do they come from"),
    (nb09.forgotten_start, "0.74", "Give a number"),
    (nb09.forgotten_start, [0.5, 0.9], "Give a number"),
    (nb09.same_when_copied, lambda cell: True, "forgets leak your test says True"),
    (nb09.same_when_copied, lambda cell: False, "keeps its options your test says False"),
    (nb09.same_when_copied, same_names, "wrong value your test says True"),
    (nb09.same_when_copied, copy_unguarded, "without .*kwargs your test stops"),
    (nb09.lasts, ScaleCell(), "the class itself"),
    (nb09.lasts, OfNoFileScaleCell, "Write it to a file"),
    (nb09.lasts, keras.layers.Dense, "does not run"),
    (nb09.lasts, WrongScaleCell, "differ from the formula"),
    (nb09.lasts, KeepingScaleCell, "keeps a tensor on self: size"),
    (nb09.lasts, BareConfigScaleCell, "The config has no name"),
    (nb09.lasts, ForgetfulScaleCell, "keep=0.5 was asked for, the config says None"),
    (nb09.lasts, HiddenOutputScaleCell, "Under a mask"),
    (nb09.lasts, TwoRowsScaleCell, "check_cell, step"),
    (nb10.parameters, 14200, "LSTM alone"),
    (nb10.parameters, 21700, "How many blocks"),
    (nb10.parameters, 14650, "is a matrix"),
    (nb10.parameters, 54200, "neither sends"),
    (nb10.parameters, 1, "LSTM first"),
    (nb10.let_forget_govern, lambda W, U, b: W, "Return W, U and b"),
    (nb10.let_forget_govern, lambda W, U, b: (W[:1], U, b), "must keep it"),
    (nb10.let_forget_govern, lambda W, U, b: (W, U, b), "Unchanged"),
    (nb10.let_forget_govern, lambda W, U, b: (-W, -U, -b), "Which block"),
    (nb10.bare_cell, CIFGCell, "subclass"),
    (nb10.bare_cell, LSTMCell, "has 4 blocks"),
    (nb10.bare_cell, SquashedCell, "still squashed"),
    (nb10.bare_cell, ShuffledCell, "Step 1 differs"),
    (nb11.half_life, [50, 0.5], "one number"),
    (nb11.half_life, 50, "of what is left"),
    (nb11.half_life, 68, "After 68 steps a little more than half"),
    (nb11.half_life, 40, "After 40 steps more than half"),
    (nb11.half_life, np.array(100), "After 100 steps less than half"),
    (nb11.antisymmetric, transposed_in_place, "changes the matrix"),
    (nb11.antisymmetric, lambda W: W - np.diag(np.diag(W)), "differ in sign only"),
    (nb11.antisymmetric, lambda W: W + W.T, "diagonal must be 0"),
    (nb11.antisymmetric, lambda W: W - W, "carries nothing"),
    (nb11.antisymmetric, lambda W: (W - W.T)[0], r"shape \(5,\)"),
    (nb11.antisymmetric, lambda W: np.tri(5) - np.tri(5).T, "Another matrix"),
    (nb11.own_cell, LSTMCell, "not the class"),
    (nb11.own_cell, LSTMCell(3), "is there already"),
    (nb11.own_cell, layers.GRUCell(3), "extends AbstractRNNCell"),
    (nb11.own_cell, SquashedCell(40), "larger than the 2,000"),
    (nb11.own_cell, StatelessCell(4), "does not run in RNN"),
    (nb11.own_cell, ForgettingCell(4), "number to beat is 65%"),
    (nb12.rounds, [10, 10], "one number"),
    (nb12.rounds, 10.55, "After ten rounds"),
    (nb12.rounds, 999, "add one step"),
    (nb12.rounds, np.array(12), "After 12 rounds"),
    (nb12.skip, skip_in_place, "changes the arrays"),
    (nb12.skip, lambda a, b, real: a * real[:, None], "two things"),
    (nb12.skip, lambda a, b, real: (a[real], b[real]), r"a has the shape \(4, 2\)"),
    (nb12.skip, lambda a, b, real: (0 * a + 1, 0 * b), "that count must stay"),
    (nb12.skip, lambda a, b, real: (a * real[:, None], b * real[:, None]), "the state changes"),
    (nb12.skip, lambda a, b, real: (np.where(real[:, None], a, 1), b), "the state changes"),
    (nb12.turning, MinGRUCell(3), "the class itself"),
    (nb12.turning, layers.GRUCell, "must extend LinearCell"),
    (nb12.turning, StillCell, "(?s)does not run in ParallelRNN.*StillCell must define"),
    (nb12.turning, MinGRUCell, "number to beat is 90%"),
    (nb13.sum_of_both, 20, "last row"),
    (nb13.sum_of_both, 15, "one of the two"),
    (nb13.sum_of_both, [1], "What has each chain read"),
    (nb13.sum_of_both, np.array([[225.0]]), "this one adds"),
    (nb13.sum_of_both, [15, 15], "Give one number"),
    (nb13.sum_of_both, "30", "Give one number"),
    (nb13.last_states, lambda f, b, n: f[:, -1], "shape must be"),
    (nb13.last_states, lambda f, b, n: np.hstack([f[:, -1], b[:, 0]]), "forward half"),
    (nb13.last_states, lambda f, b, n: np.hstack([f[:, 0], b[:, 0]]), "forward half"),
    (nb13.last_states, both_from_the_end, "backward half"),
    (nb13.wait_a_little, Several(0.95, READ, CLASS_OF), "a Keras model, or a function"),
    (nb13.wait_a_little, Several(lambda x: x, READ, CLASS_OF), "scores must come out"),
    (nb13.wait_a_little, Several(forget_to_return, READ, CLASS_OF), r"returned nothing \(None\)"),
    (
        nb13.wait_a_little,
        Several(lambda x: tag_rightly(x, shift=17), READ, CLASS_OF),
        "more than 16 characters behind",
    ),
    (nb13.wait_a_little, Several(lambda x: tag_rightly(x + 1), READ, CLASS_OF), "number to beat"),
    (nb15.weight, 0.25, "the other one"),
    (nb15.weight, 3, "add up to 1"),
    (nb15.weight, "3/4", "Give a number"),
    (nb15.weight, 0.9, "both scores"),
    (nb15.weigh, lambda h, memory, mask, W: mask, "add up to 1"),
    (nb15.weigh, lambda h, memory, mask, W: memory, "weight for each state"),
    (nb15.weigh, lambda *args: general(*args[:2], np.ones((2, 4)), args[3]), "Padding gets"),
    (nb15.weigh, lambda *args: general(*args[:3], args[3].T), "turned round"),
    (nb15.weigh, lambda *args: general(*args[:3], np.eye(3)), "even without padding"),
    (nb15.weigh, zero_the_padding, "With padding"),
    (nb15.beam, lambda step, length, width: (), "two things"),
    (nb15.beam, lambda step, length, width: ((0,), 0.0), "letters were asked for"),
    (nb15.beam, lambda *args: (beam(*args)[0], 0.0), "sum over the letters"),
    (nb15.beam, lambda step, length, width: beam(step, length, width + 1), "width 1"),
    (nb15.beam, lambda step, length, width: beam(step, length, 1), "as wide as all texts"),
    (nb15.beam, lambda *args: beam(*args[:2], args[2] + (args[2] == 2)), "Width 2 ends at"),
    (nb15.beam, lambda *args: beam(*args[:2], args[2] - (args[2] == 3)), "Width 3 ends at"),
    (nb14.width, 20, r"must be larger\.$"),
    (nb14.width, 48, r"must be smaller\.$"),
    (nb14.width, 30, "smaller, but only just"),
    (nb14.width, 28.6, "whole number"),
    (nb14.residual_stack, lambda xs, steps, h: h, "Five steps and four units"),
    (nb14.residual_stack, lambda *args: run_stack(*args, add=False), "Step 1 differs"),
    (nb14.residual_stack, lambda *args: run_stack(*args, carry_sum=True), "step 2 differs"),
    (nb14.residual_stack, lambda *args: run_stack(*args, carry=False), "step 2 differs"),
    (nb14.beat_the_stack, lambda x, h: x, r"shape \(200, 5\), what you return \(200,\)"),
    (nb14.beat_the_stack, lambda x, h: (x, h), "one array"),
    (nb14.beat_the_stack, lambda x, h: "parity", r"what you return \(\)"),
    (nb14.beat_the_stack, lambda x, h: count_odd(x, h, copy=False), "changes the arrays"),
    (nb14.beat_the_stack, lambda x, h: h + x[:, None], "At step 2 your first number is neither"),
    *(
        (nb14.beat_the_stack, partial(count_odd, order=order), f"parity of order {order}; order 5")
        for order in range(1, 5)
    ),
    (nb14.beat_the_stack, count_turned, "number 5 of your state"),
    (nb14.beat_the_stack, count_at_once, "comes at step 5. Which numbers are too old"),
    (
        nb14.beat_the_stack,
        partial(take_shortcut, back=3),
        "of steps 17 to 64, the stack at 99.9%. Your first mistake is at step 4",
    ),
    (
        nb14.beat_the_stack,
        lambda x, h: count_ever_larger(x, h.astype("float32")),
        "Steps 17 to 64 are right, .* Does a number of your state grow",
    ),
    (nb16.mean_of_means, 3, "all four names"),
    (nb16.mean_of_means, np.array([8.0]), "sum of the two"),
    (nb16.mean_of_means, 12, "sum of the four"),
    (nb16.mean_of_means, 5, "Which two means"),
    (nb16.mean_of_means, [2, 6], "Give one number"),
    (nb16.resume, lambda names, epochs: max(names), "two things"),
    (nb16.resume, lambda names, epochs: go_on(sorted(names), epochs), "'9.keras'"),
    (nb16.resume, lambda names, epochs: names[epochs], "it stops"),
    (nb16.resume, lambda names, epochs: go_on(by_number(names), epochs + 1), "are left"),
    (nb16.resume, lambda names, epochs: go_on(by_number(names), epochs, least=-9), "more epochs"),
    (
        nb16.resume,
        lambda names, epochs: go_on(by_number(names, ".npz"), epochs, bool),
        "other files",
    ),
    (nb16.resume, lambda names, epochs: names.sort() or go_on(names, epochs), "changes the list"),
    (nb16.small_reader, Several(0.75, SPLITS, SPLITS), "Give the path"),
    (nb16.small_reader, Several("missing.tflite", SPLITS, SPLITS), "no file missing.tflite"),
    (nb16.small_reader, Several(__file__, SPLITS, SPLITS), "at most 20 are allowed"),
    (nb16.small_reader, Several(ROOT / "Makefile", SPLITS, SPLITS), "cannot read Makefile"),
    (nb17.memories, 0.84, "Give two numbers"),
    (nb17.memories, ["1", "0.84"], "Give two numbers"),
    (nb17.memories, [0.84, 1.0], "Under Keras 2 it is not 0.84"),
    (nb17.memories, (1, 0.917), "after one step"),
    (nb17.memories, np.array([[1.0], [0.833]]), "a sum of 2"),
    (nb17.memories, [1, 1], "what Keras 2 leaves"),
    (nb17.memories, [1, 0.5], "and twice"),
    (nb17.first_states, lambda cell, x: first_zeros(cell, x)[0], "is a"),
    (nb17.first_states, first_zeros, "must begin at 3"),
    (nb17.first_states, first_of_keras_3, "a cell of Keras 2, .* your function stops"),
    (nb17.first_states, first_as_it_comes, "a list of states is due"),
    (nb17.first_states, lambda cell, x: first_zeros(cell, x[0]), "states of shapes"),
    (
        nb17.first_states,
        lambda cell, x: list(cell.get_initial_state(len(x))),
        "your function stops",
    ),
    (nb17.echo, EchoCell(2), "the class itself"),
    (nb17.echo, NamedEchoCell, "does not run in RNN"),
    (nb17.echo, keras.layers.Dense, "does not run in RNN"),
    (nb17.echo, FixedEchoCell, "must learn"),
    (nb17.echo, NewGateEchoCell, "Which function is between"),
    (nb17.echo, LinearEchoCell, "Which function is between"),
    (nb17.echo, ZeroStartEchoCell, "Check the first state"),
    (nb17.echo, ForgetfulEchoCell, "scale 0.5, not 4 and 0.25"),
    (nb17.echo, OpenConfigEchoCell, "No copy can be made"),
]


@pytest.mark.parametrize(("checker", "wrong", "hint"), WRONG)
def test_wrong_answer_is_stopped_with_a_hint(checker, wrong, hint):
    with pytest.raises(AssertionError, match=hint):
        checker(*wrong) if isinstance(wrong, Several) else checker(wrong)


@pytest.mark.parametrize(
    "right", [0.18, np.float32(0.18), np.array([0.1785]), [0.18], np.array(0.18, dtype="float16")]
)
def test_state_may_be_a_number_or_an_array(right, capsys):
    nb01.final_state(right)
    assert "right" in capsys.readouterr().out


@pytest.mark.parametrize("right", [30, 30.0, [30], (30,), np.float32(30), np.array([[30.0]])])
def test_sum_may_be_a_number_or_an_array(right, capsys):
    nb13.sum_of_both(right)
    nb13.sum_of_both(ops.convert_to_tensor(right))
    assert capsys.readouterr().out.count("right") == 2


@pytest.mark.parametrize("form", [np.asarray, ops.convert_to_tensor, np.ndarray.tolist])
def test_tagger_may_wait_and_return_any_form(form, capsys):
    nb13.wait_a_little(lambda x: form(tag_rightly(x)), READ, CLASS_OF)
    assert "right" in capsys.readouterr().out


@pytest.mark.parametrize("right", [[8, 8, 6], (8.0, 8, 6), np.array([[[8.0], [8.0], [6.0]]])])
def test_outputs_may_be_of_any_form(right, capsys):
    nb08.outputs(right)
    nb08.outputs(ops.convert_to_tensor(right))
    assert capsys.readouterr().out.count("right") == 2


def export_step(path, swapped=False):
    """Write a step file that always answers 0."""
    character, before = keras.Input((), dtype="int32", name="id"), keras.Input((3,), name="h")
    output, [after] = SimpleRNNCell(3)(layers.Embedding(20, 2)(character), [before])
    outputs = [layers.Dense(10, kernel_initializer="zeros")(output), after]
    step = keras.Model([character, before], outputs[::-1] if swapped else outputs)
    step.export(path, format="litert", verbose=False)


def classes_of(validation, test):
    return {"validation": np.full(len(READ), validation), "test": np.full(len(READ), test)}


@pytest.mark.parametrize(
    ("swapped", "labels", "hint"),
    [
        (False, classes_of(9, 0), "0.0% of the validation names; the number to beat is 70%"),
        (False, classes_of(0, 9), "but at most 70% of the test's"),
        (True, classes_of(0, 0), "second output must be"),
    ],
)
def test_step_file_must_be_right_often_and_give_its_state(swapped, labels, hint, tmp_path):
    export_step(tmp_path / "step.tflite", swapped)
    with pytest.raises(AssertionError, match=hint):
        nb16.small_reader(tmp_path / "step.tflite", SPLITS, labels)


def test_step_file_that_is_right_is_told_so(tmp_path, capsys):
    export_step(tmp_path / "step.tflite")
    nb16.small_reader(tmp_path / "step.tflite", SPLITS, classes_of(0, 0))
    assert "Exercise 3: right" in capsys.readouterr().out


@pytest.mark.parametrize(
    "right",
    [
        count_odd,
        count_ever_larger,
        take_shortcut,
        lambda x, h: take_shortcut(x, np.asarray(h)).tolist(),
        lambda x, h: take_shortcut(x, h) == 1,
        lambda x, h: ops.convert_to_tensor(take_shortcut(x, h).astype("float32")),
        lambda x, h: np.column_stack([x ^ h[:, 4] ^ h[:, 3], h[:, :3], x ^ h[:, 4]]),
        lambda x, h: np.column_stack([(x + h[:, [0, 3, 4]].sum(1)) % 2, h[:, :4]]),
    ],
)
def test_step_may_hold_any_state_and_return_any_form(right, capsys):
    nb14.beat_the_stack(right)
    assert "right" in capsys.readouterr().out


def cells_of(name):
    (notebook,) = (ROOT / "notebooks").glob(f"{name}_*.ipynb")
    return {cell.id: cell for cell in parse(notebook).cells}


def test_stack_to_beat_is_the_one_that_notebook_14_shows():
    cells = cells_of("14")
    printed = "".join(output.get("text", "") for output in cells["kept"].outputs)
    (share,) = re.findall(r"steps 17 to 64 right: (\S+ %)", printed)
    assert f"right at {share} of steps 17 to 64" in cells["ex3"].source
    assert share == f"{100 * nb14.STACK:.1f} %"


def test_beams_end_where_notebook_15_says():
    step = nb15._chain(51, 3)
    ends = [beam(step, 4, width)[1] for width in (1, 2, 3)]
    every = itertools.product(range(3), repeat=4)
    assert ends[2] == pytest.approx(max(nb15._score(step, letters) for letters in every))
    said = re.findall(r"−\d\.\d\d", cells_of("15")["64233f79"].source)
    assert said == [f"−{-end:.2f}" for end in ends]


def checkers() -> dict[Path, list]:
    """Return the checkers of each notebook, by its path, in the order of their exercises."""
    found = {}
    for module in sorted(Path(course.checks.__file__).parent.glob("nb*.py")):
        names = vars(import_module(f"course.checks.{module.stem}")).values()
        (notebook,) = (ROOT / "notebooks").glob(f"{module.stem[2:]}_*.ipynb")
        some = [value for value in names if hasattr(value, "exercise")]
        found[notebook] = sorted(some, key=lambda checker: checker.exercise)
    return found


def test_every_notebook_has_checkers():
    series = [path for path in all_notebooks() if path.parent.name == "notebooks"]
    assert sorted(checkers()) == series


@pytest.mark.parametrize("notebook", checkers(), ids=lambda path: path.stem)
def test_every_exercise_is_called_in_order_and_solved(notebook: Path):
    some = checkers()[notebook]
    assert [checker.exercise for checker in some] == [1, 2, 3]
    due = [f"nb{notebook.name[:2]}.{checker.__name__}" for checker in some]
    for page in (notebook, notebook.parent / "solutions" / notebook.name):
        code = "\n".join(cell.source for cell in parse(page).cells if cell.cell_type == "code")
        called = re.findall(r"^(nb\d\d\.\w+)\(", code, re.MULTILINE)
        assert list(dict.fromkeys(called)) == due, f"{page} calls {called}, expected {due}"


def test_every_checker_is_tested_on_a_stub_and_on_wrong_answers():
    every = {checker for some in checkers().values() for checker in some}
    assert {checker for checker, _ in STUBS} == every
    few = [checker.__name__ for checker in every if sum(checker is one for one, *_ in WRONG) < 2]
    assert not few, f"expected at least two wrong answers for each checker, fewer for {few}"


# Their data


def test_data_is_found_where_the_package_is_installed_apart(monkeypatch, tmp_path):
    wanted = tmp_path / "data" / "names.csv"
    for path in (wanted.parent, tmp_path / "notebooks"):
        path.mkdir()
    wanted.touch()
    monkeypatch.chdir(tmp_path / "notebooks")
    monkeypatch.setattr(course.checks, "__file__", "/elsewhere/course/checks/__init__.py")
    assert course.checks.find_data("names.csv") == wanted
    with pytest.raises(FileNotFoundError, match="no data/other"):
        course.checks.find_data("other.csv")


def test_no_checker_looks_for_data_beside_itself():
    folder = Path(course.checks.__file__).parent
    looking = [path.name for path in folder.glob("nb*.py") if "__file__" in path.read_text("utf-8")]
    assert not looking, "use find_data"
