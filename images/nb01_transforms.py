"""Five vectors transformed 50 times by one matrix: without tanh they explode, with it they stay.

The same experiment as in the notebook: an 8 × 8 matrix whose spectral radius is 1.2, random with
a fixed seed. A line shows the largest absolute entry of a vector.
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
    VERMILLION,
    save_gif,
    snapshot,
)

STEPS = 50
RADIUS = 1.2
COLOURS = [BLUE, ORANGE, GREEN, VERMILLION, PURPLE]
MARKERS = "os^Dv"


def largest_entries() -> tuple[np.ndarray, np.ndarray]:
    """Return each vector's largest absolute entry per step, without and with tanh."""
    rng = np.random.default_rng(0)
    U = rng.normal(size=(8, 8))
    U *= RADIUS / np.abs(np.linalg.eigvals(U)).max()
    h = rng.normal(size=(5, 8))
    plain, squashed = [h], [h]
    for _ in range(STEPS):
        plain.append(plain[-1] @ U)
        squashed.append(np.tanh(squashed[-1] @ U))
    return np.abs(plain).max(axis=2), np.abs(squashed).max(axis=2)


def draw(folder: Path) -> list[Path]:
    """Draw the animation, one frame a step, growing the lines of one figure."""
    figure = Figure(figsize=(900 / DPI, 430 / DPI))
    heading = figure.text(0.5, 0.94, "", fontsize=LARGE, ha="center", va="center")
    names = [r"without tanh:  $h \leftarrow h\,U$", r"with tanh:  $h \leftarrow \tanh(h\,U)$"]
    panels = []
    for column, (name, sizes) in enumerate(zip(names, largest_entries(), strict=True)):
        axes = figure.add_axes((0.09 + 0.49 * column, 0.14, 0.4, 0.66))
        axes.set(xlim=(-1, STEPS + 1), yscale="log", ylim=(0.1, 1e5))
        axes.axhline(1, color=BLACK, linestyle="--", linewidth=1.4)
        axes.tick_params(labelsize=SMALL)
        axes.minorticks_off()
        axes.grid(axis="y", color=GREY, alpha=0.25)
        axes.set_title(name, fontsize=LARGE - 2)
        axes.set_xlabel("step", fontsize=NORMAL)
        lines = [
            axes.plot([], [], color=colour, marker=marker, markevery=[-1], linewidth=2)[0]
            for colour, marker in zip(COLOURS, MARKERS, strict=True)
        ]
        readout = axes.text(0, 2.5e4, "", fontsize=LARGE - 2, va="center")
        panels.append((sizes, lines, readout))
        if column == 0:
            axes.set_ylabel("largest |entry| of a vector", fontsize=NORMAL)
        else:
            axes.text(STEPS, 1.5, "after tanh, every |entry| < 1", ha="right", fontsize=NORMAL)

    frames = []
    for step in range(STEPS + 1):
        matrix = f"the same matrix $U$ (spectral radius {RADIUS})"
        heading.set_text(f"Five vectors, {matrix}: step {step} of {STEPS}")
        for sizes, lines, readout in panels:
            for line, size in zip(lines, sizes.T, strict=True):
                line.set_data(range(step + 1), size[: step + 1])
            readout.set_text(f"largest of all: {sizes[step].max():,.2f}")
        frames.append(snapshot(figure))
    times = [1500] + [150] * (STEPS - 1) + [2500]
    return [save_gif(frames, times, folder / "nb01_transforms.gif")]


if __name__ == "__main__":
    print(*draw(Path(__file__).parent), sep="\n")
