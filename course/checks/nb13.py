"""Checkers of notebook 13."""

import keras
import numpy as np

from course.checks import exercise

BATCH, STEPS, FEATURES, UNITS = 3, 6, 2, 4


@exercise(1)
def sum_of_both(answer: float) -> None:
    hints = {
        20: "That is the last row of return_sequences=True, where the backward chain has read "
        "one number only.",
        15: "That is one of the two chains.",
        225: "The modes are called by their names: this one adds.",
    }
    assert answer == 30, (
        f"{answer} is not what comes out. "
        f"{hints.get(answer, 'What has each chain read when it is done?')}"
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


@exercise(3)
def look_ahead(answer) -> object:
    rng = np.random.default_rng(0)
    W, U = rng.normal(size=(FEATURES, UNITS)), rng.normal(size=(UNITS, UNITS)) / 2

    def run(xs):
        h, states = np.zeros(UNITS), []
        for x in xs:
            h = np.tanh(x @ W + h @ U)
            states.append(h)
        return np.array(states).reshape(-1, UNITS)

    xs = rng.normal(size=(STEPS, FEATURES))
    for future in (0, 2, STEPS):
        found = answer(xs, run, future)
        if found is None:
            return NotImplemented
        found = np.asarray(found)
        assert found.shape == (STEPS, 2 * UNITS), (
            f"The shape must be {(STEPS, 2 * UNITS)}, forward half first; yours is {found.shape}."
        )
        assert np.allclose(found[:, :UNITS], run(xs)), (
            "The forward half must be the states of run(xs)."
        )
        for t in range(STEPS):
            seen = xs[t : t + future + 1]
            assert np.allclose(found[t, UNITS:], run(seen[::-1])[-1]), (
                f"With future={future} the backward half of step {t} differs: it must have read "
                f"{len(seen)} of the inputs, the last of them that of step {t}."
            )
    return None
