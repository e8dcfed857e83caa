"""Windows cut from a series split in time, and three ways to forecast more than one step.

The windows are those of notebook 06 in small: inputs may reach back over a border, targets may not.
"""

from pathlib import Path

from matplotlib.axes import Axes

from images.style import (
    CELL,
    GREY,
    INPUT,
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

PARTS = {"training": 12, "validation": 5, "test": 5}
WINDOW, HORIZON = 4, 2
PITCH = 38
LEFT = 40
STEP = 62


def draw_windows(folder: Path) -> Path:
    """Draw the series and, below, the first and the last window of each part."""
    figure, axes = canvas(920, 330)
    start = 0
    row = 240
    for part, length in PARTS.items():
        first, last = LEFT + PITCH * start, LEFT + PITCH * (start + length)
        write(axes, (first + last) / 2, 318, part, NORMAL, weight="bold")
        for step in range(start, start + length):
            box(axes, (LEFT + PITCH * (step + 0.5), 290), (34, 26), str(step + 1), GREY)
        if start:
            axes.plot([first, first], [14, 326], color=GREY, linewidth=1.2, linestyle="--")
        beginnings = [max(start, WINDOW), start + length - HORIZON]
        for target in beginnings:
            for step in range(target - WINDOW, target + HORIZON):
                known = step < target
                x = LEFT + PITCH * (step + 0.5)
                text = "x" if known else "y"
                box(axes, (x, row), (34, 24), text, INPUT if known else OUTPUT, fontsize=SMALL)
            row -= 40
        start += length
    write(axes, LEFT, 16, "x: inputs, may reach back over a border", ha="left")
    write(axes, LEFT + PITCH * 17 + 8, 16, "y: targets, may not", ha="left")
    return save_svg(figure, folder / "nb06_windows.svg")


def reader(axes: Axes, left: float, base: float, letters: list[str]) -> float:
    """Draw a network that reads the letters; return the x of its last step."""
    for n, letter in enumerate(letters):
        x = left + STEP * n
        predicted = letter.startswith(r"$\hat")
        box(axes, (x, base), (38, 28), letter, OUTPUT if predicted else INPUT)
        box(axes, (x, base + 60), (40, 28), "GRU", CELL, fontsize=SMALL)
        arrow(axes, (x, base + 14), (x, base + 46))
        if n:
            arrow(axes, (x - STEP + 20, base + 60), (x - 20, base + 60))
    return left + STEP * (len(letters) - 1)


def draw_horizons(folder: Path) -> Path:
    """Draw the recursive, the direct and the decoder's forecast of three steps side by side."""
    figure, axes = canvas(1000, 480)
    known = ["$x_1$", "$x_2$", "$x_3$"]
    hats = [rf"$\hat x_{n}$" for n in (4, 5, 6)]
    titles = {
        "recursive": (140, "one step, fed back"),
        "direct": (460, "all steps from one layer"),
        "sequence to sequence": (855, "a second GRU writes them"),
    }
    for title, (x, text) in titles.items():
        write(axes, x, 462, title, NORMAL, weight="bold")
        write(axes, x, 440, text)

    for n, hat in enumerate(hats):
        base = 336 - 140 * n
        end = reader(axes, 40, base, (known + hats)[n : n + 3])
        x, y = end + 76, base + 60
        box(axes, (x, y), (42, 30), hat, OUTPUT)
        arrow(axes, (end + 20, y), (x - 21, y))
        if n < 2:
            turn, below = x + 54 - 18 * n, base - 178
            corners = [(turn, y), (turn, below), (end, below), (end, base - 154)]
            arrow(axes, (x + 21, y), *corners, dashed=True)

    end = reader(axes, 330, 186, known)
    box(axes, (end + 72, 246), (56, 70), "Dense", STATE, fontsize=SMALL)
    arrow(axes, (end + 20, 246), (end + 44, 246))
    for n, hat in enumerate(hats):
        y = 306 - 60 * n
        box(axes, (end + 150, y), (42, 30), hat, OUTPUT)
        arrow(axes, (end + 100, 266 - 20 * n), (end + 129, y))

    end = reader(axes, 690, 126, known)
    corner = 256
    for n, hat in enumerate(hats):
        x = 814 + STEP * n
        box(axes, (x, corner), (40, 28), "GRU", STATE, fontsize=SMALL)
        if n:
            arrow(axes, (x - STEP + 20, corner), (x - 20, corner))
        box(axes, (x, corner + 60), (50, 28), "Dense", STATE, fontsize=SMALL)
        box(axes, (x, corner + 120), (42, 30), hat, OUTPUT)
        arrow(axes, (x, corner + 14), (x, corner + 46))
        arrow(axes, (x, corner + 74), (x, corner + 105))
        # RepeatVector: every step of the second GRU reads the last state of the first.
        arrow(axes, (end, 218), (x, 218), (x, corner - 14))
    axes.plot([end, end], [200, 218], color="black", linewidth=1.6)
    write(axes, end + 26, 198, "the last state", ha="left")
    return save_svg(figure, folder / "nb06_horizons.svg")


def draw(folder: Path) -> list[Path]:
    return [draw_windows(folder), draw_horizons(folder)]


if __name__ == "__main__":
    print(*draw(Path(__file__).parent), sep="\n")
