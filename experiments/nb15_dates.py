"""Train notebook 15's models to read dates, without attention and with it.

    python -m experiments.nb15_dates        (about three hours on one core)

`score` is how the decoder weighs the encoder's states: "dot" or "additive"; "last" if it
reads the last state only; "places" is "dot" over symbols and their places, without an encoder that
is recurrent. `dates` is how many dates stand in a row in each text. Each number of updates is a
training of its own, in which the rate falls to 0.

Accuracies are shares of dates read exactly: of `train`, of `seen`, dates that were held out but
whose year was trained on, and of `validation` and `test`, whose years are all new. A field is the
share of years, months or days of the test split. `after_free` is the share of letters that are
right behind the first wrong one, `after_forced` that of the same letters when the decoder reads the
right one before each. The last columns are what beam search and a threshold on the probability do,
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
FEATURES, SHORT, BATCH = 16, 600, 64
# Which rates compete after so many updates.
RATES = {SHORT: (0.003, 0.01, 0.03, 0.1), 2 * SHORT: (0.003, 0.01, 0.03, 0.1)}
RATES[4 * SHORT] = (0.003, 0.01, 0.03)
# Score, dates and updates of what competes, and on how many seeds.
COMPARED = {(score, 1, SHORT): 2 for score in ("last", "dot", "additive")}
COMPARED |= {("dot", 1, 4 * SHORT): 2, ("last", 1, 4 * SHORT): 2, ("last", 2, 4 * SHORT): 1}
COMPARED |= {("places", 1, 2 * SHORT): 1}
# What is trained at the best rate: score, dates, updates, seeds, and where the rates competed.
REPEATED = [("last", 1, SHORT, 5, ("last", 1, SHORT))]
REPEATED += [("dot", 1, SHORT, 5, ("dot", 1, SHORT))]
REPEATED += [("dot", 1, n * SHORT, 5, ("dot", 1, 4 * SHORT)) for n in (2, 4)]
REPEATED += [("last", 1, n * SHORT, 5, ("last", 1, 4 * SHORT)) for n in (2, 4)]
REPEATED += [("last", 1, n * SHORT, 3, ("last", 1, 4 * SHORT)) for n in (8, 16)]
REPEATED += [("additive", 1, SHORT, 5, ("additive", 1, SHORT))]
REPEATED += [("places", 1, 2 * SHORT, 5, ("places", 1, 2 * SHORT))]
# Several dates: dot attention has the rate of one, and four dates that of two.
REPEATED += [("dot", 2, n * SHORT, 2, ("dot", 1, 4 * SHORT)) for n in (1, 2)]
REPEATED += [("last", 2, n * SHORT, 2, ("last", 2, 4 * SHORT)) for n in (4, 8, 16)]
REPEATED += [("dot", 4, SHORT, 1, ("dot", 1, 4 * SHORT))]
REPEATED += [("last", 4, n * SHORT, 1, ("last", 2, 4 * SHORT)) for n in (4, 8, 16)]
# The weights of this model are kept for the notebook: score, dates, updates and seed.
KEPT = ("additive", 1, SHORT, 0)
# Additive attention has weights of its own; with 58 units it has the others' number of parameters.
UNITS = {"last": 64, "dot": 64, "additive": 58, "places": 64}
FIELDS = {"year": slice(0, 4), "month": slice(5, 7), "day": slice(8, 10)}
LENGTHS = ((6, 8), (9, 10), (11, 12), (13, 16), (17, 24))


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
        if self.score == "last":
            return mask
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
        if score == "places":
            self.symbol = layers.Embedding(symbols, units)
            self.place = layers.Embedding(4 * LONGEST, units)
        else:
            self.embed = layers.Embedding(symbols, FEATURES, mask_zero=True)
            self.encoder = layers.GRU(units, return_sequences=True, return_state=True)
        self.project = layers.Dense(units, use_bias=False) if score == "additive" else None
        self.embed_letters = layers.Embedding(len(LETTERS) + 1, FEATURES)
        self.decoder = layers.RNN(AttentionCell(units, score), return_sequences=True)
        self.classify = layers.Dense(len(LETTERS))

    def encode(self, symbols):
        mask = ops.cast(ops.not_equal(symbols, 0), "float32")
        if self.score == "places":
            memory = self.symbol(symbols) + self.place(ops.arange(symbols.shape[1]))
            return [ops.zeros_like(memory[:, 0]), memory, memory, mask]
        memory, h = self.encoder(self.embed(symbols))
        if self.score == "last":
            memory, mask = h[:, None], mask[:, :1]
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
def read() -> dict[str, Rows]:
    """Return the rows of each split; "seen" has a month of each year of the training split."""
    splits = dict(tasks.read_dates())
    rows = splits["train"]
    held = [int(row["iso"][5:7]) == 1 + 5 * int(row["iso"][:4]) % 12 for row in rows]
    for split, wanted in (("train", False), ("seen", True)):
        splits[split] = [row for row, one in zip(rows, held, strict=True) if one == wanted]
    return splits


@cache
def arrays(split: str) -> tuple[np.ndarray, np.ndarray]:
    rows = read()[split]
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


def trained(score: str, units: int, dates: int, updates: int, rate: float, seed: int) -> Reader:
    # The same rows in the same order for every model of this seed.
    rng = np.random.default_rng(seed)
    rows = len(arrays("train")[0])
    symbols, letters = join("train", rng.choice(rows, size=(updates * BATCH, dates)))
    return recipe(score, units, dates).fit([symbols, shift(letters)], letters, rate, seed)


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
    test = read()["test"]
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
    rows = [row for row in read()["test"] if row["form"] == "long" and row["language"] != "sv"]
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


def behind_an_error(
    model: Reader, symbols: np.ndarray, letters: np.ndarray, right: np.ndarray
) -> tuple[float, float]:
    """Return the share of right letters behind the first wrong one, written freely and forced."""
    behind = np.cumsum(~right, axis=1) - ~right > 0
    if not behind.any():
        return np.nan, np.nan
    said = model.predict([symbols, shift(letters)], batch_size=600, verbose=0)
    return right[behind].mean(), (said.argmax(axis=2) == letters)[behind].mean()


def train(**settings) -> store.Settings:
    model, dates = trained(**settings), settings["dates"]
    found = tuple(settings[name] for name in ("score", "dates", "updates", "seed"))
    if found == KEPT and settings["rate"] == best_rate(*KEPT[:3]):
        np.savez_compressed(store.beside(__file__, "_additive.npz"), *model.get_weights())
    row = {"parameters": model.count_params()}
    rng = np.random.default_rng(0)
    for split in ("train", "seen", "validation", "test"):
        every = len(arrays(split)[0])
        # With several dates, each stands before other dates of its split.
        several = [np.arange(every), *(rng.permutation(every) for _ in range(dates - 1))]
        chosen = np.stack(several, axis=1)
        if split != "test" or dates > 1:
            chosen = chosen[rng.permutation(every)[:600]]
        symbols, letters = join(split, chosen)
        found = search(model, symbols, length=10 * dates)[0] == letters
        right = found.reshape(-1, 10)
        row[split] = right.all(axis=1).mean()
    row |= {name: right[:, part].all(axis=1).mean() for name, part in FIELDS.items()}
    behind = behind_an_error(model, symbols, letters, found)
    row |= dict(zip(("after_free", "after_forced"), map(float, behind), strict=True))
    language = np.array([row["language"] for row in read()["test"]])
    length = np.array([len(row["text"]) for row in read()["test"]])
    parts = {name: language == name for name in LANGUAGES}
    parts |= {f"{low}-{high}": (low <= length) & (length <= high) for low, high in LENGTHS}
    single = right.all(axis=1)
    row |= {name: single[part].mean() if dates == 1 else "" for name, part in parts.items()}
    extras = (dates, settings["updates"]) == (1, SHORT) and settings["score"] in ("dot", "additive")
    row |= decode(model) | focus(model) if extras else dict.fromkeys(EXTRAS, "")
    return {
        name: f"{value:.4f}" if isinstance(value, float) else str(value)
        for name, value in row.items()
    }


def best_rate(score: str, dates: int, updates: int) -> float:
    """Return the rate that reads most of the validation split, 0.01 before all are known."""
    seeds = COMPARED[score, dates, updates]
    found = {rate: [] for rate in RATES[updates]}
    wanted = {"score": score, "dates": str(dates), "updates": str(updates)}
    for row in store.read(__file__):
        if wanted.items() <= row.items() and int(row["seed"]) < seeds:
            found.get(float(row["rate"]), []).append(float(row["validation"]))
    if any(len(scores) < seeds for scores in found.values()):
        return 0.01
    return max(found, key=lambda rate: np.mean(found[rate]))


def trainings() -> list[store.Settings]:
    """Return the settings of all: those that choose a rate, then those at the chosen one."""
    grid = [
        (*model, rate, seed)
        for model, seeds in COMPARED.items()
        for rate in RATES[model[2]]
        for seed in range(seeds)
    ]
    grid += [
        (*model, best_rate(*compared), seed)
        for *model, seeds, compared in REPEATED
        for seed in range(seeds)
    ]
    columns = ("score", "units", "dates", "updates", "rate", "seed")
    rows = [(score, UNITS[score], *others) for score, *others in dict.fromkeys(grid)]
    return [dict(zip(columns, row, strict=True)) for row in rows]


if __name__ == "__main__":
    store.fill(__file__, trainings, train)
