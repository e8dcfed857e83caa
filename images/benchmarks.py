"""What benchmarks/ measured: the scan against the loop, and every cell against Keras's LSTM."""

import itertools
from collections import Counter
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from experiments import store
from images.style import (
    BLACK,
    BLUE,
    DPI,
    GREEN,
    GREY,
    NORMAL,
    ORANGE,
    PURPLE,
    SMALL,
    VERMILION,
    save_svg,
)

BENCHMARKS = Path(__file__).resolve().parent.parent / "benchmarks"
# By backend and jit_compile: a label, and a look that needs no colour.
ENGINES = {
    ("tensorflow", "False"): ("TensorFlow", {"color": ORANGE, "marker": "o"}),
    ("tensorflow", "True"): ("TensorFlow, XLA", {"color": ORANGE, "marker": "s", "ls": "--"}),
    ("jax", "True"): ("JAX", {"color": GREEN, "marker": "^", "ls": "-."}),
    ("torch", "False"): ("PyTorch", {"color": PURPLE, "marker": "D", "ls": ":"}),
}
# By the layer that runs a cell.
WAYS = {
    "RNN": ("RNN(cell)", {"color": BLUE, "marker": "o"}),
    "ParallelRNN": ("ParallelRNN(cell)", {"color": VERMILION, "marker": "^"}),
    "Keras": ("keras.layers", {"color": BLACK, "marker": "s", "fillstyle": "none"}),
    "PyTorch": ("torch.nn", {"color": PURPLE, "marker": "D"}),
}


def draw_scan(folder: Path) -> Path:
    """Draw a panel for each cell and step, and in it a line for each backend."""
    rows = store.read(str(BENCHMARKS / "scan.py"))
    kinds = list(dict.fromkeys((row["cell"], row["batch"], row["units"]) for row in rows))
    steps = list(dict.fromkeys(row["step"] for row in rows))
    figure = Figure(figsize=(1200 / DPI, 760 / DPI), layout="constrained")
    panels = figure.subplots(len(steps), len(kinds), sharex=True, sharey=True)
    for axes, (step, kind) in zip(panels.flat, itertools.product(steps, kinds), strict=True):
        axes.axhline(1, color=GREY, linewidth=1.2)
        for shift, ((backend, jit_compile), (label, look)) in enumerate(ENGINES.items()):
            wanted = {"backend": backend, "jit_compile": jit_compile, "step": step}
            wanted |= dict(zip(("cell", "batch", "units"), kind, strict=True))
            found = [row for row in rows if store.belongs(row, wanted)]
            found.sort(key=lambda row: int(row["time"]))
            times, low, ratio, high = (
                np.array([float(row[column]) for row in found])
                for column in ("time", "parallel_q1", "parallel_ratio", "parallel_q3")
            )
            axes.errorbar(
                # Beside each other, so that no bar hides another.
                times * 1.07 ** (shift - 1.5),
                ratio,
                (ratio - low, high - ratio),
                label=label,
                capsize=3,
                markersize=6,
                **look,
            )
        cell, batch, units = kind
        title = f"{cell}, {batch} × {units}, {step}"
        axes.set_title(title, fontsize=NORMAL, weight="bold")
    axes.set(xscale="log", yscale="log")
    ticks = sorted({int(row["time"]) for row in rows})
    axes.set_xticks(ticks, [f"{tick:,}" for tick in ticks])
    axes.xaxis.set_minor_locator(NullLocator())
    ticks, limits = [0.01, 0.03, 0.1, 0.3, 1, 3, 10], axes.get_ylim()
    axes.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.yaxis.set_minor_locator(NullLocator())
    axes.set_ylim(limits)
    figure.supxlabel("steps", fontsize=NORMAL)
    figure.supylabel("time of ParallelRNN by that of RNN", fontsize=NORMAL)
    figure.legend(*axes.get_legend_handles_labels(), ncols=4, loc="outside upper center")
    return save_svg(figure, folder / "benchmarks_scan.svg")


def draw_cells(folder: Path) -> Path:
    """Draw a line for each cell, the quickest to train at the top, and a mark for each way."""
    rows = store.read(str(BENCHMARKS / "cells.py"))
    lengths = Counter(row["time"] for row in rows)
    common = max(lengths, key=lengths.get)  # every cell runs at this length, few at others
    rows = [row for row in rows if row["time"] == common]
    ratios = {row["cell"]: float(row["training_ratio"]) for row in rows if row["layer"] == "RNN"}
    names = [name.removesuffix("Cell") for name in sorted(ratios, key=ratios.get, reverse=True)]
    figure = Figure(figsize=(960 / DPI, (110 + 19 * len(names)) / DPI), layout="constrained")
    axes = figure.subplots()
    axes.axvline(1, color=GREY, linewidth=1.2)
    for layer, (label, look) in WAYS.items():
        drawn = [row for row in rows if row["layer"] == layer]
        low, ratio, high = (
            np.array([float(row[f"training_{column}"]) for row in drawn])
            for column in ("q1", "ratio", "q3")
        )
        lines = [names.index(row["cell"].removesuffix("Cell")) for row in drawn]
        errors = ratio - low, high - ratio
        axes.errorbar(ratio, lines, xerr=errors, label=label, ls="", capsize=2, zorder=3, **look)
    axes.set_yticks(range(len(names)), names, fontsize=SMALL)
    axes.set(xscale="log", ylim=(-0.8, len(names) - 0.2))
    axes.grid(axis="y", color=GREY, linewidth=0.4, linestyle=":")
    ticks, limits = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20], axes.get_xlim()
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlim(limits)
    axes.set_xlabel("time of a training step by that of keras.layers.LSTM")
    figure.legend(loc="outside upper center", ncols=4)
    return save_svg(figure, folder / "benchmarks_cells.svg")


def draw(folder: Path) -> list[Path]:
    return [draw_scan(folder), draw_cells(folder)]


if __name__ == "__main__":
    print(*draw(Path(__file__).parent), sep="\n")
