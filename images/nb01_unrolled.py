"""An RNN as a loop and unrolled over the letters of a word: one cell, used at every step.

The still picture shows the whole; the animation lets the copies appear one by one.
"""

from pathlib import Path

from matplotlib.figure import Figure

from images.style import (
    ACTIVE,
    BLACK,
    CELL,
    INPUT,
    LARGE,
    NORMAL,
    STATE,
    arrow,
    box,
    canvas,
    save_gif,
    save_svg,
    snapshot,
    write,
)

WORD = "Polen"
LOOP = 105
COLUMNS = [352 + 118 * step for step in range(len(WORD))]
TOP, MIDDLE, BOTTOM = 305, 205, 105
WIDTH, HEIGHT = 80, 64


def picture(title: str, copies: int, active: bool, finished: bool = True) -> Figure:
    """Draw the loop and the first copies of it.

    The last copy may be the active one; if it is not finished, its new state is still missing.
    """
    figure, axes = canvas(900, 390)
    write(axes, 450, 367, title, LARGE - 2)

    box(axes, (LOOP, MIDDLE), (WIDTH, HEIGHT), "$W, U, b$", CELL)
    box(axes, (LOOP, BOTTOM), (44, 38), "$x_t$", INPUT)
    box(axes, (LOOP, TOP), (44, 38), "$h_t$", STATE)
    arrow(axes, (LOOP, BOTTOM + 19), (LOOP, MIDDLE - HEIGHT / 2))
    arrow(axes, (LOOP, MIDDLE + HEIGHT / 2), (LOOP, TOP - 19))
    side = LOOP + WIDTH / 2
    out, back = (side, MIDDLE + 18), (side, MIDDLE - 18)
    arrow(axes, out, (side + 56, MIDDLE + 58), (side + 56, MIDDLE - 58), back, curved=True)
    write(axes, side + 50, MIDDLE, "$h_{t-1}$", NORMAL, ha="left")
    write(axes, LOOP, 42, "the loop")
    axes.plot([246, 246], [30, 335], color=BLACK, linewidth=1, linestyle=":")

    for step, (letter, x) in enumerate(zip(WORD, COLUMNS, strict=True), start=1):
        # All letters are there from the start: the word is given, only the states are not.
        box(axes, (x, BOTTOM), (38, 38), letter, INPUT, fontsize=LARGE)
        write(axes, x, BOTTOM - 33, f"$x_{step}$", NORMAL)
        if step > copies:
            continue
        now = active and step == copies
        colour, width = (ACTIVE, 3) if now else (BLACK, 1.6)
        left = x - WIDTH / 2
        box(axes, (x, MIDDLE), (WIDTH, HEIGHT), "$W, U, b$", CELL, active=now)
        arrow(axes, (x, BOTTOM + 19), (x, MIDDLE - HEIGHT / 2), colour=colour, width=width)
        arrow(axes, (left - 38, MIDDLE), (left, MIDDLE), colour=colour, width=width)
        if step == 1:
            write(axes, left - 18, MIDDLE + 16, "$h_0$", NORMAL)
        else:
            write(axes, left - 21, MIDDLE + 16, f"$h_{step - 1}$", NORMAL)
        if finished or step < copies:
            box(axes, (x, TOP), (44, 38), f"$h_{step}$", STATE, active=now)
            arrow(axes, (x, MIDDLE + HEIGHT / 2), (x, TOP - 19), colour=colour, width=width)
    write(axes, (COLUMNS[0] + COLUMNS[-1]) / 2, 42, "unrolled: one copy for each letter")
    return figure


def draw(folder: Path) -> list[Path]:
    """Draw the still picture and the animation."""
    whole = "Unrolled: the same $W$, $U$ and $b$ in each copy"
    still = save_svg(picture(whole, len(WORD), active=False), folder / "nb01_unrolled.svg")

    start = f"One cell reads “{WORD}” letter by letter"
    frames = [snapshot(picture(start, 0, active=False))]
    for step, letter in enumerate(WORD, start=1):
        reads = f"Step {step}: the cell gets “{letter}” and $h_{step - 1}$ …"
        gives = f"Step {step}: … and gives $h_{step}$"
        frames.append(snapshot(picture(reads, step, active=True, finished=False)))
        frames.append(snapshot(picture(gives, step, active=True)))
    frames.append(snapshot(picture(whole, len(WORD), active=False)))
    times = [1500] + [600] * (len(frames) - 2) + [2500]
    return [still, save_gif(frames, times, folder / "nb01_unrolled.gif")]


if __name__ == "__main__":
    print(*draw(Path(__file__).parent), sep="\n")
