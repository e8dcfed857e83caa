"""The badge that opens a notebook in Colab: a sign for play, and what it does."""

from pathlib import Path

from matplotlib.patches import Circle, Polygon

from images.style import BLUE, box, canvas, save_svg, write

WIDTH, HEIGHT = 172, 34


def draw(folder: Path) -> list[Path]:
    """Draw the badge as large as it stands on a page."""
    figure, axes = canvas(WIDTH, HEIGHT)
    box(axes, (WIDTH / 2, HEIGHT / 2), (WIDTH - 4, HEIGHT - 4), colour=BLUE)
    axes.add_patch(Circle((21, HEIGHT / 2), 10, color=BLUE, zorder=3))
    axes.add_patch(Polygon([(18, 11.5), (18, 22.5), (27, 17)], color="white", zorder=4))
    write(axes, 101, HEIGHT / 2, "Open in Colab", weight="bold", zorder=3)
    return [save_svg(figure, folder / "colab_badge.svg")]


if __name__ == "__main__":
    print(*draw(Path(__file__).parent), sep="\n")
