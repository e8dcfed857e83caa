"""How an RNN writes: state, probabilities, a random number, a character, and the next state.

The numbers are those with which the network of notebook 07 went on after "def ", as stored by
experiments/nb07_source.py. The text is the first of the seed, not a chosen one.
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

STORED = Path(__file__).parent.parent / "experiments" / "results" / "nb07_source_steps.json"
PROMPT = "def "
LINE = 560  # the length of the line from 0 to 1
LEFT = 300


def name_of(symbol: str) -> str:
    return {"\n": "new line", " ": "space"}.get(symbol, symbol)


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


def share(axes: Axes, corner: tuple[float, float], width: float, height: float, picked: bool):
    """Draw the share of a character; the one that is drawn has a thick edge."""
    edge = ACTIVE if picked else mix(OUTPUT, BLACK, 0.75)
    for look in ({"facecolor": pale(OUTPUT)}, {"fill": False, "edgecolor": edge}):
        patch = Rectangle(corner, width, height, zorder=3 if picked else 2, **look)
        patch.set_linewidth(3 if picked else 1.2)
        axes.add_patch(patch)


def bars(axes: Axes, step: dict, chosen: str | None) -> None:
    """Draw the likeliest characters as bars and, in the same order, along the line from 0 to 1."""
    arrow(axes, (232, 265), (278, 265))
    write(axes, LEFT, 396, "likeliest next characters", NORMAL, ha="left")
    passed = 0.0
    for place, (symbol, p) in enumerate(zip(step["likeliest"], step["probabilities"], strict=True)):
        y, picked = 368 - 25 * place, symbol == chosen
        colour = ACTIVE if picked else mix(OUTPUT, BLACK, 0.75)
        write(axes, LEFT + 82, y, name_of(symbol), NORMAL, ha="right")
        share(axes, (LEFT + 92, y - 9), 380 * p, 18, picked)
        write(axes, LEFT + 100 + 380 * p, y, f"{p:.2f}", NORMAL, ha="left", color=colour)
        share(axes, (LEFT + LINE * passed, 152), LINE * p, 26, picked)
        label = name_of(symbol)
        if LINE * p > 12 * len(label):
            write(axes, LEFT + LINE * (passed + p / 2), 165, label, NORMAL, zorder=5)
        passed += p
    if 1 - passed > 0.08:
        write(axes, LEFT + LINE * (1 + passed) / 2, 165, "others", NORMAL)
    axes.plot([LEFT, LEFT + LINE], [152, 152], color=BLACK, linewidth=1.4, zorder=4)
    for end in (0, 1):
        write(axes, LEFT + LINE * end, 138, str(end), NORMAL)


def picture(steps: list[dict], number: int, phase: int) -> Figure:
    """Draw one step. Phase 0 shows the state, 1 the probabilities, 2 the draw and the character."""
    step = steps[number]
    figure, axes = canvas(900, 460)
    text = PROMPT + "".join(one["chosen"] for one in steps[:number])
    write(axes, 876, 434, f"character {number + 1} of {len(steps)}", LARGE - 2, ha="right")

    write(axes, 125, 356, "state: 12 of 128 numbers", NORMAL)
    strip(axes, step["state"], phase == 0)
    write(axes, 125, 148, "character read", NORMAL)
    box(axes, (125, 115), (90, 36), name_of(text[-1]), INPUT, active=phase == 0)

    if phase > 0:
        bars(axes, step, step["chosen"] if phase == 2 else None)
    if phase == 2:
        u = LEFT + LINE * step["draw"]
        arrow(axes, (u, 205), (u, 179), colour=ACTIVE)
        write(axes, min(u, 810), 214, f"u = {step['draw']:.3f}", NORMAL)
        chosen = f"{name_of(step['chosen'])}  ({step['chance']:.2f})"
        write(axes, LEFT + LINE / 2, 112, f"drawn: {chosen}", LARGE, color=mix(ACTIVE, BLACK, 0.8))
        text += step["chosen"]

    axes.plot([24, 876], [84, 84], color=GREY, linewidth=1, linestyle=":")
    write(axes, 24, 46, "written:", LARGE - 2, ha="left")
    shown = text.replace("\n", "↵") + "_"
    write(axes, 130, 46, shown, 24, ha="left", family="DejaVu Sans Mono")
    return figure


def draw(folder: Path) -> list[Path]:
    """Draw the animation, three frames per character."""
    steps = json.loads(STORED.read_text(encoding="utf-8"))
    moments = [(number, phase) for number in range(len(steps)) for phase in range(3)]
    frames = [snapshot(picture(steps, *moment)) for moment in moments]
    times = [500, 600, 1100] * len(steps)
    times[-1] = 3500
    return [save_gif(frames, times, folder / "nb07_sampling.gif")]


if __name__ == "__main__":
    print(*draw(Path(__file__).parent), sep="\n")
