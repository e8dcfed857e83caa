"""Checkers of notebook 15."""

import itertools

import keras
import numpy as np

from course.checks import exercise


@exercise(1)
def weight(answer: float) -> None:
    try:
        answer = float(answer)
    except (TypeError, ValueError):
        raise AssertionError(f"Give a number, not {answer!r}.") from None
    hints = {
        1.0: "A softmax of finite scores leaves something for each.",
        0.5: "The two scores are not equal.",
        round(np.log(3), 2): "That is the score. What does softmax make of it?",
        3.0: "That is the exponential of the score. Weights add up to 1.",
        0.25: "That is the weight of the other one.",
    }
    assert abs(answer - 0.75) < 0.005, (
        f"The weight is not {answer:g}. "
        f"{hints.get(round(answer, 2), 'Work out both scores, and then their exponentials.')}"
    )


@exercise(2)
def weigh(answer) -> object:
    rng = np.random.default_rng(0)
    h, memory, W = (rng.normal(size=size) for size in ((2, 3), (2, 4, 3), (3, 3)))
    mask = np.array([[1, 1, 1, 1], [1, 1, 0, 0]])
    memory[1, 2:] = 5 * (h[1] @ W)  # padding that would win, were it not masked
    found = answer(h, memory, mask, W)
    if found is None:
        return NotImplemented
    found = np.asarray(found)
    assert found.shape == mask.shape, (
        f"There is a weight for each state: {mask.shape}, yours {found.shape}."
    )
    assert np.allclose(found.sum(axis=1), 1), "The weights of each text must add up to 1."
    assert np.allclose(found[mask == 0], 0, atol=1e-6), "Padding gets weight."
    # Keras's layer scores with a dot product, so it is given the product with W.
    _, expected = keras.layers.Attention(dtype="float64")(
        [(h @ W)[:, None], memory],
        mask=[None, mask.astype(bool)],
        return_attention_scores=True,
    )
    expected = keras.ops.convert_to_numpy(expected)[:, 0]
    _, turned = keras.layers.Attention(dtype="float64")(
        [(h @ W.T)[:, None], memory],
        mask=[None, mask.astype(bool)],
        return_attention_scores=True,
    )
    assert not np.allclose(found, keras.ops.convert_to_numpy(turned)[:, 0], atol=1e-5), (
        "W is turned round: it multiplies h from the right."
    )
    assert np.allclose(found[0], expected[0], atol=1e-5), "They differ even without padding."
    assert np.allclose(found, expected, atol=1e-5), "With padding the weights differ."
    return None


def _chain(seed: int, size: int):
    """Return a step in which a letter depends on the one before it."""
    logits = np.random.default_rng(seed).normal(size=(size + 1, size), scale=0.7)
    log_p = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    return lambda letters: log_p[letters[-1] + 1 if letters else 0]


def _score(step, letters) -> float:
    return sum(step(letters[:t])[letter] for t, letter in enumerate(letters))


@exercise(3)
def beam(answer) -> object:
    size, length = 3, 4
    # For these four, beams of width 1, 2 and 3 find three different texts.
    for seed in (22, 34, 51, 63):
        step = _chain(seed, size)
        every = list(itertools.product(range(size), repeat=length))
        best = max(every, key=lambda letters: _score(step, letters))
        greedy = ()
        for _ in range(length):
            greedy += (int(np.argmax(step(greedy))),)
        found = {}
        for width in (1, 2, 3, size**length):
            result = answer(step, length, width)
            if result is None:
                return NotImplemented
            assert isinstance(result, tuple | list) and len(result) == 2, (
                "Return two things: the letters and their log-probability."
            )
            letters, log_p = tuple(int(letter) for letter in result[0]), result[1]
            assert len(letters) == length, f"{length} letters were asked for, {len(letters)} came."
            assert np.isclose(log_p, _score(step, letters)), (
                f"The log-probability of {letters} is not {log_p:.3f}. "
                "It is the sum over the letters."
            )
            found[width] = letters
        assert found[1] == greedy, "A beam of width 1 must take the best letter at each step."
        assert found[size**length] == best, "A beam as wide as all texts must find the best text."
        # So many beginnings are kept, each is continued by every letter, the best of all stay.
        for width in (2, 3):
            kept = [()]
            for _ in range(length):
                longer = [(*one, letter) for one in kept for letter in range(size)]
                kept = sorted(longer, key=lambda letters: -_score(step, letters))[:width]
            yours, wanted = _score(step, found[width]), _score(step, kept[0])
            assert found[width] == kept[0], (
                f"Width {width} ends at {yours:.2f}, a beam at {wanted:.2f}. What is kept at each "
                "step?"
            )
    return None
