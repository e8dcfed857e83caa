"""What trains the models of the experiments starts each anew, and compiles none twice."""

import keras
import numpy as np
import pytest
from keras import layers

import custom_cells
from experiments.recipe import HalfCosine, Recipe, accuracy, shuffled

BATCH = 4


def build() -> keras.Model:
    """Return a model with dropout in cells inside of wrappers, and in a model inside."""
    cell = custom_cells.LSTMCell(3, dropout=0.5, recurrent_dropout=0.5)
    inner = keras.Sequential([keras.Input((6,)), layers.Dropout(0.5), layers.Dense(2)])
    both = layers.Bidirectional(layers.RNN(cell))
    return keras.Sequential([keras.Input((4, 2)), both, layers.Dropout(0.5), inner])


class Loss(keras.losses.SparseCategoricalCrossentropy):
    """Counts how often it is traced."""

    traces = 0

    def call(self, y_true, y_pred):
        self.traces += 1
        return super().call(y_true, y_pred)


@pytest.fixture(scope="module")
def recipe() -> Recipe:
    return Recipe(build, Loss(from_logits=True), BATCH)


def draw(rows: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(100, 4, 2)).astype("float32")
    return x[:rows], (x[:rows, 0, 0] > 0).astype("int32")


def outputs(model: keras.Model) -> list[np.ndarray]:
    """Return what the model says three times in training, with other masks each time."""
    return [keras.ops.convert_to_numpy(model(draw(3)[0], training=True)) for _ in range(3)]


def test_restart_equals_a_new_model_of_that_seed(recipe: Recipe):
    recipe.fit(*draw(4 * BATCH), rate=0.1, seed=1)
    recipe.restart(seed=2, rate=0.1, updates=4)
    found = outputs(recipe.model)
    keras.utils.set_random_seed(2)
    expected = outputs(build())
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)
    assert np.abs(found[0] - found[1]).max() > 0.01, "dropout does nothing"


def test_no_two_seed_generators_restart_alike(recipe: Recipe):
    recipe.restart(seed=2, rate=0.1, updates=4)
    states = [
        tuple(variable.numpy())
        for variable in recipe.model.variables
        if "seed_generator_state" in variable.path
    ]
    assert len(states) >= 4  # of two cells and two layers
    assert len(set(states)) == len(states)


def test_training_is_that_of_keras(recipe: Recipe):
    x, y = draw(8 * BATCH)
    recipe.fit(x[:BATCH], y[:BATCH], rate=0.3, seed=1)
    found = recipe.fit(x, y, rate=0.05, seed=2).get_weights()
    keras.utils.set_random_seed(2)
    model = build()
    optimizer = keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(0.05, 8), clipnorm=1.0)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer, loss, jit_compile=True)  # XLA draws other masks than TensorFlow
    model.fit(x, y, batch_size=BATCH, shuffle=False, verbose=0)
    for ours, its in zip(found, model.get_weights(), strict=True):
        np.testing.assert_allclose(ours, its, rtol=0, atol=1e-4)


def test_nothing_is_compiled_twice(recipe: Recipe):
    recipe.fit(*draw(2 * BATCH), rate=0.1, seed=1)
    before = recipe.model.loss.traces
    recipe.fit(*draw(4 * BATCH), rate=0.2, seed=2)
    assert recipe.model.loss.traces == before


@pytest.mark.parametrize("updates", [1, 7, 400])
def test_rate_falls_as_that_of_keras(updates: int):
    schedule = HalfCosine()
    schedule.restart(0.03, updates)
    its = keras.optimizers.schedules.CosineDecay(0.03, updates)
    steps = range(updates + 2)
    np.testing.assert_allclose(
        [float(schedule(step)) for step in steps], [float(its(step)) for step in steps], atol=1e-8
    )


def test_budgets_double_and_each_is_a_training_of_its_own(recipe: Recipe):
    def score(model: keras.Model) -> dict[str, np.ndarray]:
        return {"weights": model.get_weights()[0], "accuracy": accuracy(model, *draw(50))}

    found = dict(recipe.curve(draw, score, rate=0.1, seed=3, longest=8, shortest=2))
    assert list(found) == [2, 4, 8]
    for updates, scores in found.items():
        alone = score(recipe.fit(*draw(updates * BATCH), rate=0.1, seed=3))
        np.testing.assert_array_equal(scores["weights"], alone["weights"])
        assert scores["accuracy"] == alone["accuracy"]
    assert np.abs(found[8]["weights"] - found[4]["weights"]).max() > 0.01


def test_rows_come_in_the_order_of_their_seed():
    rows = np.array([3, 5, 6, 9])
    found = shuffled(rows, 10, np.random.default_rng(0))
    assert len(found) == 10
    assert sorted(found[:4]) == sorted(found[4:8]) == [3, 5, 6, 9]
    np.testing.assert_array_equal(found, shuffled(rows, 10, np.random.default_rng(0)))
    np.testing.assert_array_equal(found[:3], shuffled(rows, 3, np.random.default_rng(0)))
    assert not np.array_equal(found, shuffled(rows, 10, np.random.default_rng(1)))
