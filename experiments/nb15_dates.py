"""Train notebook 15's models to read dates, without attention and with it.

    python -m experiments.nb15_dates        (about half an hour on two cores)

`score` is how the decoder weighs the encoder's states: "dot", "additive", or "last" if it reads the
last state only. `dates` is how many dates stand in a row in each text, `share` the share of the
training rows that is used. Accuracies are shares of dates read exactly; a field is the share of
years, months or days. The last columns are what beam search and a threshold on the probability do,
and where attention looks. Notebook 15 trains one row again.
"""

import re
from datetime import date
from functools import cache

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from course.phrases import LANGUAGES
from custom_cells import AbstractRNNCell
from experiments import store, tasks
from experiments.recipe import Recipe

LONGEST, LETTERS = 25, "-0123456789"  # a language and at most 24 characters; what ISO dates use
FEATURES, UPDATES, BATCH = 16, 600, 64
RATES = (0.003, 0.01, 0.03, 0.1)
# Of these, the one with which two seeds read most of the validation split, in the mean.
RATE = {"last": 0.03, "dot": 0.01, "additive": 0.01}
# Additive attention has weights of its own; with 58 units it has the others' number of parameters.
UNITS = {"last": 64, "dot": 64, "additive": 58}
FIELDS = {"year": slice(0, 4), "month": slice(5, 7), "day": slice(8, 10)}
LENGTHS = ((6, 8), (9, 10), (11, 12), (13, 16), (17, 24))
SCORES = ("last", "dot", "additive")


class AttentionCell(AbstractRNNCell):
    """A GRU that also reads a mean of the encoder's states, weighted by what it needs now.

    Its output is its new state and the mean. Its states are h, which changes, and three that it
    hands on as they came: the encoder's states, the keys they are found by, and the mask, with
    which steps are real.
    """

    def __init__(self, units: int, score: str, **options):
        super().__init__(**options)
        self.units, self.score = units, score
        self.gru = layers.GRUCell(units, dtype=self.dtype_policy)

    @property
    def state_size(self) -> list:
        return [self.units, (None, self.units), (None, self.units), (None,)]

    @property
    def output_size(self) -> int:
        return 2 * self.units

    def build(self, input_shape: tuple) -> None:
        self.gru.build((None, input_shape[-1] + self.units))
        if self.score == "additive":
            self.W = self.add_weight(shape=(self.units, self.units), name="W")
            uniform = keras.initializers.RandomUniform(-0.1, 0.1)
            self.v = self.add_weight(shape=(self.units,), name="v", initializer=uniform)

    def weigh(self, h, keys, mask):
        if self.score == "additive":
            scores = ops.sum(self.v * ops.tanh((h @ self.W)[:, None] + keys), axis=-1)
        else:
            scores = ops.sum(h[:, None] * keys, axis=-1)
        return ops.softmax(ops.where(mask > 0, scores, -1e4))

    def call(self, x, states):
        h, memory, keys, mask = states
        context = ops.sum(self.weigh(h, keys, mask)[..., None] * memory, axis=1)
        h, _ = self.gru(ops.concatenate([x, context], axis=-1), [h])
        return ops.concatenate([h, context], axis=-1), [h, memory, keys, mask]


class Reader(keras.Model):
    """Encoder and decoder: from the symbols of texts and the letters before, the next letters."""

    def __init__(self, symbols: int, score: str, units: int):
        super().__init__()
        self.score = score
        self.embed = layers.Embedding(symbols, FEATURES, mask_zero=True)
        self.encoder = layers.GRU(units, return_sequences=True, return_state=True)
        self.project = layers.Dense(units, use_bias=False) if score == "additive" else None
        self.embed_letters = layers.Embedding(len(LETTERS) + 1, FEATURES)
        self.decoder = layers.RNN(AttentionCell(units, score), return_sequences=True)
        self.classify = layers.Dense(len(LETTERS))

    def encode(self, symbols):
        memory, h = self.encoder(self.embed(symbols))
        mask = ops.cast(ops.not_equal(symbols, 0), memory.dtype)
        if self.score == "last":
            # Only the last state is left to read, and gets all the weight.
            last = ops.cast(ops.sum(mask, axis=1), "int32") - 1
            mask = ops.one_hot(last, symbols.shape[1])
        return [h, memory, self.project(memory) if self.project else memory, mask]

    def call(self, inputs):
        symbols, before = inputs
        states = self.encode(symbols)
        return self.classify(self.decoder(self.embed_letters(before), initial_state=states))

    def step(self, letters, states):
        output, states = self.decoder.cell(self.embed_letters(letters), states)
        return ops.log_softmax(self.classify(output)), states


def shift(letters: np.ndarray) -> np.ndarray:
    """Return what the decoder reads: 0 for the start, then each letter but the last."""
    return np.pad(letters[:, :-1] + 1, ((0, 0), (1, 0)))


Rows = list[dict[str, str]]


@cache
def symbol_numbers() -> dict[str, int]:
    """Return the number of each language, then of each character of the training split."""
    characters = sorted(tasks.number(row["text"] for row in tasks.read_dates()["train"]))
    return {symbol: n for n, symbol in enumerate([*LANGUAGES, *characters], 2)}


def encode(rows: Rows) -> np.ndarray:
    """Return a line of symbols for each row: its language, then its characters."""
    lines = [[row["language"], *row["text"]] for row in rows]
    return tasks.encode(lines, symbol_numbers(), LONGEST)


def spell(rows: Rows) -> np.ndarray:
    """Return the numbers of the letters to write for each row, (rows, 10)."""
    return np.array([[LETTERS.index(c) for c in row["iso"]] for row in rows], dtype="int32")


@cache
def arrays(split: str) -> tuple[np.ndarray, np.ndarray]:
    rows = tasks.read_dates()[split]
    return encode(rows), spell(rows)


def join(split: str, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return texts of several dates in a row; `chosen` has a row of numbers for each text."""
    symbols, letters = (some[chosen].reshape(len(chosen), -1) for some in arrays(split))
    order = np.argsort(symbols == 0, axis=1, kind="stable")  # the padding to the end
    return np.take_along_axis(symbols, order, axis=1), letters


def search(model: Reader, symbols: np.ndarray, width: int = 1, length: int = 10) -> tuple:
    """Return the most probable letters that a beam finds, and their log-probability."""
    parts = np.array_split(symbols, len(symbols) // 600 + 1)
    found = [_search(model, part, width, length) for part in parts]
    return tuple(np.concatenate(parts) for parts in zip(*found, strict=True))


def _search(model: Reader, symbols: np.ndarray, width: int, length: int) -> tuple:
    batch = len(symbols)
    h, *memory = (np.repeat(state, width, axis=0) for state in model.encode(symbols))
    letters, total = np.zeros((batch, width, 0), dtype=int), np.full((batch, width), -np.inf)
    total[:, 0] = 0  # all beams begin alike, so that only one of them counts
    last = np.zeros(batch * width, dtype="int32")
    for _ in range(length):
        log_p, (h, *_) = model.run_step(last, [h, *memory])
        sums = total[..., None] + log_p.numpy().reshape(batch, width, -1)
        best = np.argsort(-sums.reshape(batch, -1), axis=1)[:, :width]
        total = np.take_along_axis(sums.reshape(batch, -1), best, axis=1)
        beam, letter = np.divmod(best, len(LETTERS))
        letters = np.take_along_axis(letters, beam[..., None], axis=1)
        letters = np.concatenate([letters, letter[..., None]], axis=2)
        last = (letter + 1).astype("int32").ravel()
        h = h.numpy()[(width * np.arange(batch)[:, None] + beam).ravel()]
    return letters[:, 0], total[:, 0]


def build(score: str, units: int) -> Reader:
    model = Reader(len(symbol_numbers()) + 2, score, units)
    model([np.ones((1, 2), "int32"), np.ones((1, 2), "int32")])  # makes the weights
    return model


@cache
def recipe(score: str, units: int, dates: int) -> Recipe:
    """Return the recipe for texts of so many dates, its model with a compiled `run_step`."""
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    found = Recipe(lambda: build(score, units), loss, BATCH)
    found.model.run_step = tf.function(found.model.step, reduce_retracing=True)
    return found


def trained(
    score: str, units: int, dates: int, share: float, updates: int, rate: float, seed: int
) -> tuple[Reader, np.ndarray]:
    """Return a trained model and the numbers of the training rows that it saw."""
    # The same rows in the same order for every model of this seed.
    rng = np.random.default_rng(seed)
    rows = len(arrays("train")[0])
    used = rng.permutation(rows)[: round(share * rows)]
    symbols, letters = join("train", rng.choice(used, size=(updates * BATCH, dates)))
    x = [symbols, shift(letters)]
    return recipe(score, units, dates).fit(x, letters, rate, seed), used


@cache
def month_names() -> dict[tuple[str, str], int]:
    """Return the words that stand for one month only in the training texts of a language."""
    months: dict[tuple[str, str], set[int]] = {}
    for row in tasks.read_dates()["train"]:
        for word in re.findall(r"[^\W\d]+", row["text"]):
            months.setdefault((row["language"], word), set()).add(int(row["iso"][5:7]))
    return {key: some.pop() for key, some in months.items() if len(some) == 1}


def parse(text: str, language: str) -> str | None:
    """Read a date by rules; return its ISO form, or None if the text is none."""
    words = re.findall(r"[^\W\d]+", text)
    numbers = [int(n) for n in re.findall(r"\d+", text)]
    named = [month_names()[language, word] for word in words if (language, word) in month_names()]
    if len(numbers) + len(named) != 3 or len(named) > 1:
        return None
    if named:
        (day, year), month = numbers, named[0]
    elif language == "en":
        month, day, year = numbers
    else:
        day, month, year = numbers[::-1] if language == "sv" else numbers
    year += 0 if year > 99 else 1900 if year >= 50 else 2000
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None


@cache
def nonsense() -> dict[str, Rows]:
    """Return texts that are no dates, made from the test split or of the names of phrases.csv."""
    test = tasks.read_dates()["test"]
    rng = np.random.default_rng(0)
    shuffled = [row | {"text": "".join(rng.permutation(list(row["text"])))} for row in test[::4]]
    shuffled = [row for row in shuffled if parse(row["text"], row["language"]) is None]
    short = {"02", "04", "06", "09", "11"}
    long = [row for row in test if row["form"] == "long" and row["iso"][5:7] in short]
    impossible = [row | {"text": re.sub(r"\b\d\d?\b", "31", row["text"])} for row in long]
    texts, labels = (some["test"] for some in tasks.read_phrases())
    names = [
        {"text": text, "language": LANGUAGES[label]}
        for text, label in zip(texts, labels, strict=True)
        if len(text) < LONGEST and set(text) <= symbol_numbers().keys()
    ]
    return {"shuffled": shuffled, "names": names, "impossible": impossible}


def is_date(letters: np.ndarray) -> bool:
    try:
        date.fromisoformat("".join(LETTERS[letter] for letter in letters))
    except ValueError:
        return False
    return True


EXTRAS = [
    *("beam", "found_better", "threshold", "refused", "refused_if_wrong"),
    *("shuffled", "names", "impossible"),
    *("shuffled_calendar", "names_calendar", "impossible_calendar"),
    *(f"{field}_in_place" for field in FIELDS),
]


def decode(model: Reader) -> dict[str, float]:
    """Return what a beam gains, and the errors of refusing below a threshold."""
    symbols, letters = arrays("test")
    found, log_p = search(model, symbols)
    right = np.all(found == letters, axis=1)
    beams, beams_log_p = search(model, symbols, width=5)
    threshold = np.quantile(search(model, arrays("validation")[0][::3])[1], 0.01)
    row = {
        "beam": np.all(beams == letters, axis=1).mean(),
        "found_better": np.mean(beams_log_p > log_p + 1e-4),
        "threshold": threshold,
        "refused": np.mean(log_p < threshold),
        "refused_if_wrong": np.mean(log_p[~right] < threshold) if not right.all() else np.nan,
    }
    for kind, rows in nonsense().items():
        found, log_p = search(model, encode(rows))
        accepted = log_p >= threshold
        row[kind] = accepted.mean()
        row[f"{kind}_calendar"] = np.mean(accepted & [is_date(some) for some in found])
    return {name: float(row[name]) for name in EXTRAS if name in row}


def focus(model: Reader) -> dict[str, float]:
    """Return how much of the weight lies on the year while the year is written, and so on.

    A field is its characters in the text, and the one behind it, at which the encoder knows that
    it has ended. Only long forms, in which the month is a word.
    """
    rows = [
        row
        for row in tasks.read_dates()["test"]
        if row["form"] == "long" and row["language"] != "sv"
    ]
    places = {field: np.zeros((len(rows), LONGEST)) for field in FIELDS}
    for n, row in enumerate(rows):
        for found in re.finditer(r"[^\W\d]+|\d+", row["text"]):
            word, (start, end) = found[0], found.span()
            field = ("year" if len(word) == 4 else "day") if word.isdigit() else "month"
            if field != "month" or (row["language"], word) in month_names():
                places[field][n, start + 1 : end + 2] = 1
    symbols = encode(rows)
    states, before = model.encode(symbols), shift(spell(rows))
    weights = []
    for t in range(10):
        h, _, keys, mask = states
        weights.append(model.decoder.cell.weigh(h, keys, mask).numpy())
        _, states = model.run_step(before[:, t], states)
    weights = np.stack(weights, axis=1)  # rows, letters, symbols
    return {
        f"{field}_in_place": float(
            np.mean(np.sum(weights[:, part] * places[field][:, None], axis=2))
        )
        for field, part in FIELDS.items()
    }


def train(**settings) -> store.Settings:
    model, used = trained(**settings)
    dates = settings["dates"]
    row = {"parameters": model.count_params()}
    rng = np.random.default_rng(0)
    chosen = {
        "train": rng.choice(used, size=1500),
        "validation": np.arange(0, len(arrays("validation")[0]), 3),
        "test": np.arange(len(arrays("test")[0])),
    }
    for split, numbers in chosen.items():
        # With several dates, each stands before other dates of its split.
        several = np.stack([numbers, *(rng.permutation(numbers) for _ in range(dates - 1))], axis=1)
        symbols, letters = join(split, several)
        found = search(model, symbols, length=10 * dates)[0]
        right = (found == letters).reshape(-1, 10)
        row[split] = right.all(axis=1).mean()
    row |= {name: right[:, part].all(axis=1).mean() for name, part in FIELDS.items()}
    first = right.reshape(-1, dates, 10).all(axis=2)[:, 0]
    language = np.array([row["language"] for row in tasks.read_dates()["test"]])
    length = np.array([len(row["text"]) for row in tasks.read_dates()["test"]])
    row |= {name: first[language == name].mean() for name in LANGUAGES}
    for low, high in LENGTHS:
        row[f"{low}-{high}"] = first[(low <= length) & (length <= high)].mean()
    extras = dates == 1 and settings["score"] != "last"
    row |= decode(model) | focus(model) if extras else dict.fromkeys(EXTRAS, "")
    return {
        name: f"{value:.4f}" if isinstance(value, float) else str(value)
        for name, value in row.items()
    }


def trainings() -> list[store.Settings]:
    """Return the settings: other rates, the comparison, less data, two dates, more updates."""
    pair = ("last", "dot")
    grid = [
        (score, 1, 1, UPDATES, rate, seed)
        for score in SCORES
        for rate in RATES
        for seed in range(5 if rate == RATE[score] else 2)
    ]
    grid += [
        (score, 1, share, UPDATES, RATE[score], seed)
        for share in (0.1, 0.3)
        for seed in range(3)
        for score in pair
    ]
    grid += [(score, 2, 1, UPDATES, RATE[score], seed) for seed in range(2) for score in pair]
    grid += [("last", 1, 1, 5 * UPDATES, rate, 0) for rate in (0.01, 0.03)]
    columns = ("score", "units", "dates", "share", "updates", "rate", "seed")
    rows = [(score, UNITS[score], *others) for score, *others in grid]
    return [dict(zip(columns, row, strict=True)) for row in rows]


if __name__ == "__main__":
    store.fill(__file__, trainings, train)
