"""A bidirectional layer unrolled over four characters: two chains, joined at each step."""

from pathlib import Path

from images.style import (
    ACTIVE,
    CELL,
    INPUT,
    LARGE,
    NORMAL,
    OUTPUT,
    YELLOW,
    arrow,
    box,
    canvas,
    save_svg,
    write,
)

LETTERS = "fit("
COLUMNS = [300 + 150 * step for step in range(len(LETTERS))]
BOTTOM, FORWARD, BACKWARD, TOP = 85, 185, 275, 375
SHIFT = 26
WIDTH, HEIGHT = 74, 48


def draw(folder: Path) -> list[Path]:
    figure, axes = canvas(900, 470)
    write(axes, 450, 447, "Each output joins two states of the same step", LARGE - 2)
    for y, text in (
        (BOTTOM, "input"),
        (FORWARD, "forward chain,\nhas read up to here"),
        (BACKWARD, "backward chain,\nhas read from the end"),
        (TOP, "output"),
    ):
        write(axes, 20, y, text, ha="left")
    last = len(LETTERS) - 1
    for step, (letter, x) in enumerate(zip(LETTERS, COLUMNS, strict=True)):
        t = step + 1
        left, right = x - SHIFT, x + SHIFT
        box(axes, (x, BOTTOM), (104, 40), letter, INPUT, fontsize=LARGE)
        write(axes, x, BOTTOM - 35, f"$x_{t}$", NORMAL)
        arrow(axes, (left, BOTTOM + 20), (left, FORWARD - HEIGHT / 2))
        arrow(axes, (right + 10, BOTTOM + 20), (right + 10, BACKWARD - HEIGHT / 2))
        box(axes, (left, FORWARD), (WIDTH, HEIGHT), f"$\\vec{{h}}_{t}$", CELL, active=step == last)
        box(
            axes,
            (right, BACKWARD),
            (WIDTH, HEIGHT),
            f"$\\overleftarrow{{h}}_{t}$",
            YELLOW,
            active=step == 0,
        )
        arrow(axes, (left - 18, FORWARD + HEIGHT / 2), (left - 18, TOP - 20))
        arrow(axes, (right, BACKWARD + HEIGHT / 2), (right, TOP - 20))
        box(axes, (x, TOP), (104, 40), f"$y_{t}$", OUTPUT)
        if step < last:
            there = COLUMNS[step + 1]
            arrow(axes, (left + WIDTH / 2, FORWARD), (there - SHIFT - WIDTH / 2, FORWARD))
            arrow(axes, (there + SHIFT - WIDTH / 2, BACKWARD), (right + WIDTH / 2, BACKWARD))
    write(
        axes,
        450,
        18,
        "Thick edges: the last state of each chain, which is all that is left without "
        "return_sequences.",
        color=ACTIVE,
    )
    return [save_svg(figure, folder / "nb13_bidirectional.svg")]


if __name__ == "__main__":
    print(*draw(Path(__file__).parent), sep="\n")
