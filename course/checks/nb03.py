"""Checkers of notebook 03."""

from collections.abc import Callable

import keras
import numpy as np

from course.checks import exercise

LAG, UPDATES, SYMBOLS = 60, 300, 4


@exercise(1)
def latched(answer: float) -> None:
    try:
        share = np.asarray(answer, dtype="float64")
    except (TypeError, ValueError):
        raise AssertionError(f"Give a number; this is a {type(answer).__name__}.") from None
    assert share.size == 1, f"Give one number; these are {share.size}."
    share = share.item()
    factor = 2 * (1 - 0.96**2)
    assert share > 0, f"{share:g} is no share. Give the share itself, not its logarithm."
    assert not 0.5 * factor < share < 1.5 * factor, "That is what one step leaves. And ten?"
    assert not 5 * factor < share < 15 * factor or share == 1, "Over steps the factors multiply."
    assert share < 0.9, (
        "It remembers, but would a small change of the state ten steps ago still be seen? Take the "
        "slope of tanh at 0.96."
    )
    assert 1 / 4 < share / factor**10 < 4, (
        f"{share:.2g} is not it. What does one step multiply by, with this w and at this state?"
    )


def _factors(a: float, w: float, xs: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the slopes of tanh, those at the states, and the factors of a leaky unit's steps."""
    h, slopes, at_states = 0.0, [], []
    for x in xs:
        new = np.tanh(w * h + x)
        h = a * h + (1 - a) * new
        slopes.append(1 - new**2)
        at_states.append(1 - h**2)
    return np.array(slopes), np.array(at_states), a + (1 - a) * w * np.array(slopes)


@exercise(2)
def leaky_factors(answer: Callable) -> object:
    rng = np.random.default_rng(0)
    for a, w in ((0.95, 0.9), (0.5, -1.3), (0.0, 2.0)):
        xs = rng.normal(size=6)
        found = answer(a, w, xs.copy())
        if found is None:
            return NotImplemented
        try:
            found = np.asarray(found, dtype="float64").squeeze()
        except (TypeError, ValueError):
            raise AssertionError("Return the factors as an array or a list of numbers.") from None
        assert found.shape == (6,), (
            f"Six inputs have six factors, one for each step; yours have the shape {found.shape}."
        )
        slopes, at_states, right = _factors(a, w, xs)
        if np.allclose(found, right, atol=1e-5):
            continue
        assert not np.allclose(found, a, atol=1e-5), (
            "That is the path of the share that stays. Which second path leads from one state to "
            "the next?"
        )
        assert not np.allclose(found, w * slopes, atol=1e-5), (
            "That is the path through tanh at full strength. Which second path is there?"
        )
        assert not np.allclose(found, a + w * slopes, atol=1e-5), (
            "Two paths, right. But what tanh gives does not enter at full strength."
        )
        assert not np.allclose(found, a + (1 - a) * w * at_states, atol=1e-5), (
            "The slope of tanh belongs to what tanh gave, and that is no longer the state."
        )
        step = int(np.argmax(np.abs(found - right)))
        raise AssertionError(
            f"With a = {a}, w = {w}: a state larger by 0.001 makes the state after step {step + 1} "
            f"larger by {0.001 * right[step]:.6f}; by your factor it would be "
            f"{0.001 * found[step]:.6f}."
        )
    return None


@exercise(3)
def remember(model: keras.Model) -> None:
    assert isinstance(model, keras.Model), (
        f"Give the trained model; this is a {type(model).__name__}."
    )
    gates = [layer for layer in model.layers if isinstance(layer, keras.layers.GRU)]
    assert len(gates) == 1 and gates[0].units <= 32, "The model needs one GRU of at most 32 units."
    recurrent = [layer for layer in model.layers if isinstance(layer, keras.layers.RNN)]
    others = [layer.name for layer in recurrent if layer not in gates]
    assert not others, f"The GRU must do it alone, without {', '.join(others)}."
    assert getattr(model, "optimizer", None) is not None, "Your model was not compiled."
    updates = int(model.optimizer.iterations)
    assert updates <= UPDATES, f"It was trained for {updates} updates; {UPDATES} are allowed."
    rng = np.random.default_rng(60)
    symbols = rng.integers(SYMBOLS, size=1000)
    distractors = rng.integers(SYMBOLS, 2 * SYMBOLS, size=(1000, LAG))
    x = np.eye(2 * SYMBOLS, dtype="float32")[np.column_stack([symbols, distractors])]
    scores = np.asarray(model.predict(x, batch_size=500, verbose=0))
    assert scores.shape == (1000, SYMBOLS), (
        f"The model must give {SYMBOLS} scores for each sequence; 1,000 sequences gave "
        f"{scores.shape}."
    )
    right = np.mean(scores.argmax(axis=1) == symbols)
    assert right >= 0.95, (
        f"{right:.0%} of 1,000 new sequences at lag {LAG} are answered right; 95 % are needed. How "
        "much of its state does your GRU keep per step, before it is trained?"
    )
