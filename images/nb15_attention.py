"""One step of a decoder with attention over three encoder states, with numbers.

The numbers are those of notebook 15: dot scores of the decoder's state with each state of the
memory, their softmax, and the weighted mean.
"""

from math import exp
from pathlib import Path

from images.style import (
    ACTIVE,
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

MEMORY = [(0, 1), (2, 0), (1, 1)]
QUERY = (1, 0)
SCORES = [sum(q * m for q, m in zip(QUERY, state, strict=True)) for state in MEMORY]
TOTAL = sum(exp(score) for score in SCORES)
WEIGHTS = [exp(score) / TOTAL for score in SCORES]
CONTEXT = [sum(a * state[n] for a, state in zip(WEIGHTS, MEMORY, strict=True)) for n in (0, 1)]

COLUMNS = (150, 310, 470)
CONTEXT_AT = (310, 272)
DECODER = (650, 360)


def draw(folder: Path) -> list[Path]:
    """Draw the encoder below, the weights above it, the decoder's step on the right."""
    figure, axes = canvas(900, 470)
    write(axes, 12, 34, "encoder", LARGE - 1, ha="left", weight="bold")
    for t, (x, state, score, weight) in enumerate(
        zip(COLUMNS, MEMORY, SCORES, WEIGHTS, strict=True), 1
    ):
        box(axes, (x, 34), (54, 36), f"$x_{t}$", INPUT)
        arrow(axes, (x, 52), (x, 76))
        box(axes, (x, 96), (96, 40), f"$m_{t}$ = ({state[0]}, {state[1]})", CELL, fontsize=SMALL)
        if t > 1:
            arrow(axes, (COLUMNS[t - 2] + 48, 96), (x - 48, 96))
        # The thicker the line, the larger the weight.
        end = (CONTEXT_AT[0] + 44 * (t - 2), CONTEXT_AT[1] - 24)
        arrow(axes, (x, 116), end, colour=ACTIVE, width=1 + 10 * weight)
        at, look = (x + 22, {"ha": "left"}) if t > 1 else (x - 22, {"ha": "right"})
        write(axes, at, 168, f"$e_{t}$ = {score}", NORMAL, **look)
        write(axes, at, 146, f"$a_{t}$ = {weight:.2f}", NORMAL, weight="bold", **look)
    context = f"context $c$ = ({CONTEXT[0]:.2f}, {CONTEXT[1]:.2f})"
    box(axes, CONTEXT_AT, (230, 46), context, CELL)

    write(axes, 886, 440, "decoder, one step", LARGE, ha="right", weight="bold")
    box(axes, DECODER, (110, 60), "GRU", CELL, fontsize=LARGE)
    old = f"$h$ = ({QUERY[0]}, {QUERY[1]})"
    box(axes, (310, 360), (110, 44), old, STATE)
    write(axes, 310, 396, "state before", SMALL)
    arrow(axes, (365, 360), (595, 360))
    arrow(axes, (310, 338), (310, 296), colour=GREY, dashed=True)
    write(axes, 322, 317, "asks: $e_j = h · m_j$", SMALL, ha="left")
    arrow(axes, (425, 272), (634, 272), (634, 330))
    box(axes, (700, 210), (150, 44), "letter before", OUTPUT)
    arrow(axes, (668, 232), (668, 330))
    arrow(axes, (705, 360), (765, 360))
    box(axes, (815, 360), (100, 44), "new $h$", STATE)
    arrow(axes, (840, 338), (840, 232))
    arrow(axes, (425, 260), (804, 260), (804, 232))
    box(axes, (840, 210), (100, 44), "next letter", OUTPUT, fontsize=SMALL)
    arrow(axes, (518, 96), (590, 96), colour=GREY, dashed=True)
    alone = "without attention, the decoder\nknows of the text only this\nlast state"
    write(axes, 598, 96, alone, SMALL, ha="left")
    return [save_svg(figure, folder / "nb15_attention.svg")]


if __name__ == "__main__":
    print(*draw(Path(__file__).parent), sep="\n")
