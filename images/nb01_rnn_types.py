"""The five shapes of sequence problems: how many inputs go in, how many outputs come out."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes

from images.style import (
    CELL,
    GREY,
    INPUT,
    NORMAL,
    OUTPUT,
    SMALL,
    arrow,
    box,
    canvas,
    save_svg,
    write,
)

PITCH, SIDE = 46, 30
TOP, MIDDLE, BOTTOM = 290, 220, 150

# Centre, title, steps, steps with an input, steps with an output, everyday example.
TYPES = [
    (64, "one to one", 1, [0], [0], "no recurrence:\na Dense layer"),
    (210, "one to many", 3, [0], [0, 1, 2], "write a name of\na given language"),
    (385, "many to one", 3, [0, 1, 2], [2], "tell the language\nof a phrase"),
    (566, "many to many,\naligned", 3, [0, 1, 2], [0, 1, 2], "tag each character\nof a text"),
    (778, "many to many,\nunaligned", 5, [0, 1, 2], [3, 4], "rewrite a date\nin ISO form"),
]


def shape(length: int) -> str:
    """Return the Keras shape of so many steps of one number; a single step has no time axis."""
    return f"(batch, {length}, 1)" if length > 1 else "(batch, 1)"


def draw_steps(axes: Axes, xs: list[float], inputs: Sequence[int], outputs: Sequence[int]) -> None:
    """Draw the boxes and arrows of one type, its steps standing at xs."""
    half = SIDE / 2
    for step, x in enumerate(xs):
        if len(xs) == 1:
            box(axes, (x, MIDDLE), (64, SIDE), "Dense", GREY, fontsize=SMALL)
        else:
            box(axes, (x, MIDDLE), (SIDE, SIDE), f"$h_{step + 1}$", CELL)
        if step:
            arrow(axes, (x - PITCH + half, MIDDLE), (x - half, MIDDLE))
    for number, step in enumerate(inputs, start=1):
        box(axes, (xs[step], BOTTOM), (SIDE, SIDE), f"$x_{number}$", INPUT)
        arrow(axes, (xs[step], BOTTOM + half), (xs[step], MIDDLE - half))
    for number, step in enumerate(outputs, start=1):
        box(axes, (xs[step], TOP), (SIDE, SIDE), f"$y_{number}$", OUTPUT)
        arrow(axes, (xs[step], MIDDLE + half), (xs[step], TOP - half))


def draw(folder: Path) -> list[Path]:
    """Draw the five types in a row, under a legend."""
    figure, axes = canvas(900, 410)
    legend = [
        (215, "$x$", "input", INPUT),
        (370, "$h$", "recurrent cell", CELL),
        (595, "$y$", "output", OUTPUT),
    ]
    for x, symbol, text, colour in legend:
        box(axes, (x, 388), (26, 26), symbol, colour)
        write(axes, x + 21, 388, text, ha="left")

    for centre, title, count, inputs, outputs, example in TYPES:
        write(axes, centre, 338, title, NORMAL, weight="bold")
        xs = [centre + PITCH * (step - (count - 1) / 2) for step in range(count)]
        draw_steps(axes, xs, inputs, outputs)
        write(axes, centre, 94, f"{shape(len(inputs))}\n→ {shape(len(outputs))}")
        write(axes, centre, 34, example, style="italic")
        # Outputs that start after the last input: one part reads, the other writes.
        if outputs[0] > inputs[-1]:
            write(axes, (xs[inputs[0]] + xs[inputs[-1]]) / 2, MIDDLE + 32, "encoder")
            write(axes, (xs[outputs[0]] + xs[outputs[-1]]) / 2, MIDDLE - 32, "decoder")
    return [save_svg(figure, folder / "nb01_rnn_types.svg")]


if __name__ == "__main__":
    print(*draw(Path(__file__).parent), sep="\n")
