"""The language classifier of notebook 02, from a text to ten languages, with its parameters."""

from pathlib import Path

from matplotlib.axes import Axes

from images.style import (
    CELL,
    GREY,
    INPUT,
    LARGE,
    NORMAL,
    OUTPUT,
    SMALL,
    STATE,
    arrow,
    box,
    canvas,
    save_svg,
    write,
)

VOCABULARY, FEATURES, UNITS, LANGUAGES = 1000, 64, 128, 10
TEXT = "Polen"
AXIS = 236
SHAPES = 360


def flow(axes: Axes, start: float, end: float, shape: str) -> None:
    """Draw the arrow between two blocks and, above the blocks, the shape that flows there."""
    arrow(axes, (start, AXIS), (end, AXIS))
    middle = (start + end) / 2
    axes.plot([middle, middle], [AXIS + 8, SHAPES - 12], color=GREY, linewidth=1, linestyle=":")
    write(axes, middle, SHAPES, shape)


def draw(folder: Path) -> list[Path]:
    """Draw the blocks from left to right, shapes above the arrows, parameters beneath."""
    figure, axes = canvas(900, 390)
    embedding = VOCABULARY * FEATURES
    # Three gates and the candidate: four times the weights of a simple RNN.
    lstm = 4 * ((FEATURES + UNITS) * UNITS + UNITS)
    dense = UNITS * LANGUAGES + LANGUAGES

    box(axes, (42, AXIS), (72, 44), f"“{TEXT}”", INPUT)
    write(axes, 42, AXIS - 40, "text")
    flow(axes, 78, 108, "(batch,)")

    box(axes, (166, AXIS), (116, 100), "Text\nVectorization", GREY, fontsize=SMALL)
    arrow(axes, (224, AXIS), (252, AXIS))
    for y, label in ((60, "$id_1$"), (20, "$id_2$"), (-60, "$id_T$")):
        box(axes, (273, AXIS + y), (42, 34), label, INPUT)
    write(axes, 273, AXIS - 20, "⋮", LARGE)
    write(axes, 273, AXIS - 92, "token ids")
    flow(axes, 294, 334, "(batch, $T$)")

    name = f"Embedding\n({VOCABULARY}, {FEATURES})"
    box(axes, (388, AXIS), (108, 100), name, STATE, fontsize=SMALL)
    flow(axes, 442, 476, f"(batch, $T$, {FEATURES})")

    box(axes, (566, AXIS), (180, 190), colour=CELL)
    write(axes, 566, AXIS + 76, f"LSTM({UNITS})", NORMAL)
    steps = ((504, "1"), (552, "2"), (627, "T"))
    for x, step in steps:
        box(axes, (x, AXIS), (34, 40), f"$h_{step}$", CELL)
        arrow(axes, (x, AXIS - 44), (x, AXIS - 20))
        write(axes, x, AXIS - 58, f"$x_{step}$", NORMAL)
    arrow(axes, (521, AXIS), (535, AXIS))
    write(axes, 580, AXIS, "…", NORMAL)
    arrow(axes, (592, AXIS), (610, AXIS))
    write(axes, 566, AXIS + 44, "only the last state\nis passed on")
    flow(axes, 644, 690, f"(batch, {UNITS})")

    box(axes, (726, AXIS), (72, 100), f"Dense\n({LANGUAGES})", GREY, fontsize=SMALL)
    flow(axes, 762, 800, f"(batch, {LANGUAGES})")
    box(axes, (846, AXIS), (92, 66), "ten\nlanguages", OUTPUT, fontsize=SMALL)

    rows = [
        (166, "no parameters", ""),
        (388, f"{VOCABULARY} · {FEATURES}", f"= {embedding:,}"),
        (566, f"4 · (({FEATURES} + {UNITS}) · {UNITS} + {UNITS})", f"= {lstm:,}"),
        (746, f"{UNITS} · {LANGUAGES} + {LANGUAGES}", f"= {dense:,}"),
    ]
    for x, formula, value in rows:
        write(axes, x, 100, formula)
        write(axes, x, 80, value, weight="bold")
    total = f"{embedding:,} + {lstm:,} + {dense:,} = {embedding + lstm + dense:,} parameters"
    write(axes, 450, 30, total, LARGE - 2, weight="bold")
    return [save_svg(figure, folder / "nb02_embedding_lstm.svg")]


if __name__ == "__main__":
    print(*draw(Path(__file__).parent), sep="\n")
