"""Train cells to add the two marked of 200 numbers, and two of them to add those of 600.

    python -m experiments.nb11_adding        (some hours on one core)

Scores are mean squared errors; always to tell 1 has 1/6. FURTHER are the best of the report and the
LSTM as a specialist would start it.
"""

from experiments import store, zoo
from experiments.tasks import Seed, Split, draw_adding

FURTHER = ("UGRNNCell", zoo.CHRONO)


def among(steps: int) -> zoo.Task:
    def draw(rows: int, seed: Seed) -> Split:
        return draw_adding(rows, steps, seed)

    return zoo.Task(draw, zoo.held_out(draw), classes=0, reach=steps)


TASKS = {f"adding {steps}": among(steps) for steps in (200, 600)}


def trainings() -> list[store.Settings]:
    return zoo.grid("adding 200", zoo.VECTOR) + zoo.grid("adding 600", FURTHER)


if __name__ == "__main__":
    zoo.fill(__file__, trainings)
