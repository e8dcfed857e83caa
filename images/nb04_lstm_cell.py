"""Inside one LSTM step: the cell whole, then gate by gate with the numbers of notebook 04.

Two units, one feature: the first unit keeps what it holds, the second replaces it. The sum that
enters a gate stands below it, what leaves it above. In the animation the numbers move.
"""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyBboxPatch
from PIL import Image

from images.style import (
    BLACK,
    CANDIDATE,
    CELL_STATE,
    FORGET_GATE,
    GREY,
    HIDDEN_STATE,
    INPUT,
    INPUT_GATE,
    LARGE,
    NORMAL,
    OUTPUT_GATE,
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

Point = tuple[float, float]
Way = tuple[Point, ...]

X, H, C = np.array([1.0]), np.array([0.5, 0.0]), np.array([2.0, -1.0])
# The kernel, recurrent kernel and bias of each gate.
WEIGHTS = {
    "i": ([[-2, 2]], [[-2, 2], [0, 0]], [0, 0]),
    "f": ([[1, -3]], [[2, 0], [0, 2]], [1, 1]),
    "g": ([[1, 1]], [[2, 0], [0, 2]], [0, 0]),
    "o": ([[0, 1]], [[2, 2], [0, 0]], [0, 0]),
}
STAGES = ("forget", "input", "candidate", "cell", "output")
STAGE_OF = {"f": "forget", "i": "input", "g": "candidate", "o": "output"}
NAMES = {"f": "forget gate", "i": "input gate", "g": "candidate", "o": "output gate"}
COLOURS = {"f": FORGET_GATE, "i": INPUT_GATE, "g": CANDIDATE, "o": OUTPUT_GATE}
COLOURS |= {"c": CELL_STATE, "h": HIDDEN_STATE, "x": INPUT}

WIDTH, HEIGHT = 992, 540
BELT, MIX, GATES, BUS = 430, 340, 240, 140
COLUMNS = {"f": 222, "i": 372, "g": 517, "o": 667}
MIDDLE, TAP, OUT, SHOW = 444, 815, 926, 292
TITLES = {
    "start": "before the step",
    "forget": "forget: what stays of the old cell state",
    "input": "input: what may be written",
    "candidate": "candidate: what would be written",
    "cell": "cell: keep and write",
    "output": "output: what is shown",
}


def compute() -> dict[str, np.ndarray]:
    """Return the sums, gates and products of the step, and the new states."""
    found = {}
    for name, (kernel, recurrent, bias) in WEIGHTS.items():
        z = X @ kernel + H @ recurrent + bias
        found["sum " + name] = z
        found[name] = np.tanh(z) if name == "g" else 1 / (1 + np.exp(-z))
    found["f c"], found["i g"] = found["f"] * C, found["i"] * found["g"]
    found["c"] = found["f c"] + found["i g"]
    found["tanh c"] = np.tanh(found["c"])
    found["h"] = found["o"] * found["tanh c"]
    return found


VALUES = compute()


def pair(values: np.ndarray) -> str:
    """Return two numbers in brackets, with true minus signs."""
    return "(" + ", ".join(f"{value:.2f}" for value in values).replace("-", "−") + ")"


SAYS = {
    "start": f"$x_t$ = (1.00),  $h_{{t-1}}$ = {pair(H)},  $c_{{t-1}}$ = {pair(C)}",
    "forget": rf"$f_t = \sigma(x_t W_f + h_{{t-1}} U_f + b_f)$ = {pair(VALUES['f'])}: "
    "unit 1 keeps, unit 2 erases",
    "input": rf"$i_t = \sigma(x_t W_i + h_{{t-1}} U_i + b_i)$ = {pair(VALUES['i'])}: "
    "only unit 2 may be written",
    "candidate": rf"$g_t = \tanh(x_t W_g + h_{{t-1}} U_g + b_g)$ = {pair(VALUES['g'])}: "
    f"{pair(VALUES['i g'])} gets through",
    "cell": rf"$c_t = f_t \circ c_{{t-1}} + i_t \circ g_t$ = {pair(VALUES['f c'])} + "
    f"{pair(VALUES['i g'])} = {pair(VALUES['c'])}",
    "output": rf"$h_t = o_t \circ \tanh(c_t)$ = {pair(VALUES['o'])} $\circ$ "
    f"{pair(VALUES['tanh c'])} = {pair(VALUES['h'])}",
}

# Where a value rests, how it is aligned, the stage that computes it, and whose colour it has.
RESTS = {
    **{f"sum {name}": (x + 9, 180, "left", STAGE_OF[name], "") for name, x in COLUMNS.items()},
    "f": (COLUMNS["f"] + 9, 300, "left", "forget", "f"),
    "i": (COLUMNS["i"] + 9, 300, "left", "input", "i"),
    "g": (COLUMNS["g"] + 9, 300, "left", "candidate", "g"),
    "o": (COLUMNS["o"] + 9, 276, "left", "output", "o"),
    "f c": ((COLUMNS["f"] + MIDDLE) / 2, BELT + 15, "center", "forget", "c"),
    "i g": (MIDDLE + 9, 385, "left", "candidate", "c"),
    "c": (OUT, BELT - 38, "center", "cell", "c"),
    "tanh c": (TAP - 9, 328, "right", "output", "c"),
    "h": (OUT, BUS - 38, "center", "output", "h"),
}


def ink(name: str) -> str:
    """Return a colour dark enough for text."""
    return mix(COLOURS[name], BLACK, 0.6) if name else BLACK


def highlight(axes: Axes, centre: Point, size: Point, colour: str) -> None:
    """Draw the thick edge of a box at work."""
    (x, y), (width, height) = centre, size
    style = "round,pad=0,rounding_size=6"
    corner = (x - width / 2, y - height / 2)
    edge = {"facecolor": "none", "edgecolor": mix(colour, BLACK, 0.75), "linewidth": 4}
    axes.add_patch(FancyBboxPatch(corner, width, height, boxstyle=style, zorder=3, **edge))


def picture(stage: str | None = None, known: set[str] | None = None) -> Figure:
    """Draw the cell at a stage, with the numbers known by then; without a stage, with names.

    `known` are the values that are shown, if not all of the stages so far.
    """
    figure, axes = canvas(WIDTH, HEIGHT if stage else 440)
    if not stage:
        axes.set_ylim(40, 480)
    done = -1 if stage in (None, "start") else STAGES.index(stage)
    left, right = 142, 866
    box(axes, ((left + right) / 2, 291), (right - left, 346), colour=mix(GREY, "#FFFFFF", 0.35))
    if known is None:
        known = {name for name, rest in RESTS.items() if STAGES.index(rest[3]) <= done}

    def line(*points: tuple[float, float], at: str, of: str) -> None:
        now = at == stage
        ahead = stage is not None and STAGES.index(at) > done
        colour = mix(GREY, "#FFFFFF", 0.75) if ahead else mix(COLOURS[of], BLACK, 0.75)
        arrow(axes, *points, colour=colour, width=3.5 if now else 2)

    def meet(x: float, y: float, sign: str, at: str, of: str) -> None:
        node(axes, x, y, sign)
        if at == stage:
            edge = mix(COLOURS[of], BLACK, 0.75)
            axes.add_patch(Circle((x, y), 17, fill=False, edgecolor=edge, linewidth=4, zorder=4))

    # The cell state runs straight through; two nodes touch it.
    f, i, g, o = COLUMNS.values()
    line((112, BELT), (f - 17, BELT), at="forget", of="c")
    line((f + 17, BELT), (MIDDLE - 17, BELT), at="forget", of="c")
    line((MIDDLE + 17, BELT), (OUT - 42, BELT), at="cell", of="c")
    meet(f, BELT, "×", "forget", "f")
    meet(MIDDLE, MIX, "×", "candidate", "i")
    meet(MIDDLE, BELT, "+", "cell", "c")
    line((f, GATES + 24), (f, BELT - 17), at="forget", of="f")
    line((i, GATES + 24), (i, MIX), (MIDDLE - 17, MIX), at="input", of="i")
    line((g, GATES + 24), (g, MIX), (MIDDLE + 17, MIX), at="candidate", of="g")
    line((MIDDLE, MIX + 17), (MIDDLE, BELT - 17), at="candidate", of="c")

    # What is read of it.
    line((TAP, BELT), (TAP, 385), at="output", of="c")
    box(axes, (TAP, 366), (66, 36), r"$\tanh$", CELL_STATE)
    line((TAP, 348), (TAP, SHOW + 17), at="output", of="c")
    meet(TAP, SHOW, "×", "output", "o")
    line((o, GATES + 24), (o, SHOW), (TAP - 17, SHOW), at="output", of="o")
    line((TAP, SHOW - 17), (TAP, BUS), (OUT - 42, BUS), at="output", of="h")

    axes.plot([112, o], [BUS, BUS], color=BLACK, linewidth=1.6, zorder=3)
    axes.plot([170, 170], [97, BUS], color=BLACK, linewidth=1.6, zorder=3)
    for name, x in COLUMNS.items():
        now = STAGE_OF[name] == stage
        arrow(axes, (x, BUS), (x, GATES - 24), width=3 if now else 1.6)
        sign = r"$\tanh$" if name == "g" else r"$\sigma$"
        box(axes, (x, GATES), (84, 48), sign, COLOURS[name], fontsize=LARGE)
        if now:
            highlight(axes, (x, GATES), (84, 48), COLOURS[name])
        write(axes, x - 9, GATES + 38, f"${name}_t$", LARGE, ha="right", color=ink(name))
        if stage is None:
            write(axes, x + 9, 180, NAMES[name], NORMAL, ha="left", color=ink(name))

    states = ((70, BELT, "c_{t-1}", "c"), (70, BUS, "h_{t-1}", "h"), (OUT, BELT, "c_t", "c"))
    for x, y, label, name in (*states, (OUT, BUS, "h_t", "h"), (170, 74, "x_t", "x")):
        box(axes, (x, y), (84, 44), f"${label}$", COLOURS[name], fontsize=LARGE)
    for name, y in (("c", BELT), ("h", BUS)):
        if name in known and RESTS[name][3] == stage:
            highlight(axes, (OUT, y), (84, 44), COLOURS[name])
    if stage is None:
        for x, y, text in ((70, BELT, "cell state"), (70, BUS, "hidden state")):
            write(axes, x, y - 36, text, NORMAL)
        write(axes, 224, 74, "input", NORMAL, ha="left")
        write(axes, OUT, BELT - 36, "cell state", NORMAL)
        write(axes, OUT, BUS - 32, "hidden state\nand output", NORMAL, va="top")
        return figure
    write(axes, 70, BELT - 38, pair(C), NORMAL, color=ink("c"))
    write(axes, 70, BUS - 38, pair(H), NORMAL, color=ink("h"))
    write(axes, 224, 74, "(1.00)", NORMAL, ha="left", color=ink("x"))
    for name in [name for name in RESTS if name in known]:  # a set has no order of its own
        x, y, align, at, of = RESTS[name]
        look = {"ha": align, "color": ink(of), "weight": "bold" if at == stage else "normal"}
        write(axes, x, y, pair(VALUES[name]), NORMAL, **look)
    write(axes, WIDTH / 2, 510, TITLES[stage], LARGE, weight="bold")
    write(axes, WIDTH / 2, 22, SAYS[stage], LARGE - 2)
    return figure


def on_the_way(points: Way, share: float) -> Point:
    """Return the point that lies so far along the way."""
    ends = np.array(points, dtype=float)
    lengths = np.hypot(*np.diff(ends, axis=0).T)
    along = share * lengths.sum()
    at = np.concatenate([[0], np.cumsum(lengths)])
    return tuple(float(np.interp(along, at, ends[:, axis])) for axis in (0, 1))


@cache
def token(text: str, of: str) -> Image.Image:
    """Return numbers on a label, to be moved over a picture."""
    size = (20 + 8 * len(text), 26)
    figure, axes = canvas(*size)
    axes.set_facecolor("white")
    write(axes, size[0] / 2, 13, text, NORMAL, weight="bold", color=ink(of))
    edges, across = mix(COLOURS[of], BLACK, 0.75), (1, size[0] - 1)
    axes.plot([*across, *across[::-1], 1], [1, 1, 25, 25, 1], color=edges, linewidth=2)
    return snapshot(figure)


def move(stage: str, known: set[str], tokens: list[tuple[str, str, Way]]) -> Iterator[Image.Image]:
    """Yield frames in which numbers move along their ways: text, whose colour, points."""
    still = snapshot(picture(stage, known))
    for share in (0.08, 0.25, 0.42, 0.59, 0.76, 0.93):
        frame = still.copy()
        for text, of, points in tokens:
            label = token(text, of)
            x, y = on_the_way(points, share)
            frame.paste(label, (round(x - label.width / 2), round(HEIGHT - y - label.height / 2)))
        yield frame


def animate() -> tuple[list[Image.Image], list[int]]:
    """Return the frames and their times in milliseconds: the numbers go through the gates."""
    frames, times = [snapshot(picture("start"))], [2000]
    known: set[str] = set()
    f, i, g, o = COLUMNS.values()
    numbers = {name: pair(value) for name, value in VALUES.items()}

    def go(stage: str, *tokens: tuple[str, str, Way]) -> None:
        moved = list(move(stage, known, list(tokens)))
        frames.extend(moved)
        times.extend([110] * len(moved))

    def rest(stage: str, milliseconds: int, *names: str) -> None:
        known.update(names)
        frames.append(snapshot(picture(stage, known)))
        times.append(milliseconds)

    def enter(name: str) -> None:
        x = COLUMNS[name]
        state = ((70, BUS), (x, BUS), (x, GATES - 40))
        feature = ((170, 74), (170, BUS), *state[1:])
        go(STAGE_OF[name], (pair(H), "h", state), ("(1.00)", "x", feature))
        rest(STAGE_OF[name], 700, f"sum {name}")
        rest(STAGE_OF[name], 1000, name)

    enter("f")
    up = ((f, GATES + 40), (f, BELT))
    go("forget", (pair(C), "c", ((70, BELT), (f, BELT))), (numbers["f"], "f", up))
    rest("forget", 1300, "f c")
    enter("i")
    enter("g")
    to_mix = [((x, GATES + 40), (x, MIX), (MIDDLE, MIX)) for x in (i, g)]
    go("candidate", (numbers["i"], "i", to_mix[0]), (numbers["g"], "g", to_mix[1]))
    rest("candidate", 1300, "i g")
    belt = ((f, BELT), (MIDDLE, BELT))
    lift = ((MIDDLE, MIX), (MIDDLE, BELT))
    go("cell", (numbers["f c"], "c", belt), (numbers["i g"], "c", lift))
    go("cell", (numbers["c"], "c", ((MIDDLE, BELT), (OUT, BELT))))
    rest("cell", 1800, "c")
    enter("o")
    down = ((TAP, BELT), (TAP, 366))
    go("output", (numbers["c"], "c", down))
    rest("output", 700, "tanh c")
    show = ((o, GATES + 40), (o, SHOW), (TAP, SHOW))
    go("output", (numbers["o"], "o", show), (numbers["tanh c"], "c", ((TAP, 340), (TAP, SHOW))))
    go("output", (numbers["h"], "h", ((TAP, SHOW), (TAP, BUS), (OUT, BUS))))
    rest("output", 5000, "h")
    return frames, times


def draw(folder: Path) -> list[Path]:
    """Draw the cell with names, a still of each stage, and the animation of all stages."""
    files = [save_svg(picture(), folder / "nb04_lstm_cell.svg")]
    files += [save_svg(picture(stage), folder / f"nb04_lstm_step_{stage}.svg") for stage in STAGES]
    return [*files, save_gif(*animate(), folder / "nb04_lstm_step.gif")]


if __name__ == "__main__":
    print(*draw(Path(__file__).parent), sep="\n")
