"""A cell beside the layer that runs it: the cell is one step, RNN is the loop over time.

The numbers are those of notebook 08's first cell, whose new state is halfway between the old state
and the input.
"""

from pathlib import Path

from images.style import (
    BLACK,
    CELL,
    GREY,
    INPUT,
    LARGE,
    OUTPUT,
    STATE,
    arrow,
    box,
    canvas,
    save_svg,
    write,
)

INPUTS = [8, 4, 6]
TOP, MIDDLE, BOTTOM = 300, 210, 120
CODE = {"family": "DejaVu Sans Mono"}


def halfway(old: float, x: float) -> float:
    return (old + x) / 2


def draw(folder: Path) -> list[Path]:
    """Draw the cell on the left and the layer, with three steps of it, on the right."""
    figure, axes = canvas(960, 430)

    write(axes, 165, 400, "the cell: one step", LARGE - 1, weight="bold")
    box(axes, (165, MIDDLE), (96, 70), "cell.call", CELL)
    box(axes, (165, BOTTOM), (84, 36), "inputs", INPUT)
    box(axes, (52, MIDDLE), (72, 36), "states", STATE)
    box(axes, (165, TOP), (84, 36), "output", OUTPUT)
    box(axes, (281, MIDDLE), (76, 50), "new\nstates", STATE)
    arrow(axes, (165, BOTTOM + 18), (165, MIDDLE - 35))
    arrow(axes, (88, MIDDLE), (117, MIDDLE))
    arrow(axes, (165, MIDDLE + 35), (165, TOP - 18))
    arrow(axes, (213, MIDDLE), (243, MIDDLE))
    write(axes, 165, 75, "(batch, features)", **CODE)
    write(axes, 165, 345, "(batch, units)", **CODE)
    write(axes, 165, 30, "knows nothing of time", color=GREY)
    axes.plot([345, 345], [20, 410], color=BLACK, linewidth=1, linestyle=":")

    write(axes, 655, 400, "the layer RNN(cell): the loop over time", LARGE - 1, weight="bold")
    box(axes, (660, MIDDLE), (426, 118), colour=GREY, dashed=True)
    state, columns = 0.0, [530, 660, 790]
    box(axes, (400, MIDDLE), (44, 36), f"{state:g}", STATE)
    write(axes, 400, 185, "initial\nstate", va="top")
    for step, (x, column) in enumerate(zip(INPUTS, columns, strict=True), start=1):
        box(axes, (column, MIDDLE), (66, 60), "cell", CELL)
        box(axes, (column, BOTTOM), (44, 36), f"{x}", INPUT)
        left = 422 if step == 1 else column - 130 + 33
        arrow(axes, (left, MIDDLE), (column - 33, MIDDLE))
        arrow(axes, (column, BOTTOM + 18), (column, MIDDLE - 30))
        arrow(axes, (column, MIDDLE + 30), (column, TOP - 18))
        if step > 1:
            write(axes, (left + column - 33) / 2, MIDDLE + 13, f"{state:g}")
        state = halfway(state, x)
        box(axes, (column, TOP), (44, 36), f"{state:g}", OUTPUT)
        write(axes, column, 345, f"step {step}")
    arrow(axes, (columns[-1] + 33, MIDDLE), (908, MIDDLE))
    box(axes, (930, MIDDLE), (44, 36), f"{state:g}", STATE)
    write(axes, 660, 75, "(batch, time, features)", **CODE)
    write(axes, 660, 30, "knows nothing of the equation", color=GREY)
    return [save_svg(figure, folder / "nb08_cell_and_layer.svg")]


if __name__ == "__main__":
    print(*draw(Path(__file__).parent), sep="\n")
