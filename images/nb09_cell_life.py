"""The five stations of a cell's life, and the failures that wait at each.

A cross in a circle marks a failure that raises no error.
"""

from pathlib import Path

from matplotlib.axes import Axes

from images.style import (
    ACTIVE,
    CELL,
    GREY,
    NORMAL,
    OUTPUT,
    arrow,
    box,
    canvas,
    save_svg,
    write,
)

# Station, what Keras does there, and its failures; "!" marks those that raise no error.
STATIONS = [
    (
        "call",
        "RNN repeats\none step",
        ["! output not first", "nested states", "no batch size", "old signature", "! not reset"],
    ),
    (
        "wrap",
        "copies are made\nfrom the config",
        ["not registered", "no **kwargs", "function as option", "! option forgotten"],
    ),
    (
        "train",
        "steps become a graph,\nmasks are drawn",
        ["! mask per step", "values kept", "dtype of states"],
    ),
    (
        "save and load",
        "built anew, then\nfilled with weights",
        ["not imported", "! no build", "dtype inside"],
    ),
    ("export", "the graph goes on\nwithout Keras", ["loop not unrolled"]),
]
WIDTH, HEIGHT, PITCH = 900, 364, 180
TOP = 324


def cross(axes: Axes, x: float, y: float) -> None:
    """Draw the mark of a silent failure."""
    axes.plot(x, y, "o", markersize=10, markerfacecolor="white", markeredgecolor=ACTIVE, zorder=4)
    axes.plot(x, y, "x", markersize=5, color=ACTIVE, markeredgewidth=1.6, zorder=5)


def draw(folder: Path) -> list[Path]:
    """Draw the stations from left to right, their failures below."""
    figure, axes = canvas(WIDTH, HEIGHT)
    for number, (name, work, failures) in enumerate(STATIONS):
        x = PITCH / 2 + PITCH * number
        colour = OUTPUT if number == len(STATIONS) - 1 else CELL
        box(axes, (x, TOP), (136, 44), name, colour, fontsize=NORMAL)
        write(axes, x, TOP - 46, work, linespacing=1.3)
        if number:
            arrow(axes, (x - PITCH + 68, TOP), (x - 68, TOP))
        for row, failure in enumerate(failures):
            y = TOP - 98 - 34 * row
            box(axes, (x, y), (164, 28), dashed=True, colour=GREY)
            silent = failure.startswith("! ")
            write(axes, x + (9 if silent else 0), y, failure.removeprefix("! "))
            if silent:
                cross(axes, x - 68, y)
    cross(axes, 24, 22)
    write(axes, 38, 22, "raises no error", ha="left")
    return [save_svg(figure, folder / "nb09_cell_life.svg")]


if __name__ == "__main__":
    print(*draw(Path(__file__).parent), sep="\n")
