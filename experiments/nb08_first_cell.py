"""Train notebook 02's model with the cells that notebook 08 writes.

    python -m experiments.nb08_first_cell        (about 15 minutes on two cores)

Fills experiments/results/nb08_first_cell.csv, a row for each training; a row that is there is kept,
so delete it to train it again. Notebook 08 trains one row again and compares, and checks that its
cells are those below, letter for letter. Each cell is trained at the learning rate that notebook 02
chose for its LSTM and at two smaller ones, and then on five seeds at the one that was best on
validation.
"""

import keras
from keras import layers

from custom_cells import AbstractRNNCell
from experiments.nb02_phrases import train as train_on_tokens
from experiments.store import fill


class ElmanCell(AbstractRNNCell):
    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    @property
    def state_size(self):
        return self.units

    @property
    def output_size(self):
        return self.units

    def build(self, input_shape):
        F, n = input_shape[-1], self.units
        self.W = self.add_weight(name="W", shape=(F, n), initializer="glorot_uniform")
        self.U = self.add_weight(name="U", shape=(n, n), initializer="orthogonal")
        self.b = self.add_weight(name="b", shape=(n,), initializer="zeros")

    def call(self, inputs, states):
        h = keras.activations.tanh(inputs @ self.W + states[0] @ self.U + self.b)
        return h, [h]


class LeakyCell(ElmanCell):
    def build(self, input_shape):
        super().build(input_shape)
        start = keras.initializers.RandomUniform(0, 3)
        self.k = self.add_weight(name="k", shape=(self.units,), initializer=start)

    def call(self, inputs, states):
        g, _ = super().call(inputs, states)
        a = keras.activations.sigmoid(self.k)
        h = a * states[0] + (1 - a) * g
        return h, [h]


CELLS = {"ElmanCell": ElmanCell, "LeakyCell": LeakyCell}
RATE = 0.01  # which notebook 02 chose for its LSTM
RATES = (RATE, 0.003, 0.001)
# What each cell did best with on validation, seed 0.
BEST = {"LeakyCell": RATE, "ElmanCell": 0.001}
SEEDS = range(5)


def train(cell: str, rate: float, seed: int) -> dict[str, str]:
    def layer(units):
        return layers.RNN(CELLS[cell](units))

    return train_on_tokens("buckets", True, seed, layer=layer, rate=rate)


def trainings() -> list[dict[str, object]]:
    """Return the settings: first those that choose the rate, then all seeds."""
    tried = [(cell, rate, 0) for cell in CELLS for rate in RATES]
    chosen = [(cell, rate, seed) for cell, rate in BEST.items() for seed in SEEDS]
    columns = ("cell", "rate", "seed")
    return [dict(zip(columns, one, strict=True)) for one in dict.fromkeys(tried + chosen)]


if __name__ == "__main__":
    fill("nb08_first_cell.csv", trainings(), train)
