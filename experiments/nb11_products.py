"""Train every cell to keep track of three things that every step may swap, and go on further.

    python -m experiments.nb11_products        (an hour on one core)

At each step the product of all permutations so far is to be told, one of six. Trained on STEPS
steps, scored on as many more.
"""

from experiments import store, zoo
from experiments.tasks import Seed, Split, draw_products

STEPS = 32


def draw(rows: int, seed: Seed) -> Split:
    return draw_products(rows, STEPS, seed)


def draw_longer(rows: int, seed: Seed) -> Split:
    return draw_products(rows, 2 * STEPS, seed)


TASKS = {"products": zoo.Task(draw, zoo.held_out(draw_longer, STEPS), classes=6, reach=STEPS)}


def trainings() -> list[store.Settings]:
    return zoo.grid("products", zoo.EVERY)


if __name__ == "__main__":
    zoo.fill(__file__, trainings)
