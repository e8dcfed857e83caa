"""Train two cells that add among 200 numbers to add among 600.

    python -m experiments.nb11_adding_600        (a quarter of an hour on one core)

The best of the report, and the LSTM as a specialist would start it. Scores are mean squared errors.
"""

from experiments import store, zoo
from experiments.tasks import Seed, Split, draw_adding

STEPS, CELLS = 600, ("UGRNNCell", zoo.CHRONO)


def draw(rows: int, seed: Seed) -> Split:
    return draw_adding(rows, STEPS, seed)


TASKS = {"adding 600": zoo.Task(draw, zoo.held_out(draw), classes=0, reach=STEPS)}


def trainings() -> list[store.Settings]:
    return zoo.grid("adding 600", CELLS)


if __name__ == "__main__":
    zoo.fill(__file__, trainings)
