"""The five shapes of sequence problems: how many inputs go in, how many outputs come out.

Where a single vector must serve several steps, it is repeated: that is what `RepeatVector` does.
"""

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

# Centre, title, what each step reads, steps with an output, everyday example.
TYPES = [
    (64, "one to one", ["x_1"], [0], "no recurrence:\na Dense layer"),
    (210, "one to many", ["x_1"] * 3, [0, 1, 2], "write a name of\na given language"),
    (385, "many to one", ["x_1", "x_2", "x_3"], [2], "tell the language\nof a phrase"),
    (
        556,
        "many to many,\naligned",
        ["x_1", "x_2", "x_3"],
        [0, 1, 2],
        "tag each character\nof a text",
    ),
]
UNALIGNED = [672, 718, 764], [828, 874]


def shape(length: int) -> str:
    """Return the Keras shape of so many steps of one number; a single step has no time axis."""
    return f"(batch, {length}, 1)" if length > 1 else "(batch, 1)"


def draw_steps(
    axes: Axes, xs: Sequence[float], reads: Sequence[str], outputs: Sequence[int], cell: str = "h"
) -> None:
    """Draw the boxes and arrows of one network, its steps standing at xs."""
    half = SIDE / 2
    for step, (x, read) in enumerate(zip(xs, reads, strict=True)):
        if len(xs) == 1:
            box(axes, (x, MIDDLE), (64, SIDE), "Dense", GREY, fontsize=SMALL)
        else:
            box(axes, (x, MIDDLE), (SIDE, SIDE), f"${cell}_{step + 1}$", CELL)
        if step:
            arrow(axes, (x - PITCH + half, MIDDLE), (x - half, MIDDLE))
        box(axes, (x, BOTTOM), (SIDE, SIDE), f"${read}$", CELL if read[0] == "h" else INPUT)
        arrow(axes, (x, BOTTOM + half), (x, MIDDLE - half))
    for number, step in enumerate(outputs, start=1):
        box(axes, (xs[step], TOP), (SIDE, SIDE), f"$y_{number}$", OUTPUT)
        arrow(axes, (xs[step], MIDDLE + half), (xs[step], TOP - half))


def describe(axes: Axes, centre: float, title: str, lengths: tuple[int, int], example: str) -> None:
    """Write the title above a network, its shapes and an example below."""
    write(axes, centre, 338, title, NORMAL, weight="bold")
    write(axes, centre, 86, "\n→ ".join(shape(length) for length in lengths))
    write(axes, centre, 30, example, style="italic")


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

    for centre, title, reads, outputs, example in TYPES:
        xs = [centre + PITCH * (step - (len(reads) - 1) / 2) for step in range(len(reads))]
        draw_steps(axes, xs, reads, outputs)
        describe(axes, centre, title, (len(set(reads)), len(outputs)), example)

    # The decoder starts from zeros, as there is no arrow; the encoder's last state is its input.
    encoder, decoder = UNALIGNED
    draw_steps(axes, encoder, ["x_1", "x_2", "x_3"], [])
    draw_steps(axes, decoder, ["h_3", "h_3"], [0, 1], cell="s")
    between = (encoder[-1] + decoder[0]) / 2
    right, left = encoder[-1] + SIDE / 2, decoder[0] - SIDE / 2
    arrow(axes, (right, MIDDLE), (between, MIDDLE), (between, BOTTOM), (left, BOTTOM))
    arrow(axes, (left + SIDE, BOTTOM), (left + PITCH, BOTTOM))
    write(axes, encoder[1], MIDDLE + 32, "encoder")
    write(axes, sum(decoder) / 2, BOTTOM - 29, "decoder")
    describe(axes, 773, "many to many,\nunaligned", (3, 2), "rewrite a date\nin ISO form")
    return [save_svg(figure, folder / "nb01_rnn_types.svg")]


if __name__ == "__main__":
    print(*draw(Path(__file__).parent), sep="\n")
