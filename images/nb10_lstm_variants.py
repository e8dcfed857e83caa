"""The LSTM of lstm_cell.svg with numbers at the places where the variants of notebook 10 differ."""

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from images.nb04_lstm_cell import BELT, BUS, COLUMNS, GATES, TAP, picture
from images.style import ACTIVE, BLUE, NORMAL, SMALL, arrow, save_svg, write

TOP = GATES + 24
SPLIT = 370
LEGEND_HEIGHT = 96
LEGEND = (
    "no forget gate",
    "no input gate",
    "no output gate",
    "no output squash",
    "coupled gates",
    "peepholes",
    "layer norm",
    "full gate recurrence",
)


def badge(axes: Axes, x: float, y: float, number: int, cut: bool = False) -> None:
    """Draw a numbered disc: filled where something is cut, a ring where something is added."""
    edge, face, ink = (ACTIVE, ACTIVE, "white") if cut else (BLUE, "white", BLUE)
    axes.add_patch(Circle((x, y), 13, facecolor=face, edgecolor=edge, linewidth=2.2, zorder=6))
    write(axes, x, y, str(number), NORMAL, color=ink, weight="bold", zorder=7)


def add(axes: Axes, *points: tuple[float, float]) -> None:
    arrow(axes, *points, colour=BLUE, width=2, dashed=True)


def draw_variants() -> Figure:
    figure = picture()
    (axes,) = figure.axes
    bottom, top = axes.get_ylim()
    width, height = figure.get_size_inches()
    axes.set_ylim(bottom - LEGEND_HEIGHT, top)
    figure.set_size_inches(width, height * (top - bottom + LEGEND_HEIGHT) / (top - bottom))
    for number, name in enumerate("fio", 1):
        badge(axes, COLUMNS[name] + 42, GATES - 24, number, cut=True)
    badge(axes, TAP + 36, 352, 4, cut=True)
    # The input gate sets the forget gate.
    add(axes, (COLUMNS["i"] - 42, GATES), (COLUMNS["f"] + 42, GATES))
    badge(axes, (COLUMNS["f"] + COLUMNS["i"]) / 2, GATES, 5)
    # Peepholes: the old memory to f and i, the new one to o.
    add(axes, (165, BELT), (165, SPLIT), (187, SPLIT), (187, TOP))
    add(axes, (187, SPLIT), (337, SPLIT), (337, TOP))
    add(axes, (680, BELT), (680, TOP))
    badge(axes, 270, SPLIT, 6)
    badge(axes, 680, SPLIT, 6)
    # Layer norm: of the products on their way to the gates, and of the memory where it is read.
    badge(axes, 300, BUS, 7)
    badge(axes, TAP - 20, BELT - 22, 7)
    # Full gate recurrence.
    add(axes, (450, 62), (450, BUS))
    badge(axes, 450, 84, 8)
    write(axes, 450, 48, "$f_{t-1}$, $i_{t-1}$, $o_{t-1}$, to the gates only", NORMAL)
    write(axes, 700, 84, "filled: taken away        ring: added", SMALL)
    for n, text in enumerate(LEGEND, 1):
        x, y = 130 + 210 * ((n - 1) % 4), bottom - 32 - 34 * ((n - 1) // 4)
        badge(axes, x, y, n, cut=n <= 4)
        write(axes, x + 20, y, text, SMALL, ha="left")
    return figure


def draw(folder: Path) -> list[Path]:
    """Draw the cell with its numbered places."""
    return [save_svg(draw_variants(), folder / "nb10_lstm_variants.svg")]


if __name__ == "__main__":
    print(*draw(Path(__file__).parent), sep="\n")
