"""Train notebook 02's model with the cells that notebook 08 writes.

    python -m experiments.nb08_first_cell        (about half an hour on one core)

The cells stand in notebook 08 letter for letter, which a test holds. Names are read character by
character and trained on as in nb02_characters, whose LSTM they are compared with, and the columns
are those of that script. The rates compete on three seeds, at 4 epochs and again at 16; the best
at 4 serves for 8 epochs too, the best at 16 for 32, on five seeds. None is at an edge.
"""

from collections.abc import Sequence
from functools import cache

import keras
from keras import layers, ops

from course import phrases
from experiments import store
from experiments.nb02_characters import fit_and_score, make_recipe, read_batches
from experiments.recipe import Recipe


class ElmanCell(layers.Layer):
    def __init__(self, units):
        super().__init__()
        self.state_size = units

    def build(self, input_shape):
        features, units = input_shape[-1], self.state_size
        self.W = self.add_weight(shape=(features, units))
        self.U = self.add_weight(shape=(units, units), initializer="orthogonal")
        self.b = self.add_weight(shape=(units,), initializer="zeros")

    def call(self, inputs, states):
        h = ops.tanh(inputs @ self.W + states[0] @ self.U + self.b)
        return h, [h]


class LeakyCell(ElmanCell):
    def build(self, input_shape):
        super().build(input_shape)
        start = keras.initializers.RandomUniform(0, 3)
        self.k = self.add_weight(shape=(self.state_size,), initializer=start)

    def call(self, inputs, states):
        g, _ = super().call(inputs, states)
        a = ops.sigmoid(self.k)
        h = a * states[0] + (1 - a) * g
        return h, [h]


CELLS = {cell.__name__: cell for cell in (ElmanCell, LeakyCell)}
SEEDS, BUDGETS, COMPARED = range(5), (4, 8, 16, 32), (4, 16)
RATES = {"ElmanCell": (0.0003, 0.001, 0.003, 0.01), "LeakyCell": (0.003, 0.01, 0.03, 0.1)}
# What each cell did best with on validation, at 4 epochs and at 16.
BEST = {"ElmanCell": {4: 0.003, 16: 0.001}, "LeakyCell": {4: 0.03, 16: 0.01}}


@cache
def recipe_of(cell: str) -> Recipe:
    return make_recipe(lambda: phrases.build(lambda: layers.RNN(CELLS[cell](128))))


def train(cell: str, rate: float, epochs: int, seed: int) -> store.Settings:
    return fit_and_score(recipe_of(cell), read_batches("read"), rate, epochs, seed)


def settings(cell: str, rate: float, epochs: int, seeds: Sequence[int]) -> list[store.Settings]:
    return [{"cell": cell, "rate": rate, "epochs": epochs, "seed": seed} for seed in seeds]


def trainings() -> list[store.Settings]:
    grid = []
    for epochs in COMPARED:
        for cell, rates in RATES.items():
            grid += [some for rate in rates for some in settings(cell, rate, epochs, SEEDS[:3])]
    for epochs in BUDGETS:
        compared = max(few for few in COMPARED if few <= epochs)
        for cell, best in BEST.items():
            chosen = settings(cell, best[compared], epochs, SEEDS)
            grid += [some for some in chosen if some not in grid]
    return grid


if __name__ == "__main__":
    store.fill(__file__, trainings, train)
