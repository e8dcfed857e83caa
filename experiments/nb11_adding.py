"""Train every cell to add the two marked of 200 numbers.

    python -m experiments.nb11_adding        (two hours on one core)

Scores are mean squared errors; always to tell 1 has 1/6. Of the cells whose step takes more than
twice as long as an LSTM's, those in MISSED were not tried.
"""

from experiments import store, zoo
from experiments.tasks import Seed, Split, draw_adding

STEPS = 200
MISSED = ("LayerNormLSTMCell", "NASCell", "RHNCell")


def draw(rows: int, seed: Seed) -> Split:
    return draw_adding(rows, STEPS, seed)


TASKS = {"adding 200": zoo.Task(draw, zoo.held_out(draw), classes=0, reach=STEPS)}


def trainings() -> list[store.Settings]:
    return zoo.grid("adding 200", [cell for cell in zoo.VECTOR if cell not in MISSED])


if __name__ == "__main__":
    zoo.fill(__file__, trainings)
