"""Checkers of notebook 13."""

from collections.abc import Callable

import keras
import numpy as np

from course.checks import exercise

BATCH, STEPS, FEATURES, UNITS = 3, 6, 2, 4


@exercise(1)
def sum_of_both(answer: float) -> None:
    found = np.asarray(answer)
    assert found.size == 1 and found.dtype.kind in "iuf", (
        "Give one number: the layer has one unit and reads one sequence."
    )
    number = found.item()
    hints = {
        20: "That is the last row of return_sequences=True, where the backward chain has read "
        "one number only.",
        15: "That is one of the two chains.",
        225: "The modes are called by their names: this one adds.",
    }
    assert number == 30, (
        f"{number:g} is not what comes out. "
        f"{hints.get(number, 'What has each chain read when it is done?')}"
    )


@exercise(2)
def last_states(answer) -> object:
    rng = np.random.default_rng(0)
    lengths = np.array([6, 4, 1])
    mask = np.arange(STEPS) < lengths[:, None]
    xs = rng.normal(size=(BATCH, STEPS, FEATURES)).astype("float32")
    xs[~mask] = 9.0
    outputs = {}
    for sequences in (True, False):
        keras.utils.set_random_seed(0)
        gru = keras.layers.GRU(UNITS, return_sequences=sequences)
        # Without a merge the layer gives the two halves apart.
        layer = keras.layers.Bidirectional(gru, merge_mode=None)
        halves = layer(xs, mask=mask)
        outputs[sequences] = [keras.ops.convert_to_numpy(half) for half in halves]
    found = answer(*outputs[True], lengths)
    if found is None:
        return NotImplemented
    found = np.asarray(found)
    expected = np.concatenate(outputs[False], axis=-1)
    assert found.shape == expected.shape, (
        f"The shape must be {expected.shape}, forward half first; yours is {found.shape}."
    )
    for name, part in (("forward", slice(None, UNITS)), ("backward", slice(UNITS, None))):
        wrong = ~np.isclose(found[:, part], expected[:, part], atol=1e-5).all(axis=1)
        assert not wrong.any(), (
            f"The {name} half of a sequence of {lengths[wrong][0]} steps (of {STEPS}, with its "
            "padding) is not the state after the whole sequence. At which step is that state?"
        )
    return None


PIECES, FUTURE, BEAT = 128, 16, 0.97


@exercise(3)
def wait_a_little(answer: Callable, x: np.ndarray, y: np.ndarray) -> object:
    """Check a tagger that waits for a few characters, on the first pieces of x and their labels."""
    assert callable(answer), "Give a Keras model, or a function, from characters to scores."
    x, y = np.asarray(x)[:PIECES], np.asarray(y)[:PIECES]
    found = tag(answer, x)
    if found is None:
        return NotImplemented
    assert found.shape[:2] == x.shape and found.ndim == 3, (
        f"Characters went in as {x.shape}; scores must come out as {(*x.shape, 'classes')}, "
        f"yours are {found.shape}. Is there an answer for each character?"
    )
    # What is more than FUTURE characters away changes; where padding begins, stays.
    for t in (8, 40):
        changed = x.copy()
        late = changed[:, t + FUTURE + 1 :]
        late[late > 0] = np.roll(late[late > 0], 7)
        moved = np.abs(tag(answer, changed) - found)[:, : t + 1].max()
        assert moved < 1e-3, (
            f"The scores of the first {t + 1} characters change by up to {moved:.2f} when only "
            f"what stands more than {FUTURE} characters behind them does: a leak."
        )
    real = y >= 0
    right = np.mean(found.argmax(axis=-1)[real] == y[real])
    assert right > BEAT, (
        f"Right for {right:.1%} of the characters; the number to beat is {BEAT:.0%}. "
        "Does each score stand at the character that it is for, and is the allowed future used?"
    )
    return None


def tag(answer: Callable, x: np.ndarray) -> np.ndarray | None:
    found = answer.predict(x, verbose=0) if isinstance(answer, keras.Model) else answer(x)
    return None if found is None else keras.ops.convert_to_numpy(found)
