"""Passing the hidden state on, with numbers: one unit reads two orders of the same inputs.

The unit computes h_t = tanh(1.0 x_t + 0.5 h_{t-1}) from h_0 = 0. Both inputs have the same sum;
the last states differ, since each step shrinks what came before.
"""

from math import tanh
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from images.style import (
    ACTIVE,
    BLACK,
    GREY,
    INPUT,
    LARGE,
    NORMAL,
    STATE,
    arrow,
    box,
    canvas,
    mix,
    pale,
    save_gif,
    snapshot,
    write,
)

W, U = 1.0, 0.5
SEQUENCES = [(1, 0, 0, 0), (0, 0, 0, 1)]
STEPS = len(SEQUENCES[0])
GAUGE = 64
NAMES = "AB"


def states(sequence: tuple[int, ...]) -> list[float]:
    """Return h_0 and the state after each step."""
    found = [0.0]
    for x in sequence:
        found.append(tanh(W * x + U * found[-1]))
    return found


def gauge(axes: Axes, x: float, bottom: float, value: float, width: float, active: bool) -> None:
    """Draw a state as a cell filled up to its value, 1 being full."""
    axes.add_patch(Rectangle((x - width / 2, bottom), width, GAUGE, facecolor=pale(STATE)))
    axes.add_patch(Rectangle((x - width / 2, bottom), width, GAUGE * value, facecolor=STATE))
    edge = ACTIVE if active else mix(STATE, BLACK, 0.75)
    frame = Rectangle((x - width / 2, bottom), width, GAUGE, fill=False, edgecolor=edge)
    frame.set(linewidth=3.5 if active else 1.4, zorder=3)
    axes.add_patch(frame)
    write(axes, x, bottom + GAUGE / 2, f"{value:.2f}", NORMAL, zorder=4)


def picture(step: int, phase: int) -> Figure:
    """Draw both sequences at a step.

    In phase 0 the step takes its input and state, in 1 it does its sum, in 2 it has its result.
    Step 0 is the start, and the step after the last one is the comparison.
    """
    figure, axes = canvas(900, 450)
    over = step > STEPS
    rule = rf"$h_t = \tanh({W:g}\cdot x_t + {U:g}\cdot h_{{t-1}})$"
    write(axes, 20, 428, rule, LARGE - 2, ha="left")
    stage = "after the last step" if over else f"step {step} of {STEPS}" if step else "start"
    write(axes, 650, 428, stage, LARGE - 2, ha="right")
    axes.plot([680, 680], [20, 440], color=GREY, linewidth=1, linestyle=":")
    write(axes, 790, 428, f"Final states $h_{STEPS}$", LARGE - 2)

    for row, sequence in enumerate(SEQUENCES):
        base = 215 - 200 * row
        found = states(sequence)
        done = min(step - 1 if phase < 2 else step, STEPS)
        write(axes, 20, base + 165, NAMES[row], 20, ha="left", weight="bold")
        write(axes, 20, base + 46, "inputs", ha="left")
        write(axes, 20, base + 120, "states", ha="left")
        for t in range(STEPS + 1):
            x = 140 + 125 * t
            now = t == step
            write(axes, x, base + 167, f"$h_{t}$", NORMAL)
            if t <= done:
                gauge(axes, x, base + 88, found[t], 56, now and phase == 2 and t > 0)
            else:
                box(axes, (x, base + 120), (56, GAUGE), "?", dashed=True)
            if t == 0:
                continue
            box(axes, (x, base + 46), (40, 36), str(sequence[t - 1]), INPUT, active=now)
            colour, width = (ACTIVE, 3) if now else (BLACK, 1.6) if t <= done else (GREY, 1)
            arrow(axes, (x, base + 64), (x, base + 88), colour=colour, width=width)
            arrow(axes, (x - 97, base + 120), (x - 28, base + 120), colour=colour, width=width)
        if 0 < step <= STEPS:
            before = found[step - 1]
            text = f"takes $x_{step}$ = {sequence[step - 1]} and $h_{step - 1}$ = {before:.2f}"
            if phase > 0:
                result = f"{found[step]:.2f}" if phase == 2 else "?"
                terms = f"{W:g}·{sequence[step - 1]} + {U:g}·{before:.2f}"
                text = f"$h_{step}$ = tanh({terms}) = {result}"
            write(axes, 100, base + 10, text, LARGE - 2, ha="left")
        elif step == 0:
            write(axes, 100, base + 10, f"x = {list(sequence)}", LARGE - 2, ha="left")
        else:
            text = f"x = {list(sequence)}  ends at $h_{STEPS}$ = {found[-1]:.2f}"
            write(axes, 100, base + 10, text, LARGE - 2, ha="left")

    ends = [states(sequence)[-1] for sequence in SEQUENCES]
    for name, x, end in zip(NAMES, (740, 840), ends, strict=True):
        write(axes, x, 105, name, 20, weight="bold")
        if over:
            height = 250 * end
            axes.add_patch(Rectangle((x - 30, 130), 60, height, facecolor=STATE))
            write(axes, x, 130 + height + 15, f"{end:.2f}", LARGE, weight="bold")
        else:
            write(axes, x, 150, "?", LARGE)
    axes.plot([700, 880], [130, 130], color=BLACK, linewidth=1.4)
    answer = "different state." if over else "same state?"
    write(axes, 790, 52, f"Same sum,\ndifferent order:\n{answer}", NORMAL)
    return figure


def draw(folder: Path) -> list[Path]:
    """Draw the animation: the start, three frames a step, and the comparison."""
    moments = [(0, 2)] + [(t, phase) for t in range(1, STEPS + 1) for phase in range(3)]
    frames = [snapshot(picture(*moment)) for moment in [*moments, (STEPS + 1, 2)]]
    times = [1500] + [500, 500, 700] * STEPS + [3000]
    return [save_gif(frames, times, folder / "nb01_hidden_state.gif")]


if __name__ == "__main__":
    print(*draw(Path(__file__).parent), sep="\n")
