"""Five vectors transformed 50 times by one matrix: radius 1.2 and 0.8, without and with tanh.

The same experiment as in the notebook: a random 8 × 8 matrix with a fixed seed, scaled so that its
spectral radius is 1.2 above and 0.8 below. A line shows the largest absolute entry of a vector.
"""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from images.style import (
    BLACK,
    BLUE,
    DPI,
    GREEN,
    GREY,
    LARGE,
    NORMAL,
    ORANGE,
    PURPLE,
    SMALL,
    VERMILION,
    save_gif,
    snapshot,
)

STEPS = 50
RADII = (1.2, 0.8)
COLOURS = [BLUE, ORANGE, GREEN, VERMILION, PURPLE]
MARKERS = "os^Dv"


def largest_entries(radius: float) -> tuple[np.ndarray, np.ndarray]:
    """Return each vector's largest absolute entry per step, without and with tanh."""
    rng = np.random.default_rng(0)
    U = rng.normal(size=(8, 8))
    U *= radius / np.abs(np.linalg.eigvals(U)).max()
    h = rng.normal(size=(5, 8))
    plain, squashed = [h], [h]
    for _ in range(STEPS):
        plain.append(plain[-1] @ U)
        squashed.append(np.tanh(squashed[-1] @ U))
    return np.abs(plain).max(axis=2), np.abs(squashed).max(axis=2)


def written(size: float) -> str:
    """Return a size as a person writes it."""
    return f"{size:,.0f}" if size >= 100 else f"{size:.2f}" if size >= 0.01 else f"{size:.6f}"


def draw(folder: Path) -> list[Path]:
    """Draw the animation, one frame per step, growing the lines of one figure."""
    figure = Figure(figsize=(900 / DPI, 640 / DPI))
    heading = figure.text(0.5, 0.965, "", fontsize=LARGE, ha="center", va="center")
    names = [r"without tanh:  $h \leftarrow h\,U$", r"with tanh:  $h \leftarrow \tanh(h\,U)$"]
    panels = []
    for row, radius in enumerate(RADII):
        for column, sizes in enumerate(largest_entries(radius)):
            axes = figure.add_axes((0.125 + 0.475 * column, 0.53 - 0.435 * row, 0.385, 0.345))
            axes.set(xlim=(-1, STEPS + 1), yscale="log", ylim=(1e-6, 1e6))
            axes.set_yticks([1e-6, 1e-3, 1, 1e3, 1e6])
            axes.axhline(1, color=BLACK, linestyle="--", linewidth=1.4)
            axes.tick_params(labelsize=SMALL)
            axes.minorticks_off()
            axes.grid(axis="y", color=GREY, alpha=0.25)
            if row == 0:
                axes.set_title(names[column], fontsize=LARGE - 2)
            else:
                axes.set_xlabel("step", fontsize=NORMAL)
            if column == 0:
                axes.set_ylabel(f"radius {radius}\nlargest |entry|", fontsize=NORMAL)
            lines = [
                axes.plot([], [], color=colour, marker=marker, markevery=[-1], linewidth=2)[0]
                for colour, marker in zip(COLOURS, MARKERS, strict=True)
            ]
            place = {"x": 1, "y": 1e5 if radius < 1 or column else 1e-5}
            readout = axes.text(**place, s="", fontsize=LARGE - 2, va="center")
            panels.append((sizes, lines, readout))

    frames = []
    for step in range(STEPS + 1):
        heading.set_text(f"Five vectors times the same matrix $U$: step {step} of {STEPS}")
        for sizes, lines, readout in panels:
            for line, size in zip(lines, sizes.T, strict=True):
                line.set_data(range(step + 1), size[: step + 1])
            readout.set_text(f"largest of all: {written(sizes[step].max())}")
        frames.append(snapshot(figure))
    times = [1500] + [150] * (STEPS - 1) + [4000]
    return [save_gif(frames, times, folder / "nb01_transforms.gif")]


if __name__ == "__main__":
    print(*draw(Path(__file__).parent), sep="\n")
