"""Two workers of notebook 16 through time: one is killed, both start again from a checkpoint."""

from pathlib import Path

from matplotlib.axes import Axes

from images.style import (
    ACTIVE,
    BLACK,
    CELL_STATE,
    GREY,
    INPUT,
    OUTPUT,
    SMALL,
    arrow,
    box,
    canvas,
    save_svg,
    write,
)

WIDTH, HEIGHT = 980, 336
EPOCHS, KILLED_IN = 8, 4
LANES = {"worker 0": 252, "worker 1": 152}
FILES = 52
LEFT, STEP, WIDE, GAP = 146, 84, 68, 122


def middle(epoch: int, again: bool = False) -> float:
    """Return where an epoch lies; those that are run after the new start lie further right."""
    return LEFT + STEP * (epoch - 1) + GAP * again


def file(axes: Axes, epoch: int, again: bool = False) -> None:
    """Draw the checkpoint after an epoch of worker 0."""
    x, y = middle(epoch, again) + STEP / 2, LANES["worker 0"]
    arrow(axes, (x - (STEP - WIDE) / 2, y), (x, y), (x, FILES + 15), width=1.2)
    newest = epoch == KILLED_IN - 1
    box(axes, (x, FILES), (62, 30), f"{epoch}.keras", CELL_STATE, fontsize=SMALL, active=newest)


def exchange(axes: Axes, x: float) -> None:
    """Draw the arrows by which gradients go both ways."""
    above, below = LANES["worker 0"] - 22, LANES["worker 1"] + 22
    arrow(axes, (x - 8, above), (x - 8, below), width=1.2)
    arrow(axes, (x + 6, below), (x + 6, above), width=1.2)


def draw(folder: Path) -> list[Path]:
    """Draw the lanes, the epochs, the files and what happens in the fourth epoch."""
    figure, axes = canvas(WIDTH, HEIGHT)
    for name, y in LANES.items():
        write(axes, 14, y, name, 13, ha="left", weight="bold")
    write(axes, 14, FILES, "files", 13, ha="left", weight="bold")
    write(axes, middle(1) - 44, 202, "gradients", SMALL, ha="right")

    for epoch in range(1, KILLED_IN):
        for colour, y in zip((INPUT, OUTPUT), LANES.values(), strict=True):
            box(axes, (middle(epoch), y), (WIDE, 44), f"epoch {epoch}", colour, fontsize=SMALL)
        exchange(axes, middle(epoch) - 6)
        file(axes, epoch)

    x = middle(KILLED_IN) - 10
    for y in LANES.values():
        box(axes, (x, y), (48, 44), f"{KILLED_IN} …", GREY, fontsize=SMALL, dashed=True)
    axes.plot(x + 24, LANES["worker 1"], "X", markersize=15, color=ACTIVE, zorder=6)
    write(axes, x + 4, LANES["worker 1"] - 36, "killed", SMALL)
    write(axes, x + 4, LANES["worker 0"] + 36, "stops", SMALL)

    turn = middle(KILLED_IN) + 56
    axes.plot([turn, turn], [24, HEIGHT - 20], "--", color=BLACK, linewidth=1.2)
    write(axes, turn + 8, HEIGHT - 24, "both start again", SMALL, ha="left")
    newest = middle(KILLED_IN - 1) + STEP / 2
    start = middle(KILLED_IN, True) - WIDE / 2
    bend = start - 26
    for y in LANES.values():
        arrow(axes, (newest, FILES - 15), (newest, 18), (bend, 18), (bend, y), (start, y))
    for epoch in range(KILLED_IN, EPOCHS + 1):
        for colour, y in zip((INPUT, OUTPUT), LANES.values(), strict=True):
            place = middle(epoch, True), y
            box(axes, place, (WIDE, 44), f"epoch {epoch}", colour, fontsize=SMALL)
        exchange(axes, middle(epoch, True) - 6)
        file(axes, epoch, True)
    return [save_svg(figure, folder / "nb16_killed_worker.svg")]


if __name__ == "__main__":
    print(*draw(Path(__file__).parent), sep="\n")
