"""What one will build: a forecast, a cell of one's own, names that it wrote, a date that it read.

Nothing is trained here. The numbers are those of notebooks 06, 08, 07 and 15, as stored by
their experiments; the weights of attention are computed from the stored weights of the network.
"""

import csv
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import NullLocator

from course import leaderboard
from images.style import (
    ACTIVE,
    BLACK,
    BLUE,
    DPI,
    GREEN,
    GREY,
    NORMAL,
    OUTPUT,
    SMALL,
    mix,
    pale,
    save_svg,
    write,
)

ROOT = Path(__file__).resolve().parent.parent
RESULTS, DATA = ROOT / "experiments" / "results", ROOT / "data"
WIDTH, HEIGHT = 960, 450
COUNTS = "naive Bayes, all n-grams"
LETTERS = "-0123456789"  # what the reader of dates writes
TEXT = "13 février 1961"  # of the test split; its year was not trained on


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def panel(figure: Figure, corner: tuple[float, float], size: tuple[float, float]) -> Axes:
    """Return axes of this place and size, in pixels from the lower left."""
    (x, y), (width, height) = corner, size
    return figure.add_axes((x / WIDTH, y / HEIGHT, width / WIDTH, height / HEIGHT))


def head(axes: Axes, y: float, notebook: str, title: str, more: str) -> None:
    """Write a title with the number of its notebook, and a line below, in the whole picture."""
    frame, x = axes.figure.axes[0], axes.get_position().x0 * WIDTH
    write(frame, x, y, notebook, NORMAL, color=GREY, weight="bold", ha="left")
    write(frame, x + 31, y, title, NORMAL, weight="bold", ha="left")
    write(frame, x, y - 20, more, SMALL, ha="left")


# Forecast


def draw_sunspots(axes: Axes) -> str:
    """Draw the forecasts of each year from the years before, the mean of five seeds.

    Return what share of the truths the band holds.
    """
    rows = read(DATA / "sunspots.csv")
    with np.load(RESULTS / "nb06_forecasting_errors.npz") as file:
        low, middle, high = file["sunspots, quantiles, roots, GRU"].mean(axis=0).T
    rows = rows[-len(low) :]
    years, truth = (np.array([float(row[name]) for row in rows]) for name in rows[0])
    axes.fill_between(years, low, high, color=pale(OUTPUT), linewidth=0)
    axes.plot(years, truth, "o", color=BLACK, markersize=3.2, label="truth", zorder=3)
    axes.plot(years, middle, color=OUTPUT, linewidth=1.8, label="forecast")
    axes.set(xlim=(1949, 2009), ylim=(0, 240), yticks=(0, 100, 200))
    axes.legend(
        fontsize=SMALL, frameon=False, loc="upper right", ncols=2, borderaxespad=0, handlelength=1.4
    )
    inside = np.mean((low <= truth) & (truth <= high))
    return f"a year ahead; the 80 % band holds {100 * inside:.0f} %"


# A cell of one's own


def learnt(name: str, column: str, model: str) -> np.ndarray:
    """Return epochs, mean and spread in percent: budgets at the rate that got five seeds."""
    scores = defaultdict(list)
    for row in read(RESULTS / f"{name}.csv"):
        if row[column] == model:
            scores[int(row["epochs"]), row["rate"]].append(100 * float(row["test"]))
    five = {epochs: some for (epochs, _), some in scores.items() if len(some) == 5}
    return np.array([(n, np.mean(five[n]), np.std(five[n], ddof=1)) for n in sorted(five)]).T


def draw_cell(axes: Axes) -> str:
    """Draw how many new names each layer of 128 units tells right, by epochs of training."""
    lines = {
        "LSTM": (learnt("nb02_characters", "kind", "read"), BLUE, "s", 1),
        "your own cell": (learnt("nb08_first_cell", "cell", "LeakyCell"), ACTIVE, "o", -5),
        "plain RNN": (learnt("nb08_first_cell", "cell", "ElmanCell"), BLACK, "^", 0),
    }
    for label, ((epochs, mean, spread), colour, marker, rise) in lines.items():
        axes.errorbar(
            epochs,
            mean,
            spread,
            color=colour,
            marker=marker,
            markersize=6,
            capsize=3,
            linewidth=1.8,
        )
        end = (epochs[-1], mean[-1])
        axes.annotate(label, end, (9, rise), textcoords="offset points", va="center", color=colour)
    (bar,) = (100 * float(row["accuracy"]) for row in leaderboard.rows() if row["model"] == COUNTS)
    axes.axhline(bar, color=GREEN, linestyle=":", linewidth=1.8)
    write(
        axes, 3.6, bar + 1.2, "counting (naive Bayes)", SMALL, ha="left", va="bottom", color=GREEN
    )
    axes.set(xscale="log", xlim=(3.5, 105), ylim=(54, 94), yticks=(60, 70, 80, 90))
    axes.set_xticks([4, 8, 16, 32], ["4", "8", "16", "32"])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlabel("epochs", labelpad=1)
    return "new names told right in ten languages, %"


# Names


def draw_names(axes: Axes) -> str:
    """Write the first name in each language that is not in the data."""
    known = {row["phrase"] for row in read(DATA / "phrases.csv")}
    first = {}
    for row in read(RESULTS / "nb07_writing_names.csv"):
        if row["temperature"] == "0.5" and row["name"] not in known:
            first.setdefault(row["language"], row["name"])
    for line, (language, name) in enumerate(first.items()):
        y = len(first) - line - 0.5
        write(axes, 0.07, y, language, SMALL, weight="bold", color=GREY, ha="center")
        write(axes, 0.17, y, name, NORMAL, ha="left")
    axes.set(xlim=(0, 1), ylim=(0, len(first)))
    axes.axis("off")
    return "in a language of choice"


# Dates


def softmax(scores: np.ndarray) -> np.ndarray:
    return np.exp(scores) / np.exp(scores).sum()


def step(x: np.ndarray, h: np.ndarray, W: np.ndarray, U: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Take a step of Keras's GRU."""
    (xz, xr, xh), (hz, hr, hh) = (np.split(some, 3) for some in (x @ W + b[0], h @ U + b[1]))
    z, r = (1 / (1 + np.exp(-some)) for some in (xz + hz, xr + hr))
    return z * h + (1 - z) * np.tanh(xh + r * hh)


def attend(symbols: list[int]) -> Iterator[tuple[str, np.ndarray]]:
    """Yield each letter that the network writes, and the weights of what it read for it."""
    with np.load(RESULTS / "nb15_dates_additive.npz") as file:
        stored = [file[name].astype(float) for name in file.files]
    embedding, encoder, to_keys, letters = stored[0], stored[1:4], stored[4], stored[5]
    W, v, decoder, (kernel, bias) = stored[6], stored[7], stored[8:11], stored[11:]
    memory, h, last = [], np.zeros(len(v)), 0
    for symbol in symbols:
        h = step(embedding[symbol], h, *encoder)
        memory.append(h)
    keys = memory @ to_keys
    for _ in range(10):
        weights = softmax(np.tanh(h @ W + keys) @ v)
        context = weights @ memory
        h = step(np.concatenate([letters[last], context]), h, *decoder)
        last = np.argmax(np.concatenate([h, context]) @ kernel + bias) + 1
        yield LETTERS[last - 1], weights


def draw_date(axes: Axes) -> str:
    """Draw a square for each letter written and symbol read, as large as the weight."""
    rows = read(DATA / "dates.csv")
    (found,) = (row for row in rows if row["text"] == TEXT)
    # These rows have the languages in the order of their numbers.
    languages = dict.fromkeys(row["language"] for row in read(RESULTS / "nb07_writing_names.csv"))
    characters = sorted(set("".join(row["text"] for row in rows if row["split"] == "train")))
    number = {symbol: n for n, symbol in enumerate([*languages, *characters], 2)}
    symbols = [found["language"], *TEXT]
    written = list(attend([number[symbol] for symbol in symbols]))
    assert "".join(letter for letter, _ in written) == found["iso"]
    dark = mix(OUTPUT, BLACK, 0.75)
    for line, (letter, weights) in enumerate(written):
        write(axes, -1.1, line, letter, NORMAL, weight="bold", color=dark)
        for place, weight in enumerate(weights.round(2)):
            side = 0.94 * weight**0.5
            corner = (place - side / 2, line - side / 2)
            axes.add_patch(Rectangle(corner, side, side, color=dark, linewidth=0, zorder=2))
    for place, symbol in enumerate(symbols):
        write(axes, place, -1, symbol.replace(" ", "␣"), NORMAL, weight="bold")
    lines = {"color": GREY, "linewidth": 0.4, "zorder": 1}
    axes.hlines(np.arange(len(written) + 1) - 0.5, -0.5, len(symbols) - 0.5, **lines)
    axes.vlines(np.arange(len(symbols) + 1) - 0.5, -0.5, len(written) - 0.5, **lines)
    axes.set(xlim=(-1.5, len(symbols) - 0.5), ylim=(len(written) - 0.5, -1.5))
    axes.axis("off")
    return "and see what each letter written looks at"


def draw(folder: Path) -> list[Path]:
    figure = Figure(figsize=(WIDTH / DPI, HEIGHT / DPI))
    frame = figure.add_axes((0, 0, 1, 1))
    frame.set(xlim=(0, WIDTH), ylim=(0, HEIGHT))
    frame.axis("off")
    top, middle = HEIGHT - 16, 208
    for draw_one, corner, size, y, notebook, title in (
        (draw_sunspots, (46, 264), (336, 142), top, "06", "forecast sunspots"),
        (draw_cell, (46, 46), (336, 130), middle, "08", "invent a cell"),
        (draw_names, (412, 14), (180, 390), top, "07", "write names"),
        (draw_date, (622, 14), (330, 390), top, "15", "read dates"),
    ):
        axes = panel(figure, corner, size)
        head(axes, y, notebook, title, draw_one(axes))
    return [save_svg(figure, folder / "readme_what_you_build.svg")]


if __name__ == "__main__":
    print(*draw(Path(__file__).parent), sep="\n")
