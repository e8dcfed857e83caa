"""An LSTM step beside a GRU step, drawn alike, so that what the GRU does without stands out."""

from pathlib import Path

from matplotlib.axes import Axes

from images.style import (
    BLACK,
    CANDIDATE,
    CELL,
    CELL_STATE,
    FORGET_GATE,
    GREY,
    HIDDEN_STATE,
    INPUT,
    INPUT_GATE,
    NORMAL,
    OUTPUT_GATE,
    RESET_GATE,
    SMALL,
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

TOP, MIDDLE, GATES, BUS = 352, 262, 150, 74
KEEP, WRITE, RIGHT = 118, 246, 366


def dark(colour: str) -> str:
    return mix(colour, BLACK, 0.75)


def draw_frame(axes: Axes, left: float, name: str, state: str, states: str, colour: str) -> None:
    """Draw what both have: the line on top that keeps, adds and carries on, and the bus below."""
    box(axes, (left + 218, 232), (348, 292), colour=CELL)
    write(axes, left + 218, 446, name, 15, weight="bold")
    write(axes, left + 218, 421, states, NORMAL)
    box(axes, (left + 22, TOP), (40, 36), f"${state}_{{t-1}}$", colour, fontsize=SMALL)
    arrow(axes, (left + 42, TOP), (left + KEEP - 17, TOP))
    node(axes, left + KEEP, TOP, "×")
    arrow(axes, (left + KEEP + 17, TOP), (left + WRITE - 17, TOP))
    node(axes, left + WRITE, TOP, "+")
    arrow(axes, (left + WRITE + 17, TOP), (left + 398, TOP))
    box(axes, (left + 418, TOP), (38, 36), f"${state}_t$", colour, fontsize=NORMAL)
    node(axes, left + WRITE, MIDDLE, "×")
    arrow(axes, (left + WRITE, MIDDLE + 17), (left + WRITE, TOP - 17))
    box(axes, (left + 58, 36), (108, 36), "$x_t$ and $h_{t-1}$", INPUT, fontsize=SMALL)


def draw_gate(axes: Axes, x: float, sign: str, job: str, colour: str) -> None:
    """Draw a gate, its job written inside, fed by the bus."""
    box(axes, (x, GATES), (62, 52), f"${sign}$\n{job}", colour, fontsize=NORMAL)
    axes.plot([x, x], [36, BUS], color=BLACK, linewidth=1.6, zorder=3)
    arrow(axes, (x, BUS), (x, GATES - 26))


def draw_lstm(axes: Axes, left: float) -> None:
    draw_frame(axes, left, "LSTM", "c", "two states, four sets of weights", CELL_STATE)
    keep, write_, new, read = left + KEEP, left + 196, left + 270, left + 346
    for x, sign, job, colour in (
        (keep, "f_t", "keep", FORGET_GATE),
        (write_, "i_t", "write", INPUT_GATE),
        (new, "g_t", "new", CANDIDATE),
        (read, "o_t", "read", OUTPUT_GATE),
    ):
        draw_gate(axes, x, sign, job, colour)
    axes.plot([left + 112, read], [36, 36], color=BLACK, linewidth=1.6, zorder=3)
    arrow(axes, (keep, GATES + 26), (keep, TOP - 17), colour=dark(FORGET_GATE))
    arrow(
        axes,
        (write_, GATES + 26),
        (write_, MIDDLE),
        (left + WRITE - 17, MIDDLE),
        colour=dark(INPUT_GATE),
    )
    arrow(
        axes,
        (new, GATES + 26),
        (new, 215),
        (left + WRITE, 215),
        (left + WRITE, MIDDLE - 17),
        colour=dark(CANDIDATE),
    )
    dot(axes, left + 322, TOP)
    box(axes, (left + 322, 303), (48, 28), "tanh", GREY, fontsize=SMALL)
    arrow(axes, (left + 322, TOP), (left + 322, 317))
    arrow(axes, (left + 322, 289), (left + 322, MIDDLE), (left + 333, MIDDLE))
    node(axes, left + 350, MIDDLE, "×")
    arrow(axes, (left + 350, GATES + 26), (left + 350, MIDDLE - 17), colour=dark(OUTPUT_GATE))
    arrow(axes, (left + 367, MIDDLE), (left + 398, MIDDLE))
    box(axes, (left + 418, MIDDLE), (38, 36), "$h_t$", HIDDEN_STATE, fontsize=NORMAL)


def draw_gru(axes: Axes, left: float) -> None:
    draw_frame(axes, left, "GRU", "h", "one state, three sets of weights", HIDDEN_STATE)
    keep, new, reset = left + KEEP, left + 246, left + 346
    for x, sign, job, colour in (
        (keep, "z_t", "keep", UPDATE_GATE),
        (new, "g_t", "new", CANDIDATE),
        (reset, "r_t", "reset", RESET_GATE),
    ):
        draw_gate(axes, x, sign, job, colour)
    axes.plot([left + 112, reset], [36, 36], color=BLACK, linewidth=1.6, zorder=3)
    arrow(axes, (keep, GATES + 26), (keep, TOP - 17), colour=dark(UPDATE_GATE))
    dot(axes, keep, MIDDLE)
    arrow(axes, (keep, MIDDLE), (left + WRITE - 17, MIDDLE), colour=dark(UPDATE_GATE))
    write(axes, (keep + left + WRITE) / 2, MIDDLE + 15, "write $1 - z_t$")
    arrow(axes, (new, GATES + 26), (new, MIDDLE - 17), colour=dark(CANDIDATE))
    arrow(axes, (reset - 31, GATES), (new + 31, GATES), colour=dark(RESET_GATE))


def draw(folder: Path) -> list[Path]:
    figure, axes = canvas(900, 470)
    draw_lstm(axes, 0)
    draw_gru(axes, 456)
    return [save_svg(figure, folder / "nb05_lstm_beside_gru.svg")]


if __name__ == "__main__":
    print(*draw(Path(__file__).parent), sep="\n")
