"""Train cells to repeat ten symbols after 100 blanks, and four of them after 200.

    python -m experiments.nb11_copy        (about two hours on one core)

As in the literature every step is told, and nearly all are blanks; scored are the last ten. Of
the cells whose memory is a matrix DeltaNet stands for all. FURTHER are the best three of the others
after 100 blanks and the LSTM as a specialist would start it.
"""

from experiments import store, zoo
from experiments.tasks import SYMBOLS, Seed, Split, draw_copy_memory

LISTED = 10
FURTHER = ("ATRCell", "MinGRUCell", "RGLRUCell", zoo.CHRONO)


def after(steps: int) -> zoo.Task:
    def draw(rows: int, seed: Seed) -> Split:
        return draw_copy_memory(rows, LISTED, steps, seed)

    # Blanks are a class of their own.
    return zoo.Task(draw, zoo.held_out(draw, LISTED), SYMBOLS + 1, reach=steps + LISTED)


TASKS = {f"copy {steps}": after(steps) for steps in (100, 200)}


def trainings() -> list[store.Settings]:
    return zoo.grid("copy 100", [*zoo.VECTOR, "DeltaNetCell"]) + zoo.grid("copy 200", FURTHER)


if __name__ == "__main__":
    zoo.fill(__file__, trainings)
