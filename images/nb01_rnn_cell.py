"""Inside one step of a simple RNN: the input and the state before give the new state.

The new state leaves twice: upwards as the output, to the right for the next step.
"""

from pathlib import Path

from matplotlib.patches import Circle

from images.style import BLACK, CELL, GREY, INPUT, LARGE, STATE, arrow, box, canvas, save_svg, write


def draw(folder: Path) -> list[Path]:
    """Draw the cell and the equation beneath it."""
    figure, axes = canvas(900, 450)
    box(axes, (455, 256), (470, 242), colour=CELL)
    write(axes, 675, 153, "RNN cell", ha="right", weight="bold")

    box(axes, (110, 256), (84, 44), "$h_{t-1}$", STATE, fontsize=LARGE)
    write(axes, 110, 216, "state of the\nstep before", va="top")
    box(axes, (440, 88), (84, 44), "$x_t$", INPUT, fontsize=LARGE)
    write(axes, 494, 88, "input of this step", ha="left")
    box(axes, (790, 256), (84, 44), "$h_t$", STATE, fontsize=LARGE)
    write(axes, 790, 216, "state for the\nnext step", va="top")
    box(axes, (640, 420), (84, 44), "$h_t$", STATE, fontsize=LARGE)
    write(axes, 694, 420, "output of this step", ha="left")

    # The parameters are grey: they are the same at every step, unlike what flows through.
    box(axes, (300, 256), (64, 40), r"$\times\, U$", fontsize=LARGE)
    write(axes, 300, 226, "recurrent\nkernel", va="top")
    box(axes, (440, 180), (64, 40), r"$\times\, W$", fontsize=LARGE)
    write(axes, 482, 180, "kernel", ha="left")
    box(axes, (440, 345), (48, 36), "$b$", fontsize=LARGE)
    write(axes, 474, 345, "bias", ha="left")
    circle = Circle((440, 256), 19, facecolor="white", edgecolor=BLACK, linewidth=1.4, zorder=3)
    axes.add_patch(circle)
    write(axes, 440, 256, "+", LARGE, zorder=4)
    box(axes, (560, 256), (74, 40), r"$\tanh$", GREY, fontsize=LARGE)

    arrow(axes, (152, 256), (268, 256))
    arrow(axes, (332, 256), (421, 256))
    write(axes, 374, 274, "$h_{t-1}U$", 13)
    arrow(axes, (440, 110), (440, 160))
    arrow(axes, (440, 200), (440, 237))
    write(axes, 450, 217, "$x_t W$", 13, ha="left")
    arrow(axes, (440, 327), (440, 275))
    arrow(axes, (459, 256), (523, 256))
    # One line that splits: the same vector goes both ways.
    arrow(axes, (597, 256), (748, 256))
    arrow(axes, (640, 256), (640, 398))
    axes.add_patch(Circle((640, 256), 4.5, color=BLACK, zorder=4))

    write(axes, 450, 30, r"$h_t = \tanh(x_t W + h_{t-1} U + b)$", 19)
    return [save_svg(figure, folder / "nb01_rnn_cell.svg")]


if __name__ == "__main__":
    print(*draw(Path(__file__).parent), sep="\n")
