"""Sigmoid and tanh squash any input: one into (0, 1), the other into (−1, 1).

A dot runs along each curve as the input sweeps from −6 to 6 and back. The tangent at the dot shows
the slope there: by so much a small change of the input comes through.
"""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from images.style import ACTIVE, BLUE, DPI, GREEN, GREY, LARGE, NORMAL, SMALL, save_gif, snapshot

LIMIT = 6


def sigmoid(x):
    """Return the logistic function of x."""
    return 1 / (1 + np.exp(-x))


def slope(function, x: float) -> float:
    """Return the slope of a function at x."""
    return (function(x + 1e-4) - function(x - 1e-4)) / 2e-4


def number(value: float, digits: int) -> str:
    """Return the value with a true minus sign, and no sign on a zero."""
    return f"{value:z.{digits}f}".replace("-", "−")


def draw(folder: Path) -> list[Path]:
    """Draw the animation, moving dots and tangents of one figure."""
    figure = Figure(figsize=(900 / DPI, 400 / DPI))
    panels = [
        (r"sigmoid$(x) = 1 / (1 + e^{-x})$", sigmoid, 0, BLUE),
        (r"$\tanh(x)$", np.tanh, -1, GREEN),
    ]
    grid = np.linspace(-LIMIT, LIMIT, 241)
    moving = []
    for column, (name, function, low, colour) in enumerate(panels):
        axes = figure.add_axes((0.065 + 0.5 * column, 0.15, 0.42, 0.62))
        axes.axhspan(low, 1, color=colour, alpha=0.12, linewidth=0)
        axes.axhline(low, color=colour, linestyle="--", linewidth=1.4)
        axes.axhline(1, color=colour, linestyle="--", linewidth=1.4)
        axes.axhline(0, color=GREY, linewidth=0.8)
        axes.plot(grid, function(grid), color=colour, linewidth=3)
        axes.set(xlim=(-LIMIT - 0.3, LIMIT + 0.3), ylim=(-1.25, 1.25), yticks=[-1, -0.5, 0, 0.5, 1])
        axes.set_xlabel("input $x$", fontsize=NORMAL)
        axes.tick_params(labelsize=SMALL)
        axes.set_title(name, fontsize=LARGE - 1, pad=38)
        span = f"outputs only in ({number(low, 0)}, 1)"
        axes.text(-LIMIT, 1.06, span, fontsize=SMALL, va="bottom")
        stem = axes.plot([], [], color=ACTIVE, linewidth=1.4, linestyle=":")[0]
        dot = axes.plot([], [], "o", color=ACTIVE, markersize=11, markeredgecolor="black")[0]
        tangent = axes.plot([], [], color="black", linewidth=2.5)[0]
        readout = axes.text(0.5, 1.05, "", transform=axes.transAxes, ha="center")
        readout.set_fontsize(LARGE - 2)
        moving.append((function, stem, tangent, dot, readout))

    there = np.linspace(-LIMIT, LIMIT, 25)
    sweep = np.concatenate([there, there[-2:0:-1]])
    frames = []
    for x in sweep:
        for function, stem, tangent, dot, readout in moving:
            y = function(x)
            stem.set_data([x, x], [-1.25, y])
            dot.set_data([x], [y])
            steep = slope(function, x)
            # Of one length at any slope, in units of the axes.
            reach = 1.6 / np.hypot(1, 2 * steep)
            tangent.set_data([x - reach, x + reach], [y - reach * steep, y + reach * steep])
            readout.set_text(
                f"input {number(x, 1)}  →  output {number(y, 2)},  slope {number(steep, 2)}"
            )
        frames.append(snapshot(figure))
    times = [1500 if abs(x) == LIMIT else 800 if x == 0 else 200 for x in sweep]
    return [save_gif(frames, times, folder / "nb01_squashing.gif")]


if __name__ == "__main__":
    print(*draw(Path(__file__).parent), sep="\n")
