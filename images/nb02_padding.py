"""A word of four tokens padded to eight steps: left or right, without a mask or with one.

Shows which steps change the state and what its last state has been through.
"""

from pathlib import Path

from matplotlib.axes import Axes

from images.style import (
    CELL,
    GREY,
    INPUT,
    NORMAL,
    SMALL,
    STATE,
    arrow,
    box,
    canvas,
    save_svg,
    write,
)

WORD, STEPS = "Peru", 8
PADS = STEPS - len(WORD)
PITCH = 53
RUN = 36
COLUMNS = [202 + PITCH * step for step in range(STEPS)]
END = COLUMNS[-1] + 70


def draw_row(axes: Axes, base: float, left: bool, masked: bool) -> None:
    """Draw the tokens and, above them, the steps that change the state or keep it."""
    pads = range(PADS) if left else range(len(WORD), STEPS)
    letters = iter(WORD)
    state = base + 68
    for step, x in enumerate(COLUMNS):
        if step in pads:
            box(axes, (x, base + 16), (36, 30), "0", GREY, hatch="////")
        else:
            box(axes, (x, base + 16), (36, 30), next(letters), INPUT)
        if step in pads and masked:
            continue
        box(axes, (x, state), (RUN, 28), "run", CELL, fontsize=SMALL)
        arrow(axes, (x, base + 31), (x, state - 14))
        if not (masked and step - 1 in pads):
            arrow(axes, (x - PITCH + RUN / 2, state), (x - RUN / 2, state))

    if masked:
        # One arrow over all pads: nothing happens to the state on its way.
        first, last = COLUMNS[pads[0]], COLUMNS[pads[-1]]
        end = last + PITCH - RUN / 2 if left else END - 22
        arrow(axes, (first - PITCH + RUN / 2, state), (end, state), dashed=True)
        write(axes, (first + last) / 2, state - 15, f"{PADS} pads: state kept")
    if left or not masked:
        arrow(axes, (COLUMNS[-1] + RUN / 2, state), (END - 22, state))
    box(axes, (END, state), (44, 30), f"$h_{STEPS}$", STATE)

    runs = len(WORD) if masked else STEPS
    side = "left" if left else "right"
    write(axes, 14, base + 68, f"{side}-padded,", NORMAL, ha="left", weight="bold")
    mask = "with a mask" if masked else "no mask"
    write(axes, 14, base + 47, mask, NORMAL, ha="left", weight="bold")
    write(axes, 14, base + 16, f"{runs} steps change $h$", ha="left")
    origin = {
        (True, False): f"comes after “{WORD[-1]}”, but\n{PADS} pad steps ran first",
        (True, True): f"comes after “{WORD[-1]}”,\nno pad changed it",
        (False, False): f"comes after {PADS} pad\nsteps: the word may fade",
        (False, True): f"the state after “{WORD[-1]}”,\ncarried unchanged",
    }
    write(axes, END + 34, base + 58, origin[left, masked], ha="left", linespacing=1.4)


def draw(folder: Path) -> list[Path]:
    """Draw the four rows under a heading."""
    figure, axes = canvas(900, 440)
    for step, x in enumerate(COLUMNS, start=1):
        write(axes, x, 422, str(step), NORMAL)
    write(axes, 14, 422, "step", NORMAL, ha="left")
    write(axes, END - 22, 422, "last state", NORMAL, ha="left")
    rows = [(True, False), (True, True), (False, False), (False, True)]
    for number, (left, masked) in enumerate(rows):
        base = 316 - 104 * number
        axes.plot([14, 886], [base + 90, base + 90], color=GREY, linewidth=0.8)
        draw_row(axes, base, left, masked)
    return [save_svg(figure, folder / "nb02_padding.svg")]


if __name__ == "__main__":
    print(*draw(Path(__file__).parent), sep="\n")
