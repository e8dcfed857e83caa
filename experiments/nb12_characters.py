"""Train notebook 02's model of characters with linear and matrix cells in the place of the LSTM.

    python -m experiments.nb12_characters        (about two hours on one core)

Names are read and trained on as in nb02_characters, whose LSTM they are compared with; the cells
have as many units. The rates compete on two seeds. The linear and the matrix cell that do best on
validation then train for longer, and so do "blocks", which is how large models use such cells: two
layers of the best linear cell, with a Dense layer, a residual connection and a layer norm between
them. "LSTM in blocks" has two LSTMs there, of as many units, and "narrow LSTM in blocks" two of as
many weights. `validation` and `test` are accuracies; `answers` has a digit for each phrase of the
test split, the language that the model gave.
"""

from collections.abc import Callable
from functools import cache, partial

import keras
from keras import layers

import custom_cells
from course import phrases
from experiments import store
from experiments.nb02_characters import fit_and_score, make_recipe, read_batches
from experiments.recipe import Recipe, most_units

UNITS, SEEDS, RATES = 128, range(3), (0.003, 0.01, 0.03, 0.1)
BUDGETS, COMPARED = (8, 16, 32), 8
LINEAR = {"minGRU": custom_cells.MinGRUCell, "RG-LRU": custom_cells.RGLRUCell}
MATRIX = {
    "DeltaNet": partial(custom_cells.DeltaNetCell, key_dim=16),
    "gated DeltaNet": partial(custom_cells.GatedDeltaNetCell, key_dim=16),
}
CELLS = LINEAR | MATRIX
BLOCKS, CONTROL, NARROW = "blocks", "LSTM in blocks", "narrow LSTM in blocks"


def build(model: str) -> keras.Model:
    """Return a new model from tokens, (batch, time), to the scores of ten languages."""
    if model in CELLS:
        return phrases.build(lambda: layers.RNN(CELLS[model](UNITS)))
    lstm = partial(in_blocks, custom_cells.LSTMCell)
    linear = partial(in_blocks, LINEAR[best_cell(LINEAR)])
    if model == NARROW:
        return lstm(most_units(lstm, linear(UNITS).count_params()))
    return (lstm if model == CONTROL else linear)(UNITS)


def in_blocks(cell: Callable[[int], keras.layers.Layer], units: int) -> keras.Model:
    tokens = keras.Input((None,))
    x = layers.Embedding(phrases.TOKENS, 64, mask_zero=True)(tokens)
    h = layers.RNN(cell(units), return_sequences=True)(x)
    x = layers.LayerNormalization()(layers.Add()([x, layers.Dense(64, "gelu")(h)]))
    return keras.Model(tokens, layers.Dense(10)(layers.RNN(cell(units))(x)))


@cache
def recipe(model: str) -> Recipe:
    return make_recipe(lambda: build(model))


def train(model: str, rate: float, epochs: int, seed: int) -> store.Settings:
    return fit_and_score(recipe(model), read_batches("read"), rate, epochs, seed)


def validation(model: str) -> dict[float, float]:
    return store.by_rate(__file__, {"model": model, "epochs": COMPARED})


def best_cell(some: dict[str, object]) -> str | None:
    """Return which of the cells does best at its best rate, None before all are known."""
    scores = {model: validation(model) for model in some}
    if any(len(found) < len(RATES) for found in scores.values()):
        return None
    return max(some, key=lambda model: max(scores[model].values()))


def trainings() -> list[store.Settings]:
    """Return the settings of all: those that choose, then those of the chosen."""
    grid = []
    for some in (LINEAR, MATRIX, {BLOCKS: None}, {CONTROL: None}, {NARROW: None}):
        for model in some:
            for rate in RATES:
                one = {"model": model, "rate": rate, "epochs": COMPARED}
                grid += [one | {"seed": seed} for seed in SEEDS[:2]]
        chosen = best_cell(some)
        if chosen is None:
            return grid
        scores = validation(chosen)
        best = {"model": chosen, "rate": max(scores, key=scores.get)}
        longer = [best | {"epochs": n, "seed": seed} for n in BUDGETS for seed in SEEDS]
        grid += [one for one in longer if one not in grid]
    return grid


if __name__ == "__main__":
    store.fill(__file__, trainings, train)
