"""The parallel scan on four numbers: two rounds, each of which doubles how far a number reaches."""

from fractions import Fraction
from pathlib import Path

from images.style import CELL, INPUT, LARGE, NORMAL, OUTPUT, arrow, box, canvas, save_svg, write

A, B = [Fraction(1, 2)] * 4, [8, 4, 2, 6]
LEFT, APART, HEIGHT = 300, 190, 140
ROWS = ["$b_t$", "after round 1", "after round 2"]
REACH = ["each knows its own input", "… the last two", "… the last four: $h_t$"]
BEHIND = {"facecolor": "white", "edgecolor": "none", "pad": 2}


def rounds() -> list[tuple[list[Fraction], list[Fraction]]]:
    """Return a and b before the first round and after each."""
    found, reach = [(A, [Fraction(b) for b in B])], 1
    while reach < len(B):
        a, b = found[-1]
        steps = range(reach, len(B))
        found.append(
            (
                a[:reach] + [a[t] * a[t - reach] for t in steps],
                b[:reach] + [a[t] * b[t - reach] + b[t] for t in steps],
            )
        )
        reach *= 2
    return found


def draw(folder: Path) -> list[Path]:
    figure, axes = canvas(960, 400)
    states = rounds()
    for row, (_, b) in enumerate(states):
        y = 340 - HEIGHT * row
        write(axes, 128, y + 11, ROWS[row], LARGE)
        write(axes, 128, y - 15, REACH[row], NORMAL)
        colour = (INPUT, CELL, OUTPUT)[row]
        for t, number in enumerate(b):
            box(axes, (LEFT + APART * t, y), (74, 44), str(number), colour, fontsize=LARGE)
    for row, (a, _) in enumerate(states[:-1]):
        y, reach = 340 - HEIGHT * row, 2**row
        for t in range(len(B)):
            x = LEFT + APART * t
            arrow(axes, (x, y - 22), (x, y - HEIGHT + 22))
            if t >= reach:
                start = (x - APART * reach + 14, y - 22)
                arrow(axes, start, (x - 14, y - HEIGHT + 22), width=2.2)
                share = 0.72 if reach > 1 else 0.5
                near = (start[0] + share * (x - 14 - start[0]), y - 22 - share * (HEIGHT - 44))
                write(axes, *near, f"× {a[t]}", NORMAL, zorder=5, bbox=BEHIND)
    return [save_svg(figure, folder / "nb12_scan.svg")]


if __name__ == "__main__":
    print(*draw(Path(__file__).parent), sep="\n")
