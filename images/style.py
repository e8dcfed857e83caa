"""The look the pictures share: palette, fonts, boxes, arrows, and saving as SVG or GIF.

A picture is redrawn byte for byte on every run, so that a test can compare it with the stored
file. This is why the SVG identifiers are salted, dates are left out, and every GIF uses one
fixed colour table.
"""

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch
from matplotlib.path import Path as Curve
from PIL import Image

# Okabe and Ito's palette: its colours stay apart for colour-blind readers.
BLACK = "#000000"
ORANGE = "#E69F00"
SKY = "#56B4E9"
GREEN = "#009E73"
YELLOW = "#F0E442"
BLUE = "#0072B2"
VERMILION = "#D55E00"
PURPLE = "#CC79A7"
GREY = "#666666"

# One colour for one role, in all pictures.
INPUT = ORANGE
CELL = SKY
STATE = PURPLE
OUTPUT = GREEN
ACTIVE = VERMILION

# A gate has its colour wherever it is drawn; course/look.mplstyle has the same for notebooks.
FORGET_GATE = UPDATE_GATE = VERMILION
INPUT_GATE = GREEN
OUTPUT_GATE = RESET_GATE = BLUE
CANDIDATE = ORANGE
CELL_STATE = SKY
HIDDEN_STATE = PURPLE

DPI = 100
SMALL = 11
NORMAL = 12.5
LARGE = 16
PALE = 0.3

# A reader's own matplotlibrc must not change the pictures, hence the reset.
mpl.rcdefaults()
mpl.rcParams.update(
    {
        "svg.fonttype": "path",
        "svg.hashsalt": "rnn-tutorial",
        "font.family": "DejaVu Sans",
        "mathtext.fontset": "dejavusans",
        "font.size": NORMAL,
        "figure.dpi": DPI,
        "axes.spines.top": False,
        "axes.spines.right": False,
    }
)


def mix(colour: str, other: str, share: float) -> str:
    """Return `share` of `colour`, the rest being `other`."""
    return to_hex(share * np.array(to_rgb(colour)) + (1 - share) * np.array(to_rgb(other)))


def pale(colour: str) -> str:
    """Return the light fill of a box in this colour; black text is readable on it."""
    return mix(colour, "#FFFFFF", PALE)


def canvas(width: int, height: int) -> tuple[Figure, Axes]:
    """Return a blank figure whose coordinates are its pixels, y upwards."""
    figure = Figure(figsize=(width / DPI, height / DPI))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, width), ylim=(0, height))
    axes.axis("off")
    return figure, axes


def box(
    axes: Axes,
    centre: tuple[float, float],
    size: tuple[float, float],
    text: str = "",
    colour: str = GREY,
    *,
    fontsize: float = NORMAL,
    active: bool = False,
    dashed: bool = False,
    hatch: str | None = None,
) -> None:
    """Draw a box with centred text; an active one has a thick edge in the active colour."""
    (x, y), (width, height) = centre, size
    patch = FancyBboxPatch(
        (x - width / 2, y - height / 2),
        width,
        height,
        boxstyle="round,pad=0,rounding_size=6",
        facecolor="white" if dashed else pale(colour),
        edgecolor=ACTIVE if active else mix(colour, BLACK, 0.75),
        linewidth=3.5 if active else 1.4,
        linestyle="--" if dashed else "-",
        hatch=hatch,
        zorder=2,
    )
    axes.add_patch(patch)
    label = axes.text(x, y, text, ha="center", va="center", fontsize=fontsize, zorder=4)
    if hatch:
        label.set_bbox({"facecolor": "white", "edgecolor": "none", "pad": 1.5})


def arrow(
    axes: Axes,
    *points: tuple[float, float],
    colour: str = BLACK,
    width: float = 1.6,
    dashed: bool = False,
    curved: bool = False,
) -> None:
    """Draw an arrow through the points; a curved one takes four, as a cubic Bézier curve."""
    codes = [Curve.MOVETO] + [Curve.CURVE4 if curved else Curve.LINETO] * (len(points) - 1)
    axes.add_patch(
        FancyArrowPatch(
            path=Curve(points, codes),
            arrowstyle="-|>,head_length=0.5,head_width=0.25",
            mutation_scale=14,
            color=colour,
            linewidth=width,
            linestyle="--" if dashed else "-",
            capstyle="butt",
            joinstyle="miter",
            zorder=3,
        )
    )


def node(axes: Axes, x: float, y: float, sign: str, *, active: bool = False) -> None:
    """Draw a circle in which two vectors are multiplied or added."""
    edge, width = (ACTIVE, 3.5) if active else (BLACK, 1.4)
    axes.add_patch(Circle((x, y), 17, facecolor="white", edgecolor=edge, linewidth=width, zorder=4))
    write(axes, x, y, sign, LARGE, zorder=5)


def dot(axes: Axes, x: float, y: float) -> None:
    """Draw the dot at which a line branches off another."""
    axes.add_patch(Circle((x, y), 4.5, color=BLACK, zorder=4))


def write(axes: Axes, x: float, y: float, text: str, size: float = SMALL, **look) -> None:
    """Write text centred on a point."""
    axes.text(x, y, text, fontsize=size, **{"ha": "center", "va": "center"} | look)


def _colour_table() -> np.ndarray:
    """Return the colours of every GIF: ramps that cover anti-aliased edges too."""
    colours = [to_hex((grey, grey, grey)) for grey in np.linspace(0, 1, 32)]
    for colour in (ORANGE, SKY, GREEN, YELLOW, BLUE, VERMILION, PURPLE):
        colours += [mix(colour, "#FFFFFF", share) for share in np.linspace(0.1, 1, 18)]
        colours += [mix(colour, BLACK, share) for share in np.linspace(0.25, 0.9, 6)]
        colours += [mix(pale(colour), BLACK, share) for share in np.linspace(0.2, 1, 6)]
    return np.array([[int(colour[i : i + 2], 16) for i in (1, 3, 5)] for colour in colours])


_TABLE = _colour_table()


def snapshot(figure: Figure) -> Image.Image:
    """Return the figure as a frame, each pixel the nearest colour of the table."""
    drawing = FigureCanvasAgg(figure)
    drawing.draw()
    pixels = np.asarray(drawing.buffer_rgba())[..., :3].astype(np.int64)
    codes, where = np.unique(pixels @ np.array([65536, 256, 1]), return_inverse=True)
    found = np.stack([codes >> 16, codes >> 8 & 255, codes & 255], axis=1)
    nearest = ((found[:, None] - _TABLE) ** 2).sum(axis=2).argmin(axis=1)
    frame = Image.fromarray(nearest.astype(np.uint8)[where].reshape(pixels.shape[:2]))
    frame.putpalette(_TABLE.astype(np.uint8).tobytes())
    return frame


def save_svg(figure: Figure, path: Path) -> Path:
    """Write the figure as SVG and return its path."""
    figure.savefig(path, format="svg", metadata={"Date": None, "Creator": None})
    return path


def save_gif(frames: Sequence[Image.Image], milliseconds: Sequence[int], path: Path) -> Path:
    """Write the frames, each shown for its time, as an endless GIF and return its path."""
    first, *rest = frames
    times = list(milliseconds)
    first.save(path, save_all=True, append_images=rest, duration=times, loop=0)
    return path
