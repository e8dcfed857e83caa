"""Checkers of notebook 12."""

import keras
import numpy as np

from course.checks import exercise
from custom_cells import LinearCell, ParallelRNN

STEPS, UPDATES, UNITS, TO_BEAT = 32, 800, 16, 0.9


@exercise(1)
def rounds(answer: int) -> None:
    found = np.ravel(keras.ops.convert_to_numpy(answer))
    assert found.size == 1, f"Give one number, not {answer!r}."
    (number,) = found.tolist()
    assert number not in (10, 10.55, 10.551), "After ten rounds a step knows of 1,024."
    assert number < 500, "Each round does not add one step to the reach. What does it do to it?"
    assert number == 11, f"After {number:g} rounds, of how many steps does the last one know?"


def _loop(a, b) -> np.ndarray:
    h, states = np.zeros(b.shape[-1]), []
    for a_t, b_t in zip(a, b, strict=True):
        h = a_t * h + b_t
        states.append(h)
    return np.array(states)


@exercise(2)
def skip(answer) -> object:
    rng = np.random.default_rng(0)
    a, b = rng.uniform(0.2, 0.9, (6, 2)), rng.normal(size=(6, 2))
    real = np.array([True, True, False, True, False, True])
    given = a.copy(), b.copy(), real.copy()
    found = answer(*given)
    if found is None:
        return NotImplemented
    assert np.array_equal(given[0], a) and np.array_equal(given[1], b), (
        "Your function changes the arrays that it is given. Make new ones."
    )
    assert isinstance(found, list | tuple) and len(found) == 2, "Return two things, a and b."
    found = [keras.ops.convert_to_numpy(part) for part in found]
    for part, name in zip(found, "ab", strict=True):
        assert part.shape == (6, 2), f"{name} has the shape {part.shape}, expected (6, 2)."
    assert np.allclose(found[0][real], a[real]) and np.allclose(found[1][real], b[real]), (
        "The steps that count must stay as they are."
    )
    states = _loop(*found)
    before = states[[1, 3]]
    assert np.allclose(states[[2, 4]], before), (
        "At a masked step the state changes. Which a keeps it, and which b adds nothing to that?"
    )
    return None


@exercise(3)
def turning(answer) -> None:
    assert isinstance(answer, type), f"Give the class itself, not {answer!r}."
    assert issubclass(answer, LinearCell), f"{answer.__name__} must extend LinearCell."
    rng = np.random.default_rng(0)
    bits, new = rng.integers(2, size=(UPDATES * 32, STEPS)), rng.integers(2, size=(500, 2 * STEPS))
    keras.utils.set_random_seed(0)
    rate = keras.optimizers.schedules.CosineDecay(0.1, UPDATES)
    try:
        model = keras.Sequential(
            [
                keras.Input((None, 1)),
                ParallelRNN(answer(UNITS), return_sequences=True),
                keras.layers.Dense(3),
            ]
        )
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(keras.optimizers.Adam(rate, clipnorm=1.0), loss)
        model.fit(bits[..., None], bits.cumsum(axis=1) % 3, batch_size=32, shuffle=False, verbose=0)
    except (TypeError, ValueError, AttributeError, NotImplementedError) as error:
        raise AssertionError(f"The cell does not run in ParallelRNN: {error}") from error
    said = model.predict(new[..., None], batch_size=500, verbose=0).argmax(axis=-1)
    right = (said == new.cumsum(axis=1) % 3)[:, STEPS:].mean()
    assert right >= TO_BEAT, (
        f"The trained cell is right at {right:.0%} of steps {STEPS + 1} to {2 * STEPS}, the number "
        f"to beat is {TO_BEAT:.0%}. Does every input turn the memory, and does none shrink it?"
    )
