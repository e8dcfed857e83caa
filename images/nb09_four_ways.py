"""What Keras does with a cell beside calling it: it copies, traces, builds and masks it.

One row each, with the numbers of notebook 09; a cross marks where a careless cell breaks.
"""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes

from images.style import (
    ACTIVE,
    CELL,
    CELL_STATE,
    GREY,
    HIDDEN_STATE,
    INPUT,
    OUTPUT,
    SMALL,
    arrow,
    box,
    canvas,
    save_svg,
    write,
)

WIDTH, HEIGHT = 950, 516
LEFT = 170  # where the rows begin, right of their names
KEEP = 0.5


def cross(axes: Axes, x: float, y: float) -> None:
    """Draw the mark of a fault."""
    axes.plot(x, y, "o", markersize=15, markerfacecolor="white", markeredgecolor=ACTIVE, zorder=6)
    axes.plot(x, y, "x", markersize=8, color=ACTIVE, markeredgewidth=2, zorder=7)


def name(axes: Axes, y: float, verb: str, by: str) -> None:
    write(axes, 16, y + 26, verb, 15, ha="left", weight="bold")
    write(axes, 16, y - 6, by, SMALL, ha="left", linespacing=1.3)


def copied(axes: Axes, y: float) -> None:
    name(axes, y, "copied", "by Bidirectional,\nload_model")
    box(axes, (LEFT + 95, y), (190, 50), "LeakyCell(4,\nstart=(0.9, 0.99))", CELL, fontsize=SMALL)
    arrow(axes, (LEFT + 190, y), (LEFT + 290, y))
    write(axes, LEFT + 240, y + 12, "get_config", SMALL)
    box(axes, (LEFT + 352, y), (124, 50), '{"units": 4}', GREY, fontsize=SMALL)
    arrow(axes, (LEFT + 414, y), (LEFT + 520, y))
    write(axes, LEFT + 465, y + 12, "from_config", SMALL)
    for number in (1, 0):
        box(
            axes,
            (LEFT + 616 + 14 * number, y - 10 * number + 5),
            (190, 50),
            "" if number else "LeakyCell(4,\nstart=(0.5, 0.9))",
            CELL,
            fontsize=SMALL,
        )
    cross(axes, LEFT + 414, y - 27)
    write(axes, LEFT + 430, y - 40, "start is not in it", SMALL, ha="left")


def traced(axes: Axes, y: float) -> None:
    name(axes, y, "traced", "by fit, predict,\nexport")
    box(axes, (LEFT + 95, y), (190, 50), "call runs once,\nwith symbols", CELL, fontsize=SMALL)
    arrow(axes, (LEFT + 190, y), (LEFT + 270, y))
    write(axes, LEFT + 230, y + 12, "records", SMALL)
    for step in range(6):
        box(
            axes, (LEFT + 300 + 58 * step, y), (44, 44), f"step\n{step + 1}", OUTPUT, fontsize=SMALL
        )
        if step < 5:
            arrow(axes, (LEFT + 322 + 58 * step, y), (LEFT + 336 + 58 * step, y), width=1.2)
    write(axes, LEFT + 640, y, "a graph runs\nthe steps", SMALL, ha="left", linespacing=1.3)
    cross(axes, LEFT + 190, y - 27)
    write(axes, LEFT + 206, y - 40, "if symbol > 3: …   self.mask = symbol", SMALL, ha="left")


def built(axes: Axes, y: float) -> None:
    name(axes, y, "built anew", "inside fit,\nby load_model")
    box(axes, (LEFT + 95, y), (190, 50), "build runs\nwith symbols", CELL, fontsize=SMALL)
    arrow(axes, (LEFT + 190, y), (LEFT + 270, y))
    write(axes, LEFT + 230, y + 12, "leaves", SMALL)
    box(
        axes,
        (LEFT + 365, y),
        (190, 50),
        "shape and initializer\nof each weight",
        GREY,
        fontsize=SMALL,
    )
    arrow(axes, (LEFT + 460, y), (LEFT + 540, y))
    write(axes, LEFT + 500, y + 12, "later", SMALL)
    box(axes, (LEFT + 630, y), (180, 50), "weights", CELL_STATE, fontsize=SMALL)
    cross(axes, LEFT + 190, y - 27)
    write(axes, LEFT + 206, y - 40, "what build assigns is lost", SMALL, ha="left")


def masked(axes: Axes, y: float) -> None:
    name(axes, y, "masked", "where steps\nare padding")
    memory = 0.0
    for step, x in enumerate((1, 1, None)):
        real = x is not None
        left = LEFT + 60 + 215 * step
        box(
            axes,
            (left, y + 38),
            (120, 30),
            f"input {x}" if real else "padding",
            INPUT if real else GREY,
            dashed=not real,
            fontsize=SMALL,
        )
        memory = KEEP * memory + (1 - KEEP) * x if real else memory
        arrow(axes, (left, y + 23), (left, y + 3), dashed=not real)
        output, last = np.tanh(memory), step == 2
        box(axes, (left - 31, y - 14), (60, 34), f"y {output:.2f}", HIDDEN_STATE, fontsize=SMALL)
        box(axes, (left + 31, y - 14), (60, 34), f"m {memory:.2f}", CELL_STATE, fontsize=SMALL)
        if not last:
            arrow(axes, (left + 61, y - 14), (left + 154, y - 14))
            write(axes, left + 108, y - 2, "states", SMALL)
    right = LEFT + 60 + 430
    arrow(axes, (right - 31, y - 31), (right - 31, y - 62), (right + 76, y - 62))
    write(
        axes, right + 84, y - 62, f"output {np.tanh(memory):.2f}, the first state", SMALL, ha="left"
    )
    cross(axes, right + 61, y - 31)
    write(axes, right + 77, y - 31, f"{memory:.2f}, were m the first", SMALL, ha="left")


def draw(folder: Path) -> list[Path]:
    """Draw the four rows from top to bottom."""
    figure, axes = canvas(WIDTH, HEIGHT)
    copied(axes, 464)
    traced(axes, 344)
    built(axes, 224)
    masked(axes, 92)
    return [save_svg(figure, folder / "nb09_four_ways.svg")]


if __name__ == "__main__":
    print(*draw(Path(__file__).parent), sep="\n")
