"""Two deep bidirectional forms: around a stack, and a stack that joins at every level."""

from pathlib import Path

from matplotlib.axes import Axes

from images.style import (
    CELL,
    GREY,
    INPUT,
    LARGE,
    NORMAL,
    OUTPUT,
    YELLOW,
    arrow,
    box,
    canvas,
    save_svg,
    write,
)

BELOW, FIRST, JOIN, SECOND, ABOVE = 60, 142, 214, 286, 368
APART, WIDTH, HEIGHT, LOW = 92, 150, 44, 34


def draw_layer(axes: Axes, x: float, y: float, number: int) -> None:
    """Draw both directions of a layer."""
    names = (f"{number}, forward →", f"← {number}, backward")
    for side, name, colour in zip((-1, 1), names, (CELL, YELLOW), strict=True):
        box(axes, (x + side * APART, y), (WIDTH, HEIGHT), name, colour)


def join(axes: Axes, x: float, y: float, below: float, above: float | None) -> None:
    """Draw what leads both directions at `below` into one box at y, and on into both above."""
    for at in (x - APART, x + APART):
        arrow(axes, (at, below + HEIGHT / 2), (at, y - LOW / 2))
        if above:
            arrow(axes, (at, y + LOW / 2), (at, above - HEIGHT / 2))


def draw(folder: Path) -> list[Path]:
    figure, axes = canvas(900, 450)
    wide = (2 * APART + WIDTH, LOW)
    for x, title in ((225, "Bidirectional around a stack"), (675, "a stack of Bidirectional")):
        write(axes, x, 426, title, LARGE)
        box(axes, (x, BELOW), wide, "$x_t$", INPUT)
        draw_layer(axes, x, FIRST, 1)
        draw_layer(axes, x, SECOND, 2)
        box(axes, (x, ABOVE), wide, "$y_t$: both, side by side", OUTPUT)
        for at in (x - APART, x + APART):
            arrow(axes, (at, BELOW + LOW / 2), (at, FIRST - HEIGHT / 2))
        join(axes, x, ABOVE, SECOND, None)
    for at in (225 - APART, 225 + APART):
        arrow(axes, (at, FIRST + HEIGHT / 2), (at, SECOND - HEIGHT / 2))
    box(axes, (675, JOIN), wide, "both, side by side", GREY)
    join(axes, 675, JOIN, FIRST, SECOND)
    write(axes, 225, 18, "the directions meet at the top only", NORMAL)
    write(axes, 675, 18, "the directions meet at every level", NORMAL)
    return [save_svg(figure, folder / "nb14_both_ways.svg")]


if __name__ == "__main__":
    print(*draw(Path(__file__).parent), sep="\n")
