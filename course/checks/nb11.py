"""Checkers of notebook 11."""

import keras
import numpy as np
from keras import layers

from course.checks import exercise, find_data
from custom_cells import AbstractRNNCell, all_cells

PARAMETERS, EPOCHS, RATE, TO_BEAT = 2000, 12, 0.01, 0.65


@exercise(1)
def half_life(answer: int) -> None:
    found = np.ravel(keras.ops.convert_to_numpy(answer))
    assert found.size == 1, f"Give one number, not {answer!r}."
    (steps,) = found.tolist()
    assert steps != 50, "The gate takes 1 % of what is left, not of what was there at first."
    assert 0.99**steps < 0.51, f"After {steps:g} steps more than half is left."
    assert 0.99**steps <= 0.5, f"After {steps:g} steps a little more than half is left."
    assert steps == 69, f"After {steps:g} steps less than half is left, and one step before too."


@exercise(2)
def antisymmetric(answer) -> object:
    rng = np.random.default_rng(0)
    kernel, state = rng.normal(size=(5, 5)), rng.normal(size=5)
    given = kernel.copy()
    found = answer(given)
    if found is None:
        return NotImplemented
    assert np.array_equal(given, kernel), "Your function changes the matrix that it is given."
    found = keras.ops.convert_to_numpy(found)
    assert found.shape == (5, 5), f"The result has the shape {found.shape}, expected (5, 5)."
    assert np.abs(found).max() > 0, "A matrix of zeros is antisymmetric, but it carries nothing."
    assert np.allclose(np.diag(found), 0), "The diagonal must be 0. Which sum makes it so?"
    assert np.allclose(found, -found.T), "Across the diagonal the numbers must differ in sign only."
    assert abs(state @ found @ state) < 1e-9
    other = keras.ops.convert_to_numpy(answer(rng.normal(size=(5, 5))))
    assert not np.allclose(other, found), "Another matrix must give another result."
    return None


def score(cell) -> float:
    """Train a cell on shuffled pixels as notebook 11 does, and return the share told right."""
    with np.load(find_data("digits.npz")) as file:
        images, labels = file["images"] / 16, file["labels"]
    pixels = images.reshape(-1, 64)[:, np.random.default_rng(0).permutation(64)]
    x, y = pixels[..., None].astype("float32"), labels.astype("int32")
    mixed = np.random.default_rng(0).permutation(len(y))
    train, _, test = np.split(mixed, [int(0.6 * len(y)), int(0.8 * len(y))])
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [keras.Input((64, 1)), layers.Dense(16), layers.RNN(cell), layers.Dense(10)]
    )
    assert model.count_params() <= PARAMETERS, (
        f"With {model.count_params():,} weights the model is larger than the {PARAMETERS:,} that "
        "every cell of the report had. Take fewer units."
    )
    rate = keras.optimizers.schedules.CosineDecay(RATE, EPOCHS * -(-len(train) // 32))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(rate, clipnorm=1.0), loss, jit_compile=True)
    model.fit(x[train], y[train], epochs=EPOCHS, verbose=0)
    told = model.predict(x[test], batch_size=360, verbose=0).argmax(axis=-1)
    return float(np.mean(told == y[test]))


@exercise(3)
def own_cell(answer) -> object:
    assert not isinstance(answer, type), f"Give a cell, {answer.__name__}(units), not the class."
    assert type(answer) not in all_cells().values(), f"{type(answer).__name__} is there already."
    assert isinstance(answer, AbstractRNNCell), (
        f"Give a cell that extends AbstractRNNCell or RecurrentCell, not {answer!r}."
    )
    try:
        right = score(answer)
    except (TypeError, ValueError, AttributeError, NotImplementedError) as error:
        raise AssertionError(f"The cell does not run in RNN: {error}") from error
    assert right >= TO_BEAT, (
        f"The trained cell tells {right:.0%} of the digits right, the number to beat is "
        f"{TO_BEAT:.0%}. How much of its state is new at each step?"
    )
    return None
