"""Two layers over three steps, grouped by layer and grouped by step: the same boxes and arrows."""

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch

from images.style import (
    CELL,
    GREY,
    INPUT,
    LARGE,
    NORMAL,
    OUTPUT,
    arrow,
    box,
    canvas,
    save_svg,
    write,
)

STEPS = (1, 2, 3)
PITCH, WIDTH, HEIGHT = 110, 62, 40
INPUTS, FIRST, SECOND, OUTPUTS = 60, 140, 240, 318


def draw_grid(axes: Axes, left: float) -> list[float]:
    """Draw inputs, cells and outputs and return where the columns stand."""
    columns = [left + PITCH * (step - 1) for step in STEPS]
    for step, x in zip(STEPS, columns, strict=True):
        box(axes, (x, INPUTS), (WIDTH, 34), f"$x_{step}$", INPUT)
        box(axes, (x, FIRST), (WIDTH, HEIGHT), f"$a_{step}$", CELL)
        box(axes, (x, SECOND), (WIDTH, HEIGHT), f"$b_{step}$", CELL)
        box(axes, (x, OUTPUTS), (WIDTH, 34), f"$y_{step}$", OUTPUT)
        arrow(axes, (x, INPUTS + 17), (x, FIRST - HEIGHT / 2))
        arrow(axes, (x, FIRST + HEIGHT / 2), (x, SECOND - HEIGHT / 2))
        arrow(axes, (x, SECOND + HEIGHT / 2), (x, OUTPUTS - 17))
        if step > 1:
            for y in (FIRST, SECOND):
                arrow(axes, (x - PITCH + WIDTH / 2, y), (x - WIDTH / 2, y))
    return columns


def frame(axes: Axes, centre: tuple[float, float], size: tuple[float, float]) -> None:
    """Draw the dashed line around what one loop, or one turn of it, computes."""
    (x, y), (width, height) = centre, size
    axes.add_patch(
        FancyBboxPatch(
            (x - width / 2, y - height / 2),
            width,
            height,
            boxstyle="round,pad=0,rounding_size=10",
            facecolor="none",
            edgecolor=GREY,
            linewidth=1.6,
            linestyle="--",
            zorder=1,
        )
    )


def draw(folder: Path) -> list[Path]:
    """Draw both groupings side by side."""
    figure, axes = canvas(900, 410)
    columns = draw_grid(axes, 150)
    middle = columns[1]
    for y, name in ((FIRST, "1st loop"), (SECOND, "2nd loop")):
        frame(axes, (middle, y), (316, 62))
        write(axes, 50, y, name, NORMAL)
    write(axes, middle, 386, "two layers", LARGE)
    write(axes, middle, 18, "two loops: each runs over all steps", NORMAL)

    columns = draw_grid(axes, 570)
    middle = columns[1]
    for step, x in zip(STEPS, columns, strict=True):
        frame(axes, (x, (FIRST + SECOND) / 2), (100, 168))
        write(axes, x + 6, 286, f"turn {step}", ha="left")
    write(axes, middle, 386, "one layer, two stacked cells", LARGE)
    write(axes, middle, 18, "one loop: each turn runs all cells", NORMAL)
    return [save_svg(figure, folder / "nb14_stacked.svg")]


if __name__ == "__main__":
    print(*draw(Path(__file__).parent), sep="\n")
