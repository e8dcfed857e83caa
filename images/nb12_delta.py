"""The delta rule in a plane: the memory moves along the key until the key reads the new value."""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes

from images.style import (
    ACTIVE,
    BLACK,
    BLUE,
    CELL_STATE,
    LARGE,
    NORMAL,
    arrow,
    canvas,
    mix,
    save_svg,
    write,
)

KEY, OTHER = np.array([1.0, 0.0]), np.array([0.6, 0.8])
BEFORE, VALUE = np.array([5.0, 0.0]), 2.0
ORIGIN, UNIT = np.array([90.0, 170.0]), 118.0
# Across the other key lie the points at which it reads the same.
ACROSS = np.array([-OTHER[1], OTHER[0]])


def place(point: np.ndarray) -> tuple[float, float]:
    """Return the pixels of a point of the plane."""
    return tuple(float(one) for one in ORIGIN + UNIT * point)


def beside(axes: Axes, point: np.ndarray, right: float, up: float, text: str, **look) -> None:
    x, y = place(point)
    write(axes, x + right, y + up, text, NORMAL, **look)


def draw(folder: Path) -> list[Path]:
    figure, axes = canvas(900, 400)
    after = BEFORE + OTHER * (VALUE - BEFORE @ OTHER)
    for key, name in ((KEY, "the key (1, 0)"), (OTHER, "the other key (0.6, 0.8)")):
        arrow(axes, place(0 * key), place(key), width=3)
        beside(axes, key, 12, 6, name, ha="left")
    for reading, style in ((VALUE, "-"), (BEFORE @ OTHER, "--")):
        low, high = (reading * OTHER + far * ACROSS for far in (-4.4, -2.4))
        axes.plot(*np.transpose([place(low), place(high)]), style, color=BLUE, linewidth=1.8)
        beside(axes, high, -8, 12, f"the other key reads {reading:g}", color=BLUE)
    arrow(axes, place(BEFORE), place(after), colour=ACTIVE, width=3.4)
    dark = mix(CELL_STATE, BLACK, 0.7)
    for point, name in ((BEFORE, "before"), (after, "after")):
        axes.plot(*place(point), "o", color=dark, markersize=11, zorder=5)
        numbers = ", ".join(f"{one:g}".replace("-", "−") for one in point.round(1) + 0.0)
        beside(axes, point, 16, -4, f"{name}: ({numbers})", ha="left")
    middle = (BEFORE + after) / 2
    beside(axes, middle, 24, -6, "the correction", ha="left", color=ACTIVE)
    write(axes, 200, 366, "write 2 under the other key", LARGE)
    write(axes, 200, 338, f"the key (1, 0) read 5, and reads {after @ KEY:.1f} now", NORMAL)
    return [save_svg(figure, folder / "nb12_delta.svg")]


if __name__ == "__main__":
    print(*draw(Path(__file__).parent), sep="\n")
