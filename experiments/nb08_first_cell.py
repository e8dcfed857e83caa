"""Train notebook 02's model with the cells that notebook 08 writes.

    python -m experiments.nb08_first_cell        (about 15 minutes on two cores)

Each cell is trained at the learning rate that notebook 02 chose for its LSTM and at two smaller
ones, and then on five seeds at the one that was best on validation. The columns are those of
nb02_phrases. Notebook 08 trains one row again, and checks that its cells are those below, letter
for letter.
"""

import keras
from keras import layers

from custom_cells import AbstractRNNCell
from experiments import nb02_phrases, store


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


def train(cell: str, rate: float, seed: int) -> store.Settings:
    return nb02_phrases.train(
        "buckets", True, seed, layer=lambda: layers.RNN(CELLS[cell](128)), rate=rate
    )


def trainings() -> list[store.Settings]:
    """Return the settings: first those that choose the rate, then all seeds."""
    tried = [(cell, rate, 0) for cell in CELLS for rate in RATES]
    chosen = [(cell, rate, seed) for cell, rate in BEST.items() for seed in nb02_phrases.SEEDS]
    columns = ("cell", "rate", "seed")
    return [dict(zip(columns, one, strict=True)) for one in dict.fromkeys(tried + chosen)]


if __name__ == "__main__":
    store.fill(__file__, trainings, train)
