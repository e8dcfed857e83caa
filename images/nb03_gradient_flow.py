"""Gradients on their way back through eight steps, with numbers: they shrink, grow or last.

Three units with one state each. Two compute h_t = tanh(w h_{t-1} + x_t), so that a step back
multiplies the gradient by w (1 - h_t²); the third keeps a share a of its state, and a step back
multiplies by a. Bars stand on a floor of 0.1, so a gradient that dies is a bar that vanishes.
"""

from math import log10, tanh
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from images.style import (
    ACTIVE,
    BLACK,
    GREY,
    LARGE,
    NORMAL,
    SMALL,
    STATE,
    arrow,
    box,
    canvas,
    mix,
    pale,
    save_gif,
    snapshot,
    write,
)

STEPS = 8
DECADE = 25
FLOOR = 0.1
COLUMNS = [262 + 84 * t for t in range(STEPS)]


def factors(w: float, xs: list[float]) -> list[float]:
    """Return what each step multiplies the gradient by on the way back."""
    h, found = 0.0, []
    for x in xs:
        h = tanh(w * h + x)
        found.append(w * (1 - h**2))
    return found


ROWS = [
    ("It shrinks", "$w=0.9$\nreads 1, 0, 0, …", factors(0.9, [1.0] + [0.0] * (STEPS - 1))),
    ("It grows", "$w=2$\nreads 0, 0, 0, …", factors(2.0, [0.0] * STEPS)),
    ("It lasts", "a leaky unit\nkeeps $a=0.95$", [0.95] * STEPS),
]


def gradients(steps: list[float]) -> list[float]:
    """Return the derivative of the last state with respect to each state."""
    found = [1.0]
    for factor in reversed(steps[1:]):
        found.insert(0, found[0] * factor)
    return found


def bar(axes: Axes, x: float, base: float, value: float, active: bool) -> None:
    """Draw a bar from the floor up to the value, on a logarithmic scale."""
    height = DECADE * log10(value / FLOOR)
    colour = ACTIVE if active else STATE
    patch = Rectangle((x - 20, base), 40, height, zorder=2)
    patch.set(facecolor=pale(colour), edgecolor=mix(colour, BLACK, 0.75), linewidth=1.4)
    axes.add_patch(patch)
    text = f"{value:.3g}" if value >= 1 else f"{value:.2f}"
    write(axes, x, base + height + 11, text, NORMAL, weight="bold" if active else "normal")


def picture(back: int) -> Figure:
    """Draw the three rows after the gradient went back over so many steps."""
    figure, axes = canvas(900, 530)
    write(axes, 14, 510, "the gradient goes back", LARGE - 2, ha="left")
    where = "at the last step" if back == 0 else f"{back} step{'s' * (back > 1)} back"
    write(axes, 886, 510, where, LARGE - 2, ha="right", weight="bold")
    for row, (name, how, steps) in enumerate(ROWS):
        base = 340 - 161 * row
        floor = base + 46
        axes.plot([14, 886], [base + 148, base + 148], color=GREY, linewidth=0.8)
        write(axes, 14, base + 92, name, LARGE, ha="left", weight="bold")
        write(axes, 14, base + 54, how, NORMAL, ha="left", linespacing=1.5)
        for value in (0.1, 1, 10):
            at = floor + DECADE * log10(value / FLOOR)
            axes.plot([232, 872], [at, at], color=GREY, linewidth=1, linestyle=":", zorder=1)
            write(axes, 226, at, f"{value:g}", SMALL, ha="right", color=GREY)
        for t, (x, value) in enumerate(zip(COLUMNS, gradients(steps), strict=True)):
            reached = STEPS - 1 - t <= back
            now = STEPS - 1 - t == back
            box(axes, (x, base + 4), (42, 28), f"$h_{t + 1}$", STATE, active=now)
            if t:
                gone = STEPS - t <= back
                look = {"colour": ACTIVE if gone else GREY, "width": 2.4 if gone else 1}
                arrow(axes, (x - 21, base + 4), (x - 63, base + 4), **look)
                if gone:
                    write(axes, x - 42, base + 28, f"×{steps[t]:.2f}".rstrip("0").rstrip("."))
            if reached:
                bar(axes, x, floor, value, now)
    return figure


def draw(folder: Path) -> list[Path]:
    """Draw the animation: the last step, then each step back."""
    frames = [snapshot(picture(back)) for back in range(STEPS)]
    times = [1200] + [800] * (STEPS - 2) + [3500]
    return [save_gif(frames, times, folder / "nb03_gradient_flow.gif")]


if __name__ == "__main__":
    print(*draw(Path(__file__).parent), sep="\n")
