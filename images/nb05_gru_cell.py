"""Inside one step of a GRU, with the numbers of notebook 05: its second step over 1, 0, 0, 0.

The upper line is what is kept of the state; the candidate that mixes with it is made below.
"""

from pathlib import Path

import numpy as np

from images.style import (
    BLACK,
    CANDIDATE,
    CELL,
    GREY,
    HIDDEN_STATE,
    INPUT,
    LARGE,
    NORMAL,
    RESET_GATE,
    UPDATE_GATE,
    arrow,
    box,
    canvas,
    dot,
    mix,
    node,
    save_svg,
    write,
)

KEEP, MAKE, GATES = 360, 222, 116
HBUS, XBUS = 62, 30
H_LINE, X_LINE = mix(HIDDEN_STATE, BLACK, 0.75), mix(INPUT, BLACK, 0.75)
Z_LINE, R_LINE = mix(UPDATE_GATE, BLACK, 0.75), mix(RESET_GATE, BLACK, 0.75)
G_LINE = mix(CANDIDATE, BLACK, 0.75)


def sigmoid(a: float) -> float:
    return 1 / (1 + np.exp(-a))


def step(x: float, h: float) -> tuple[float, float, float, float]:
    """Return z, r, the candidate and the new state; the weights are those of the notebook."""
    z, r = sigmoid(2 - 4 * x), sigmoid(0)
    g = np.tanh(x + r * 0.5 * h)
    return z, r, g, z * h + (1 - z) * g


def draw(folder: Path) -> list[Path]:
    """Draw the cell, the value beside each name, and the three lines of the step."""
    *_, h = step(1, 0)
    z, r, g, new = step(0, h)
    figure, axes = canvas(900, 470)
    box(axes, (438, 240), (596, 296), colour=CELL)
    write(axes, 726, 104, "GRU cell", ha="right", weight="bold")

    box(axes, (64, KEEP), (84, 44), "$h_{t-1}$", HIDDEN_STATE, fontsize=LARGE)
    write(axes, 64, KEEP + 36, f"{h:.2f}", NORMAL)
    box(axes, (64, XBUS), (84, 44), "$x_t$", INPUT, fontsize=LARGE)
    write(axes, 64, XBUS + 36, "0", NORMAL)
    box(axes, (836, KEEP), (84, 44), "$h_t$", HIDDEN_STATE, fontsize=LARGE)
    write(axes, 836, KEEP + 36, f"{new:.2f}", NORMAL)
    write(axes, 836, KEEP - 32, "output, and\nstate for the\nnext step", va="top")

    # The upper line: what is kept, and the sum.
    arrow(axes, (106, KEEP), (533, KEEP))
    node(axes, 550, KEEP, "×")
    arrow(axes, (567, KEEP), (663, KEEP))
    write(axes, 614, KEEP + 14, f"kept {z * h:.2f}")
    node(axes, 680, KEEP, "+")
    arrow(axes, (697, KEEP), (794, KEEP))

    # The candidate: the state goes through U, then through the reset gate.
    dot(axes, 172, KEEP)
    arrow(axes, (172, KEEP), (172, MAKE), (200, MAKE))
    box(axes, (232, MAKE), (64, 38), r"$\times\, U_h$", GREY, fontsize=LARGE)
    arrow(axes, (264, MAKE), (309, MAKE))
    node(axes, 326, MAKE, "×")
    arrow(axes, (343, MAKE), (394, MAKE))
    box(axes, (438, MAKE), (88, 40), "tanh", CANDIDATE, fontsize=LARGE)
    write(axes, 438, MAKE + 34, f"candidate $g_t$ = {g:.2f}", NORMAL)
    arrow(axes, (482, MAKE), (663, MAKE), colour=G_LINE)
    node(axes, 680, MAKE, "×")
    arrow(axes, (680, MAKE + 17), (680, KEEP - 17), colour=G_LINE)
    write(axes, 690, (MAKE + KEEP) / 2, f"new\n{(1 - z) * g:.2f}", ha="left")

    # The gates and what they multiply.
    box(axes, (326, GATES), (144, 40), f"reset $r_t$ = {r:.2f}", RESET_GATE)
    arrow(axes, (326, GATES + 20), (326, MAKE - 17), colour=R_LINE)
    box(axes, (550, GATES), (156, 40), f"update $z_t$ = {z:.2f}", UPDATE_GATE)
    arrow(axes, (550, GATES + 20), (550, KEEP - 17), colour=Z_LINE)
    dot(axes, 550, 168)
    arrow(axes, (550, 168), (680, 168), (680, MAKE - 17), colour=Z_LINE)
    write(axes, 616, 180, f"$1 - z_t$ = {1 - z:.2f}")

    # Both gates read the input and the state; the candidate reads the input here.
    arrow(axes, (172, MAKE), (172, HBUS), (314, HBUS), (314, GATES - 20), colour=H_LINE)
    arrow(axes, (314, HBUS), (538, HBUS), (538, GATES - 20), colour=H_LINE)
    arrow(axes, (106, XBUS), (338, XBUS), (338, GATES - 20), colour=X_LINE)
    arrow(axes, (338, XBUS), (438, XBUS), (438, MAKE - 20), colour=X_LINE)
    arrow(axes, (438, XBUS), (562, XBUS), (562, GATES - 20), colour=X_LINE)
    dot(axes, 172, MAKE)

    write(axes, 450, 436, r"$h_t = z_t \circ h_{t-1} + (1 - z_t) \circ g_t$", 19)
    return [save_svg(figure, folder / "nb05_gru_cell.svg")]


if __name__ == "__main__":
    print(*draw(Path(__file__).parent), sep="\n")
