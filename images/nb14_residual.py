"""A plain cell beside a residual one: a second road leads the input around the cell."""

from pathlib import Path

from matplotlib.axes import Axes

from images.style import (
    ACTIVE,
    CELL,
    INPUT,
    LARGE,
    NORMAL,
    OUTPUT,
    arrow,
    box,
    canvas,
    dot,
    node,
    save_svg,
    write,
)

BELOW, MIDDLE, SUM, ABOVE = 50, 160, 246, 318
WIDTH, HEIGHT, SIDE = 120, 62, 160


def draw_cell(axes: Axes, x: float, *, residual: bool) -> None:
    box(axes, (x, BELOW), (90, 36), "$x_t$", INPUT)
    box(axes, (x, MIDDLE), (WIDTH, HEIGHT), "cell", CELL, fontsize=LARGE)
    box(axes, (x, ABOVE), (90, 36), "$y_t$", OUTPUT)
    arrow(axes, (x, BELOW + 18), (x, MIDDLE - HEIGHT / 2))
    arrow(axes, (x - SIDE, MIDDLE), (x - WIDTH / 2, MIDDLE))
    arrow(axes, (x + WIDTH / 2, MIDDLE), (x + SIDE, MIDDLE))
    write(axes, x - SIDE + 18, MIDDLE + 16, "$h_{t-1}$", NORMAL)
    write(axes, x + SIDE - 18, MIDDLE + 16, "$h_t$", NORMAL)
    top = SUM - 17 if residual else ABOVE - 18
    arrow(axes, (x, MIDDLE + HEIGHT / 2), (x, top))
    if residual:
        fork, road = BELOW + 38, x + WIDTH / 2 + 34
        dot(axes, x, fork)
        arrow(axes, (x, fork), (road, fork), (road, SUM), (x + 17, SUM), colour=ACTIVE, width=2.4)
        node(axes, x, SUM, "+")
        arrow(axes, (x, SUM + 17), (x, ABOVE - 18))


def draw(folder: Path) -> list[Path]:
    figure, axes = canvas(860, 400)
    draw_cell(axes, 220, residual=False)
    draw_cell(axes, 640, residual=True)
    write(axes, 220, 372, "a cell: $y_t = h_t$", LARGE)
    write(axes, 640, 372, "a residual cell: $y_t = x_t + h_t$", LARGE)
    write(axes, 640, 14, "only $h_t$ goes on in time, without the sum", NORMAL)
    return [save_svg(figure, folder / "nb14_residual.svg")]


if __name__ == "__main__":
    print(*draw(Path(__file__).parent), sep="\n")
