"""Train every cell to repeat ten symbols that are scattered among blanks.

    python -m experiments.nb11_selective_copy        (an hour and a half on one core)

They stand anywhere among the first STEPS steps, in other places each time.
"""

from experiments import store, zoo
from experiments.tasks import SYMBOLS, Seed, Split, draw_selective_copy

LISTED, STEPS = 10, 64


def draw(rows: int, seed: Seed) -> Split:
    return draw_selective_copy(rows, LISTED, STEPS, seed)


TASKS = {"selective copy": zoo.Task(draw, zoo.held_out(draw), SYMBOLS, reach=STEPS)}


def trainings() -> list[store.Settings]:
    return zoo.grid("selective copy", zoo.EVERY)


if __name__ == "__main__":
    zoo.fill(__file__, trainings)
