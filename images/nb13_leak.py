"""How the future reaches a target: a bidirectional forecaster of sunspots over four years."""

import csv
from pathlib import Path

from images.style import (
    ACTIVE,
    CELL,
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

DATA = Path(__file__).parent.parent / "data" / "sunspots.csv"
FIRST = 1954
COLUMNS = [300 + 150 * step for step in range(4)]
BOTTOM, FORWARD, BACKWARD, TOP, TARGET = 95, 195, 285, 385, 465
SHIFT = 26
WIDTH, HEIGHT = 74, 48
ASKED = 1  # the step whose answer is followed; it stands in the input of the next
LEAK = {"colour": ACTIVE, "width": 4.0}


def read_years() -> list[str]:
    """Return the sunspot numbers of the years shown and of the year after them."""
    with DATA.open(encoding="utf-8", newline="") as file:
        series = {int(row["year"]): float(row["sunspots"]) for row in csv.DictReader(file)}
    return [f"{series[FIRST + n]:.0f}" for n in range(len(COLUMNS) + 1)]


def draw(folder: Path) -> list[Path]:
    numbers = read_years()
    figure, axes = canvas(900, 560)
    write(axes, 450, 533, "The number asked for in one year is the input of the next", LARGE - 2)
    for y, text in (
        (BOTTOM, "input:\nsunspots of the year"),
        (FORWARD, "forward chain,\nhas read the past"),
        (BACKWARD, "backward chain,\nhas read the future"),
        (TOP, "output"),
        (TARGET, "asked for:\nthe year after"),
    ):
        write(axes, 20, y, text, ha="left")
    last = len(COLUMNS) - 1
    for step, x in enumerate(COLUMNS):
        t = step + 1
        left, right = x - SHIFT, x + SHIFT
        read, asked = step == ASKED + 1, step == ASKED
        box(axes, (x, BOTTOM), (104, 40), numbers[step], INPUT, fontsize=LARGE, active=read)
        write(axes, x, BOTTOM - 36, f"$x_{t}$, {FIRST + step}", NORMAL)
        arrow(axes, (left, BOTTOM + 20), (left, FORWARD - HEIGHT / 2))
        up = (right + 10, BOTTOM + 20), (right + 10, BACKWARD - HEIGHT / 2)
        arrow(axes, *up, **(LEAK if read else {}))
        box(axes, (left, FORWARD), (WIDTH, HEIGHT), f"$\\vec{{h}}_{t}$", CELL)
        name = f"$\\overleftarrow{{h}}_{t}$"
        box(axes, (right, BACKWARD), (WIDTH, HEIGHT), name, YELLOW, active=read or asked)
        arrow(axes, (left - 18, FORWARD + HEIGHT / 2), (left - 18, TOP - 20))
        out = (right, BACKWARD + HEIGHT / 2), (right, TOP - 20)
        arrow(axes, *out, **(LEAK if asked else {}))
        box(axes, (x, TOP), (104, 40), f"$\\hat{{y}}_{t}$", OUTPUT, active=asked)
        arrow(axes, (x, TOP + 20), (x, TARGET - 20), **(LEAK if asked else {}))
        answer = numbers[step + 1]
        box(axes, (x, TARGET), (104, 40), answer, fontsize=LARGE, active=asked, dashed=True)
        if step < last:
            there = COLUMNS[step + 1]
            arrow(axes, (left + WIDTH / 2, FORWARD), (there - SHIFT - WIDTH / 2, FORWARD))
            back = (there + SHIFT - WIDTH / 2, BACKWARD), (right + WIDTH / 2, BACKWARD)
            arrow(axes, *back, **(LEAK if asked else {}))
    write(
        axes,
        450,
        20,
        f"Thick: the way of the {numbers[ASKED + 1]} of {FIRST + ASKED + 1} to the output that "
        "should forecast it. Two steps, and no forecast.",
        color=ACTIVE,
    )
    return [save_svg(figure, folder / "nb13_leak.svg")]


if __name__ == "__main__":
    print(*draw(Path(__file__).parent), sep="\n")
