"""Checkers of notebook 05."""

import keras
import numpy as np

from course.checks import exercise, find_data

MOST_PARAMETERS, TO_BEAT = 3000, 0.955


@exercise(1)
def parameters(answer: int) -> None:
    layer = keras.layers.GRU(50)
    layer.build((None, None, 20))
    kernels = 20 * 50 + 50**2
    hints = {
        3 * (kernels + 50): "That is the count of reset_after=False. The default has more biases.",
        3 * kernels: "The biases are missing.",
        4 * (kernels + 50): "That is an LSTM. How many sets of weights has a GRU?",
        kernels + 2 * 50: "Two gates and a candidate each have weights.",
        3 * 20 * 50 + 2 * 3 * 50: "The state is read too, by a recurrent kernel.",
    }
    kind = type(answer).__name__
    answer = np.asarray(answer)
    assert answer.size == 1 and answer.dtype.kind in "iuf", f"Give a number; this is a {kind}."
    answer = answer.item()
    assert answer == layer.count_params(), (
        f"The layer does not have {answer:g} parameters. "
        f"{hints.get(answer, 'How large are the kernel, the recurrent kernel and the bias?')}"
    )


@exercise(2)
def paired(answer) -> object:
    rng = np.random.default_rng(0)
    for seeds in (5, 8):
        luck = rng.normal(0, 3, seeds)  # what both models share
        first, second = 80 + luck + rng.normal(0, 1, (2, seeds))
        lead = first - second
        found = answer(first.copy(), second.copy())
        if found is None:
            return NotImplemented
        found = np.asarray(found, dtype=float).ravel()
        assert len(found) == 2, f"Return two numbers, a mean and its error, not {len(found)}."
        mean, error = found
        assert not np.isclose(mean, -lead.mean()), "The sign: how far is the *first* ahead?"
        assert np.isclose(mean, lead.mean()), "The first number is not the mean lead."
        spread, root = lead.std(ddof=1), np.sqrt(seeds)
        apart = np.sqrt((first.var(ddof=1) + second.var(ddof=1)) / seeds)
        hints = (
            (lead.std() / root, "A sample's deviation divides by one less than there are seeds."),
            (spread, "That is the spread of single seeds. How much less does their mean vary?"),
            (lead.std(), "That is the spread of single seeds. How much less does their mean vary?"),
            (spread / seeds, "The error of a mean falls with the root of the number of seeds."),
            (apart, "You treat them as strangers. What do two models of one seed have in common?"),
        )
        for wrong, hint in hints:
            assert not np.isclose(error, wrong), hint
        assert np.isclose(error, spread / root), "The second number is not the mean's error."
    return None


def validation_digits() -> tuple[np.ndarray, np.ndarray]:
    """Return the images of the notebook's validation split, (images, 16, 4), and their labels."""
    with np.load(find_data("digits.npz")) as digits:
        order = np.random.default_rng(0).permutation(len(digits["labels"]))[1078:1437]
        return (digits["images"][order] / 16).reshape(-1, 16, 4), digits["labels"][order]


@exercise(3)
def small_reader(model) -> None:
    assert isinstance(model, keras.Model), f"Give a Keras model; this is {type(model).__name__}."
    assert model.built, "The model has no weights yet. Does it begin with an Input?"
    recurrent = (keras.layers.RNN, keras.layers.Bidirectional)
    assert any(isinstance(layer, recurrent) for layer in model.layers), (
        "None of its layers is recurrent."
    )
    parameters = model.count_params()
    assert parameters <= MOST_PARAMETERS, (
        f"It has {parameters:,} parameters, at most {MOST_PARAMETERS:,} are allowed."
    )
    x, y = validation_digits()
    scores = np.asarray(model.predict(x, verbose=0))
    assert scores.shape == (len(x), 10), (
        f"Ten scores per image are due, {(len(x), 10)}; yours have the shape {scores.shape}."
    )
    right = np.mean(scores.argmax(axis=1) == y)
    assert right > TO_BEAT, f"It is right for {right:.1%}; more than {TO_BEAT:.1%} are due. " + (
        "Is it trained?"
        if right < 0.5
        else "Would it do better with more updates, another rate, or if it read both ways?"
    )
