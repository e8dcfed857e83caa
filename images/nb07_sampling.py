"""How an RNN writes: state, probabilities, a random number, a symbol, and the next state.

The numbers are those with which the writer of notebook 07 drew one Finnish name; they were stored
by experiments/nb07_writing.py. The name is the first of the seed, not a chosen one.
"""

import json
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
    OUTPUT,
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

STORED = Path(__file__).parent.parent / "experiments" / "results" / "nb07_writing_steps.json"
LINE = 560  # the length of the line from 0 to 1
LEFT = 300


def name_of(symbol: str) -> str:
    return {"": "end", " ": "space"}.get(symbol, symbol)


def strip(axes: Axes, state: list[float], active: bool) -> None:
    """Draw the first units of the state as bars up (positive) and down (negative)."""
    for place, value in enumerate(state):
        x = 36 + 15 * place
        axes.add_patch(Rectangle((x, 265), 11, 55 * value, facecolor=STATE))
    axes.plot([30, 220], [265, 265], color=BLACK, linewidth=1)
    edge = ACTIVE if active else GREY
    frame = Rectangle((24, 202), 202, 126, fill=False, edgecolor=edge)
    frame.set_linewidth(3.5 if active else 1.4)
    axes.add_patch(frame)


def picture(steps: list[dict], number: int, phase: int) -> Figure:
    """Draw one step. Phase 0 shows the state, 1 the probabilities, 2 the draw and the symbol."""
    step = steps[number]
    figure, axes = canvas(900, 460)
    text = "".join(one["chosen"] for one in steps[:number])
    write(axes, 24, 434, "told: Finnish", LARGE - 2, ha="left")
    write(axes, 876, 434, f"step {number + 1} of {len(steps)}", LARGE - 2, ha="right")

    write(axes, 125, 356, "state: 12 of 256 numbers", NORMAL)
    strip(axes, step["state"], phase == 0)
    source = "from the language" if number == 0 else "from the step before"
    write(axes, 125, 184, source, NORMAL)
    read = "start" if number == 0 else name_of(steps[number - 1]["chosen"])
    write(axes, 125, 148, "symbol read", NORMAL)
    box(axes, (125, 115), (90, 36), read, INPUT, active=phase == 0)

    if phase > 0:
        arrow(axes, (232, 265), (278, 265))
        write(axes, LEFT, 396, "likeliest next symbols", NORMAL, ha="left")
        for place, (symbol, share) in enumerate(
            zip(step["likeliest"], step["probabilities"], strict=True)
        ):
            y = 368 - 25 * place
            picked = phase == 2 and symbol == step["chosen"]
            colour = ACTIVE if picked else mix(OUTPUT, BLACK, 0.75)
            write(axes, LEFT + 62, y, name_of(symbol), NORMAL, ha="right")
            axes.add_patch(Rectangle((LEFT + 72, y - 9), 400 * share, 18, facecolor=pale(OUTPUT)))
            bar = Rectangle((LEFT + 72, y - 9), 400 * share, 18, fill=False, edgecolor=colour)
            bar.set_linewidth(3 if picked else 1.2)
            axes.add_patch(bar)
            write(axes, LEFT + 80 + 400 * share, y, f"{share:.2f}", NORMAL, ha="left")
    if phase == 2:
        start, width = LEFT + LINE * step["before"], LINE * step["chance"]
        axes.plot([LEFT, LEFT + LINE], [165, 165], color=BLACK, linewidth=1.4)
        axes.add_patch(Rectangle((start, 155), max(width, 3), 20, facecolor=ACTIVE, zorder=3))
        for end in (0, 1):
            write(axes, LEFT + LINE * end, 143, str(end), NORMAL)
        u = LEFT + LINE * step["draw"]
        arrow(axes, (u, 200), (u, 177))
        write(axes, min(u, 800), 209, f"u = {step['draw']:.3f}", NORMAL)
        chosen = f"{name_of(step['chosen'])}  ({step['chance']:.2f})"
        write(axes, LEFT + LINE / 2, 118, f"drawn: {chosen}", LARGE, color=mix(ACTIVE, BLACK, 0.8))
        text += step["chosen"]

    axes.plot([24, 876], [84, 84], color=GREY, linewidth=1, linestyle=":")
    write(axes, 24, 46, "written:", LARGE - 2, ha="left")
    over = phase == 2 and step["chosen"] == ""
    write(axes, 130, 46, text + ("" if over else "_"), 24, ha="left", family="DejaVu Sans Mono")
    return figure


def draw(folder: Path) -> list[Path]:
    """Draw the animation, three frames a step."""
    steps = json.loads(STORED.read_text(encoding="utf-8"))["steps"]
    moments = [(number, phase) for number in range(len(steps)) for phase in range(3)]
    frames = [snapshot(picture(steps, *moment)) for moment in moments]
    times = [500, 600, 1100] * len(steps)
    times[-1] = 3500
    return [save_gif(frames, times, folder / "nb07_sampling.gif")]


if __name__ == "__main__":
    print(*draw(Path(__file__).parent), sep="\n")
