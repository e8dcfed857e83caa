"""Inside one LSTM step: the cell whole, then gate by gate with the numbers of notebook 04.

Two units, one feature: the first unit keeps what it holds, the second replaces it.
"""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from images.style import (
    ACTIVE,
    BLACK,
    CELL,
    GREY,
    INPUT,
    LARGE,
    NORMAL,
    STATE,
    arrow,
    box,
    canvas,
    mix,
    node,
    save_gif,
    save_svg,
    snapshot,
    write,
)

X, H, C = np.array([1.0]), np.array([0.5, 0.0]), np.array([2.0, -1.0])
# The kernel, recurrent kernel and bias of each gate.
WEIGHTS = {
    "i": ([[-2, 2]], [[-2, 2], [0, 0]], [0, 0]),
    "f": ([[1, -3]], [[2, 0], [0, 2]], [1, 1]),
    "g": ([[1, 1]], [[2, 0], [0, 2]], [0, 0]),
    "o": ([[0, 1]], [[2, 2], [0, 0]], [0, 0]),
}
STAGES = ("forget", "input", "candidate", "cell", "output")
BELT, GATES, BUS = 395, 218, 135
COLUMNS = {"f": 225, "i": 375, "g": 525, "o": 650}
NAMES = {"f": "forget gate", "i": "input gate", "g": "candidate", "o": "output gate"}
TITLES = {
    "start": "before the step",
    "forget": "forget gate",
    "input": "input gate",
    "candidate": "candidate",
    "cell": "new cell state",
    "output": "output gate and new hidden state",
}
MIDDLE, TAP = 450, 764


def compute() -> dict[str, np.ndarray]:
    """Return the gates and the new states of the step."""
    found = {}
    for name, (kernel, recurrent, bias) in WEIGHTS.items():
        z = X @ kernel + H @ recurrent + bias
        found[name] = np.tanh(z) if name == "g" else 1 / (1 + np.exp(-z))
    found["c"] = found["f"] * C + found["i"] * found["g"]
    found["h"] = found["o"] * np.tanh(found["c"])
    return found


VALUES = compute()


def pair(values: np.ndarray) -> str:
    """Return two numbers in brackets, with true minus signs."""
    return "(" + ", ".join(f"{value:.2f}" for value in values).replace("-", "−") + ")"


SAYS = {
    "start": f"$x_t$ = (1),  $h_{{t-1}}$ = {pair(H)},  $c_{{t-1}}$ = {pair(C)}",
    "forget": rf"$f_t = \sigma(x_t W_f + h_{{t-1}} U_f + b_f)$ = {pair(VALUES['f'])}: "
    "unit 1 keeps, unit 2 erases",
    "input": rf"$i_t = \sigma(x_t W_i + h_{{t-1}} U_i + b_i)$ = {pair(VALUES['i'])}: "
    "only unit 2 may be written",
    "candidate": rf"$g_t = \tanh(x_t W_c + h_{{t-1}} U_c + b_c)$ = {pair(VALUES['g'])}: "
    "what would be written",
    "cell": rf"$c_t = f_t \odot c_{{t-1}} + i_t \odot g_t$ = {pair(VALUES['f'] * C)} + "
    f"{pair(VALUES['i'] * VALUES['g'])} = {pair(VALUES['c'])}",
    "output": rf"$h_t = o_t \odot \tanh(c_t)$ = {pair(VALUES['o'])} $\odot$ "
    f"{pair(np.tanh(VALUES['c']))} = {pair(VALUES['h'])}",
}


def picture(stage: str | None = None) -> Figure:
    """Draw the cell at a stage, with the numbers known by then; without a stage, with names."""
    figure, axes = canvas(940, 500)
    done = -1 if stage in (None, "start") else STAGES.index(stage)
    box(axes, (474, 277), (656, 336), colour=CELL)

    def line(*points: tuple[float, float], at: str) -> None:
        now = at == stage
        ahead = stage is not None and STAGES.index(at) > done
        colour = ACTIVE if now else mix(GREY, "#FFFFFF", 0.6) if ahead else BLACK
        arrow(axes, *points, colour=colour, width=3 if now else 1.6)

    def value(x: float, y: float, name: str, at: str, **look) -> None:
        if stage is not None and STAGES.index(at) <= done:
            weight = "bold" if at == stage else "normal"
            write(axes, x, y, pair(VALUES[name]), NORMAL, weight=weight, **look)

    # The cell state runs straight through; two nodes touch it.
    line((102, BELT), (COLUMNS["f"] - 17, BELT), at="cell")
    line((COLUMNS["f"] + 17, BELT), (MIDDLE - 17, BELT), at="cell")
    line((MIDDLE + 17, BELT), (838, BELT), at="cell")
    node(axes, COLUMNS["f"], BELT, r"$\odot$", active=stage == "cell")
    node(axes, MIDDLE, BELT, "+", active=stage == "cell")
    node(axes, MIDDLE, 310, r"$\odot$", active=stage == "cell")
    line((MIDDLE, 327), (MIDDLE, BELT - 17), at="cell")
    line((COLUMNS["f"], GATES + 24), (COLUMNS["f"], BELT - 17), at="cell")
    line((COLUMNS["i"], GATES + 24), (COLUMNS["i"], 310), (MIDDLE - 17, 310), at="cell")
    line((COLUMNS["g"], GATES + 24), (COLUMNS["g"], 310), (MIDDLE + 17, 310), at="cell")

    # What is read of it.
    line((TAP, BELT), (TAP, 354), at="output")
    box(axes, (TAP, 335), (66, 36), r"$\tanh$", GREY, active=stage == "output")
    line((TAP, 317), (TAP, 287), at="output")
    node(axes, TAP, 270, r"$\odot$", active=stage == "output")
    line((COLUMNS["o"], GATES + 24), (COLUMNS["o"], 270), (TAP - 17, 270), at="output")
    line((TAP, 253), (TAP, BUS), (838, BUS), at="output")

    axes.plot([102, COLUMNS["o"]], [BUS, BUS], color=BLACK, linewidth=1.6, zorder=3)
    axes.plot([165, 165], [98, BUS], color=BLACK, linewidth=1.6, zorder=3)
    for name, at in zip("figo", ("forget", "input", "candidate", "output"), strict=True):
        x = COLUMNS[name]
        line((x, BUS), (x, GATES - 24), at=at)
        sign = r"$\tanh$" if name == "g" else r"$\sigma$"
        box(axes, (x, GATES), (84, 48), sign, GREY, fontsize=LARGE, active=at == stage)
        # The forget gate's name stands on its left, where there is room.
        write(axes, x - 8, GATES + 40, f"${name}_t$", LARGE, ha="right")
        if stage is None:
            write(axes, x + 8, 172, NAMES[name], ha="left")
        value(x + 6, 172, name, at, ha="left")

    known = {"c": "cell", "h": "output"}
    for x, y, name, label in (
        (60, BELT, "", "$c_{t-1}$"),
        (60, BUS, "", "$h_{t-1}$"),
        (880, BELT, "c", "$c_t$"),
        (880, BUS, "h", "$h_t$"),
    ):
        active = known.get(name) == stage and stage is not None
        box(axes, (x, y), (84, 44), label, STATE, fontsize=LARGE, active=active)
    box(axes, (165, 76), (84, 44), "$x_t$", INPUT, fontsize=LARGE)
    if stage is None:
        write(axes, 60, BELT - 34, "cell state")
        write(axes, 60, BUS - 34, "hidden state")
        write(axes, 219, 76, "input", ha="left")
        write(axes, 880, BELT - 34, "cell state")
        write(axes, 880, BUS - 28, "hidden state\nand output", va="top")
    else:
        write(axes, 60, BELT - 36, pair(C), NORMAL)
        write(axes, 60, BUS - 36, pair(H), NORMAL)
        write(axes, 219, 76, "1.00", NORMAL, ha="left")
        value(880, BELT - 36, "c", "cell")
        value(880, BUS - 36, "h", "output")
        write(axes, 470, 474, TITLES[stage], LARGE, weight="bold")
        write(axes, 470, 24, SAYS[stage], LARGE - 2)
    return figure


def draw(folder: Path) -> list[Path]:
    """Draw the cell with names, a still of each stage, and the animation of all stages."""
    files = [save_svg(picture(), folder / "nb04_lstm_cell.svg")]
    files += [save_svg(picture(stage), folder / f"nb04_lstm_step_{stage}.svg") for stage in STAGES]
    frames = [snapshot(picture(stage)) for stage in ("start", *STAGES)]
    times = [2500, 3000, 3000, 3000, 4000, 5000]
    return [*files, save_gif(frames, times, folder / "nb04_lstm_step.gif")]


if __name__ == "__main__":
    print(*draw(Path(__file__).parent), sep="\n")
