"""The cells of `custom_cells` as a family tree: what each one changes, and which idea it brings."""

from pathlib import Path

from course.zoo import IDEAS, idea, year
from images.style import (
    BLUE,
    GREEN,
    GREY,
    NORMAL,
    ORANGE,
    PURPLE,
    SMALL,
    VERMILION,
    box,
    canvas,
    mix,
    save_svg,
)

COLOURS = {
    "plain": GREY,
    "gate": VERMILION,
    "constrain": GREEN,
    "normalise": PURPLE,
    "discretise": ORANGE,
    "linearise": BLUE,
}
# Below each cell what changes it, in columns; by what their papers say or plainly build on.
TREE = [
    {
        "LSTM1997": {
            "LSTM": {
                "PeepholeLSTM": {},
                "CIFG": {},
                "LayerNormLSTM": {},
                "MultiplicativeLSTM": {},
                "NAS": {},
                "RAN": {},
                "JANET": {},
                "MinLSTM": {},
                "SLSTM": {},
                "MLSTM": {},
            },
        },
        "RHN": {},
        "CFN": {},
        "SRU": {},
    },
    {
        "GRU": {
            "LayerNormGRU": {},
            "MGU": {"MinimalRNN": {}},
            "UGRNN": {},
            "LiGRU": {},
            "ATR": {},
            "STAR": {},
            "BR": {"NBR": {}},
            "MinGRU": {},
        },
        "LayerNormRNN": {},
        "ClockworkRNN": {},
        "SCRN": {},
        "IndRNN": {},
        "FastRNN": {"FastGRNN": {}},
    },
    {
        "AntisymmetricRNN": {"GatedAntisymmetricRNN": {}},
        "LTC": {"CfC": {}},
        "CoRNN": {"UnICORNN": {}, "LEM": {}},
        "LMU": {"S6": {}},
        "LRU": {"RGLRU": {}},
        "DeltaNet": {"GatedDeltaNet": {"RWKV7": {}}, "DeltaProduct": {}},
    },
]
WIDTH, LINE, INDENT, COLUMN, TOP = 960, 30, 20, 306, 136


def place(tree: dict, depth: int = 1) -> list[tuple[str, int]]:
    """Return the names below one another: each with its depth, children after their parents."""
    found = []
    for name, below in tree.items():
        found.append((name, depth))
        found += place(below, depth + 1)
    return found


def draw(folder: Path) -> list[Path]:
    columns = [place(tree) for tree in TREE]
    height = TOP + LINE * max(map(len, columns)) + 20
    figure, axes = canvas(WIDTH, height)
    for number, (name, what) in enumerate(IDEAS.items()):
        row, column = divmod(number, 2)
        x, y = 24 + 440 * column, height - 22 - 24 * row
        box(axes, (x, y), (22, 16), "", COLOURS[name])
        axes.text(x + 20, y, f"{name}: {what}", fontsize=NORMAL, va="center")
    y = height - TOP + LINE
    box(axes, (WIDTH / 2, y), (210, 24), "SimpleRNN  1990", COLOURS["plain"])
    grey = mix(GREY, "#000000", 0.8)
    for column, rows in enumerate(columns):
        left, above = 24 + COLUMN * column, {0: y}
        axes.plot([WIDTH / 2, left], [y, y], color=grey, lw=1.4, zorder=1)
        for row, (name, depth) in enumerate(rows, start=1):
            at, x = y - LINE * row, left + INDENT * (depth - 1)
            axes.plot([x, x, x + INDENT], [above[depth - 1], at, at], color=grey, lw=1.4, zorder=1)
            when = str(year(f"{name}Cell"))
            text = f"{name.removesuffix(when)}  {when}"
            width = 16 + 8.3 * len(text)
            colour = COLOURS[idea(f"{name}Cell")]
            box(axes, (x + INDENT + width / 2, at), (width, 24), text, colour, fontsize=SMALL)
            above[depth] = at
    axes.text(24, 40, "A line leads from a cell\nto what changes it.", fontsize=NORMAL, va="center")
    return [save_svg(figure, folder / "nb11_family.svg")]


if __name__ == "__main__":
    print(*draw(Path(__file__).parent), sep="\n")
