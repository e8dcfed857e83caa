"""The tasks of the experiments: data from data/, or drawn, as arrays split in three.

Every reader returns a dict with the splits "train", "validation" and "test" as keys. Nothing is
read before it is asked for. Symbols are numbered from the training split: 0 is padding, 1 a symbol
that the training split does not have; its own, in alphabetical order, are numbered from 2.
"""

import csv
import itertools
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

import numpy as np

from course import phrases

DATA = Path(__file__).resolve().parent.parent / "data"
LONGEST = 24  # the characters of the names that are read or written one by one
SYMBOLS = 8  # of the recall and the marks

Split = tuple[np.ndarray, np.ndarray]
Seed = int | Sequence[int]  # what `numpy.random.default_rng` takes


def number(texts: Iterable[str]) -> dict[str, int]:
    """Return the number of each character that stands in one of the texts."""
    return {character: n for n, character in enumerate(sorted(set("".join(texts))), 2)}


def encode(
    lines: Sequence[Sequence[str]], numbers: dict[str, int], longest: int, shift: int = 0
) -> np.ndarray:
    """Return the numbers of the symbols of each line, (lines, longest), padded with 0.

    Args:
        shift: how many 0 stand before each line.
    """
    ids = np.zeros((len(lines), longest), dtype="int32")
    for row, line in zip(ids, lines, strict=True):
        row[shift : len(line) + shift] = [numbers.get(symbol, 1) for symbol in line]
    return ids


# Names and phrases: tell the language, or the next character


@cache
def read_phrases() -> tuple[dict[str, list[str]], dict[str, np.ndarray]]:
    """Return all phrases, and the number of the language of each, (phrases,)."""
    return phrases.read(DATA / "phrases.csv")


@cache
def read_tokens() -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Return characters and pairs of characters, (phrases, 105), and languages, (phrases,)."""
    texts, labels = read_phrases()
    return phrases.tokenize(texts)[1], labels


@cache
def read_names() -> tuple[dict[str, list[str]], dict[str, np.ndarray]]:
    """Return the phrases of at most LONGEST characters, and their languages, (names,)."""
    texts, labels = read_phrases()
    short = {
        split: np.array([len(text) <= LONGEST for text in some]) for split, some in texts.items()
    }
    return (
        {split: [t for t in some if len(t) <= LONGEST] for split, some in texts.items()},
        {split: some[short[split]] for split, some in labels.items()},
    )


@cache
def characters() -> dict[str, int]:
    """Return the numbers of the characters of the names."""
    return number(read_names()[0]["train"])


@cache
def read_spelled() -> dict[str, Split]:
    """Return the characters of the names, (names, LONGEST), and their languages, (names,)."""
    names, languages = read_names()
    return {
        split: (encode(some, characters(), LONGEST), languages[split])
        for split, some in names.items()
    }


@cache
def read_next() -> dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Return what a writer of names reads, what it should write then, and whether that counts.

    All three are (names, LONGEST + 1): 0 and then the characters; the characters and then 0, the
    end; 1 up to the end, and 0 behind it.
    """
    data = {}
    for split, names in read_names()[0].items():
        ids = encode(names, characters(), LONGEST + 2, shift=1)
        lengths = np.array([len(name) for name in names])
        real = (np.arange(LONGEST + 1) <= lengths[:, None]).astype("float32")
        data[split] = ids[:, :-1], ids[:, 1:], real
    return data


# Digits: tell which


@cache
def read_digits() -> dict[str, Split]:
    """Return the ink of the digits, half a row of pixels per step, (digits, 16, 4), and labels."""
    with np.load(DATA / "digits.npz") as file:
        images, labels = file["images"], file["labels"]
    order = np.random.default_rng(0).permutation(len(labels))
    steps = (images[order] / 16).reshape(-1, 16, 4).astype("float32")
    ends = [int(0.6 * len(order)), int(0.8 * len(order))]
    parts = zip(np.split(steps, ends), np.split(labels[order], ends), strict=True)
    return dict(zip(("train", "validation", "test"), parts, strict=True))


@cache
def read_shuffled_pixels() -> dict[str, Split]:
    """Return the ink of one pixel per step, in one random order, (digits, 64, 1), and labels."""
    order = np.random.default_rng(0).permutation(64)
    return {
        split: (x.reshape(-1, 64, 1)[:, order], labels)
        for split, (x, labels) in read_digits().items()
    }


# Series: forecast


def read_series(name: str) -> tuple[list[str], np.ndarray]:
    """Return the times and the values, NaN where nothing was measured, of "sunspots" or "co2"."""
    with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        _, *rows = csv.reader(file)
    return [when for when, _ in rows], np.array([float(x) if x else np.nan for _, x in rows])


# Dates: write in digits


@cache
def read_dates() -> dict[str, list[dict[str, str]]]:
    """Return the rows of data/dates.csv."""
    with (DATA / "dates.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    splits = ("train", "validation", "test")
    return {split: [row for row in rows if row["split"] == split] for split in splits}


# Drawn: remember


def draw_recall(rows: int, lag: int, seed: int) -> Split:
    """Return a symbol to remember before `lag` others, (rows, lag + 1, SYMBOLS), and its number.

    Half of the symbols are to be remembered, half distract; all are one-hot.
    """
    rng = np.random.default_rng(seed)
    symbol = rng.integers(SYMBOLS // 2, size=rows)
    distractors = rng.integers(SYMBOLS // 2, SYMBOLS, size=(rows, lag))
    ids = np.column_stack([symbol, distractors])
    return np.eye(SYMBOLS, dtype="float32")[ids], symbol


def draw_marks(rows: int, steps: int, seed: int) -> Split:
    """Return symbols of which a few are marked, (rows, steps, SYMBOLS + 1), and the last of these.

    The first step is always marked, each further one with a probability of 0.05. Symbols are
    one-hot; the last feature is the mark.
    """
    rng = np.random.default_rng(seed)
    symbols = rng.integers(SYMBOLS, size=(rows, steps))
    marked = rng.random((rows, steps)) < 0.05
    marked[:, 0] = True
    last = steps - 1 - np.argmax(marked[:, ::-1], axis=1)
    x = np.concatenate([np.eye(SYMBOLS)[symbols], marked[..., None]], axis=-1)
    return x.astype("float32"), symbols[np.arange(rows), last]


def draw_parity(rows: int, steps: int, order: int, seed: int) -> Split:
    """Return bits, (rows, steps, 1), and at each step whether a count so far is odd, (rows, steps).

    Of order 1 the ones among the bits are counted; of order 2 the odd counts of order 1, and so on.
    """
    bits = np.random.default_rng(seed).integers(2, size=(rows, steps))
    odd = bits
    for _ in range(order):
        odd = np.cumsum(odd, axis=1) % 2
    return bits[..., None].astype("float32"), odd


def draw_products(rows: int, steps: int, seed: Seed) -> Split:
    """Return permutations of three things, (rows, steps, 6), and their products, (rows, steps).

    They are one-hot, in the order of `itertools.permutations`. The product at a step is that of all
    so far, as a number from 0 to 5; the later one is applied last.
    """
    permutations = np.array(list(itertools.permutations(range(3))))
    numbers = {tuple(one): n for n, one in enumerate(permutations)}
    table = np.array([[numbers[tuple(b[a])] for b in permutations] for a in permutations])
    drawn = np.random.default_rng(seed).integers(6, size=(rows, steps))
    products = drawn.copy()
    for step in range(1, steps):
        products[:, step] = table[products[:, step - 1], drawn[:, step]]
    return np.eye(6, dtype="float32")[drawn], products


def draw_copy(rows: int, symbols: int, seed: int) -> Split:
    """Return so many symbols and as many blanks, and the symbols, (rows, symbols), to be repeated.

    Of the input, (rows, 2 · symbols, SYMBOLS + 1 + symbols), the first features are one-hot, a
    symbol or the blank, and so are the others: the place in the list, counted anew at the blanks.
    """
    drawn = np.random.default_rng(seed).integers(SYMBOLS, size=(rows, symbols))
    ids = np.concatenate([drawn, np.full_like(drawn, SYMBOLS)], axis=1)
    places = np.broadcast_to(np.tile(np.arange(symbols), 2), ids.shape)
    parts = np.eye(SYMBOLS + 1)[ids], np.eye(symbols)[places]
    return np.concatenate(parts, axis=-1).astype("float32"), drawn


def draw_adding(rows: int, steps: int, seed: Seed) -> Split:
    """Return numbers in [0, 1) and marks, (rows, steps, 2), and the sum of the marked two, (rows,).

    One of the marks is in the first half of the steps and one in the second. Whoever always tells 1
    has a mean squared error of 1/6 ≈ 0.167.
    """
    rng = np.random.default_rng(seed)
    x = np.zeros((rows, steps, 2), dtype="float32")
    x[..., 0] = rng.random((rows, steps))
    half, all_rows = steps // 2, np.arange(rows)
    for first in (0, half):
        x[all_rows, first + rng.integers(half, size=rows), 1] = 1
    return x, (x[..., 0] * x[..., 1]).sum(axis=1)


def draw_selective_copy(rows: int, symbols: int, steps: int, seed: Seed) -> Split:
    """Return symbols among blanks and then as many bells, and the symbols, (rows, symbols).

    Inputs are one-hot, (rows, steps + symbols, SYMBOLS + 2). The places of the symbols among the
    first `steps` are drawn anew for each row, so that what counts must be told from what does not.
    """
    rng = np.random.default_rng(seed)
    drawn = rng.integers(SYMBOLS, size=(rows, symbols))
    places = np.sort(rng.random((rows, steps)).argsort(axis=1)[:, :symbols], axis=1)
    ids = np.full((rows, steps + symbols), SYMBOLS)
    np.put_along_axis(ids, places, drawn, axis=1)
    ids[:, steps:] = SYMBOLS + 1
    return np.eye(SYMBOLS + 2, dtype="float32")[ids], drawn


def draw_copy_memory(rows: int, symbols: int, steps: int, seed: Seed) -> Split:
    """Return symbols, blanks, a bell and blanks, and what is due at each step.

    Inputs are one-hot, (rows, steps + 2 * symbols, SYMBOLS + 2): the symbols, `steps` blanks of
    which the last is a bell instead, and as many blanks as there are symbols. Due, (rows,
    steps + 2 * symbols), are blanks, the class SYMBOLS, and during the last steps the symbols.
    """
    drawn = np.random.default_rng(seed).integers(SYMBOLS, size=(rows, symbols))
    ids = np.full((rows, steps + 2 * symbols), SYMBOLS)
    due = ids.copy()
    ids[:, :symbols], due[:, -symbols:] = drawn, drawn
    ids[:, -symbols - 1] = SYMBOLS + 1
    return np.eye(SYMBOLS + 2, dtype="float32")[ids], due
