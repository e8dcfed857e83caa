"""Train notebook 07's writer of names, told a language, and let it write.

    python -m experiments.nb07_writing        (about an hour on one core)

`told` says where the network hears of the language: at the "start", as its first state, or at
"every step" as well, beside each character. `validation` and `test` are perplexities per character.
First the ways to tell it and the dropout compete at one rate, then the better way at each dropout
and five rates, all of them for 12 epochs on two seeds; the best is trained for SHORT budgets on all
seeds. Who trains longer may need a lower rate or more dropout, so LONG epochs are tried with these
too, on two seeds. Beside the rows stand

- nb07_writing_bits.npz: for trainings of 12 epochs, all seeds of the best among them, minus the
  binary logarithm of the probability that the writer gave to each test name, in the order of
  data/phrases.csv;
- nb07_writing_names.csv, from the best and seed 2: the names that it wrote, EACH for each language
  and temperature.

The counts that the writer is measured against are at the end; notebook 07 builds them step by step.
"""

import csv
from collections import Counter, defaultdict
from collections.abc import Sequence

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from course.phrases import LANGUAGES
from experiments import store, tasks
from experiments.tasks import LONGEST

UNITS, BATCH = 256, 64
WIDTHS = (12, 18, LONGEST + 1)  # steps to which the names of a batch are padded
TEMPERATURES, EACH = (1.0, 0.5), 100
SEEDS, RATES, SHORT, LONG = range(5), (0.002, 0.004, 0.008, 0.016, 0.032), (6, 12), 24
TOLD, DROPOUTS = ("start", "every step"), (0.15, 0.3, 0.5, 0.7)

# The network


def build(told: str, dropout: float) -> keras.Model:
    """Return a model of language and characters; it starts from a state that is the language's."""
    symbols = len(tasks.characters()) + 2
    language, characters = keras.Input((), dtype="int32"), keras.Input((None,), dtype="int32")
    state = layers.Embedding(10, UNITS)(language)
    vectors = layers.Embedding(symbols, 64)(characters)
    if told == "every step":
        beside = layers.Embedding(10, 64)(language)
        vectors = layers.Add()([vectors, layers.Reshape((1, 64))(beside)])
    outputs = layers.GRU(UNITS, return_sequences=True)(vectors, initial_state=state)
    scores = layers.Dense(symbols)(layers.Dropout(dropout)(outputs))
    return keras.Model([language, characters], scores)


def batches(seed: int) -> tf.data.Dataset:
    """Return the training names, shuffled anew in each pass, in batches of like length."""
    x, y, real = tasks.read_next()["train"]
    rows = tasks.read_names()[1]["train"], x, np.where(real, y, -1)
    width = np.array(WIDTHS)[np.digitize(real.sum(axis=1), WIDTHS, right=True)]
    parts = [
        tf.data.Dataset.from_tensor_slices(
            tuple(part[width == w][..., :w] if part.ndim > 1 else part[width == w] for part in rows)
        )
        .shuffle(len(x), seed=seed)
        .batch(BATCH)
        for w in WIDTHS
    ]
    order = np.repeat(range(len(parts)), [len(part) for part in parts])
    choice = tf.data.Dataset.from_tensor_slices(order.astype("int64")).shuffle(len(order), seed)
    data = tf.data.Dataset.choose_from_datasets(parts, choice)
    data = data.map(lambda language, x, y: ((language, x), y))
    return data.apply(tf.data.experimental.assert_cardinality(len(order)))


def name_bits(model: keras.Model, split: str) -> np.ndarray:
    """Return minus the binary logarithm of the probability of each name, its end included."""
    x, y, real = tasks.read_next()[split]
    languages = tasks.read_names()[1][split]
    log_p = np.array(keras.ops.log_softmax(model([languages, x])))
    given = np.take_along_axis(log_p, y[..., None], axis=-1)[..., 0]
    return -(given * real).sum(axis=1) / np.log(2)


def perplexity(bits: np.ndarray, split: str) -> float:
    """Return the perplexity per character of a split, from the bits of its names."""
    return float(2 ** (bits.sum() / tasks.read_next()[split][2].sum()))


def write(model: keras.Model, temperature: float, seed: int) -> list[str]:
    """Write EACH names for each language, the languages in their order."""
    rng = np.random.default_rng(seed)
    symbols = ["", "?", *tasks.characters()]
    told = np.repeat(np.arange(10), EACH)
    ids = np.zeros((len(told), LONGEST + 2), dtype="int32")
    for t in range(LONGEST):
        scores = np.array(model([told, ids[:, :-1]]))[:, t].astype("float64") / temperature
        p = np.exp(scores - scores.max(axis=1, keepdims=True))
        p[:, 1] = 0  # the unknown character cannot be written
        p /= p.sum(axis=1, keepdims=True)
        u = rng.random((len(told), 1))
        ids[:, t + 1] = np.minimum((p.cumsum(axis=1) <= u).sum(axis=1), p.shape[1] - 1)
    names = ["".join(symbols[n] or "\n" for n in row) for row in ids[:, 1:]]
    return [name.partition("\n")[0] for name in names]


def keep_names(model: keras.Model) -> None:
    with store.beside(__file__, "_names.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(("temperature", "language", "name"))
        for temperature in TEMPERATURES:
            for n, name in enumerate(write(model, temperature, seed=0)):
                table.writerow((temperature, LANGUAGES[n // EACH], name))


def train(told: str, dropout: float, rate: float, epochs: int, seed: int) -> store.Settings:
    keras.utils.set_random_seed(seed)
    model, data = build(told, dropout), batches(seed)
    falling = keras.optimizers.schedules.CosineDecay(rate, epochs * len(data))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=-1)
    model.compile(keras.optimizers.AdamW(falling, weight_decay=0.05), loss)
    model.fit(data, epochs=epochs, shuffle=False, verbose=0)
    bits = {split: name_bits(model, split) for split in ("validation", "test")}
    if epochs == SHORT[-1]:
        path = store.beside(__file__, "_bits.npz")
        kept = dict(np.load(path)) if path.exists() else {}
        key = f"{told}, {dropout}, {rate}, {seed}"
        np.savez_compressed(path, **kept | {key: bits["test"].astype("float32")})
    if (epochs, seed) == (SHORT[-1], 2):  # only the best is trained from this seed
        keep_names(model)
    found = {split: f"{perplexity(some, split):.3f}" for split, some in bits.items()}
    return {"parameters": model.count_params()} | found


COLUMNS = ("told", "dropout", "rate", "epochs", "seed")


def choose(rows: list[store.Row]) -> tuple[str, float, float]:
    """Return how to tell, dropout and rate of the smallest mean perplexity on validation."""
    found = {}
    for row in rows:
        if int(row["epochs"]) == SHORT[-1] and int(row["seed"]) < 2:
            key = row["told"], float(row["dropout"]), float(row["rate"])
            found.setdefault(key, []).append(float(row["validation"]))
    return min(found, key=lambda key: np.mean(found[key]))


def trainings() -> list[store.Settings]:
    """Return the settings: ways to tell, dropout and rates, short budgets, then the long one."""
    rows = store.read(__file__)
    there = {tuple(row[name] for name in COLUMNS) for row in rows}
    grid = [(t, d, RATES[1], SHORT[-1], seed) for t in TOLD for d in DROPOUTS for seed in range(2)]

    def done() -> bool:
        return all(tuple(map(str, one)) in there for one in grid)

    if done():
        first = [row for row in rows if float(row["rate"]) == RATES[1]]
        told, _, _ = choose(first)
        grid += [
            (told, d, r, SHORT[-1], seed) for d in DROPOUTS for r in RATES for seed in range(2)
        ]
    if done():
        best = choose(rows)
        grid += [(*best, epochs, seed) for epochs in SHORT for seed in SEEDS]
        told, dropout, rate = best
        longer = (dropout, rate), (dropout, rate / 2), (DROPOUTS[-1], rate)
        grid += [(told, d, r, LONG, seed) for d, r in longer for seed in range(2)]
    return [dict(zip(COLUMNS, one, strict=True)) for one in dict.fromkeys(grid)]


# The counts: modified Kneser–Ney


def count(sequences: Sequence, order: int) -> dict:
    """Return {context: {next symbol: n}}, contexts being slices of up to order - 1 symbols.

    For a context of fewer symbols than the most, n counts the different longer contexts.
    """
    n = defaultdict(Counter)
    for ids in sequences:
        for t in range(1, len(ids)):
            n[ids[max(0, t - order + 1) : t]][ids[t]] += 1
    for length in range(order - 1, 0, -1):
        for context in [context for context in n if len(context) == length]:
            for y in n[context]:
                n[context[1:]][y] += 1
    return dict(n)


def discounts(n: dict, order: int) -> list[tuple[float, ...]]:
    """Return what is taken from a count of 0, 1, 2, or more, for each length of the context.

    This is Chen and Goodman's estimate, from how many counts are 1, 2, 3 and 4.
    """
    found = []
    for length in range(order):
        seen = Counter(k for c, some in n.items() if len(c) == length for k in some.values())
        n1, n2, n3, n4 = (seen[k] or 1 for k in (1, 2, 3, 4))
        share = n1 / (n1 + 2 * n2)
        some = (k - (k + 1) * share * b / a for k, a, b in ((1, n1, n2), (2, n2, n3), (3, n3, n4)))
        found.append((0.0, *(min(max(d, 0.1), k) for k, d in enumerate(some, 1))))
    return found


def probability(n: dict, D: list, context, y, V: int) -> float:
    """Return the probability of symbol y after a context, of V symbols."""
    shorter = probability(n, D, context[1:], y, V) if context else 1 / V
    seen = n.get(context)
    if not seen:
        return shorter
    d = D[len(context)]
    taken = sum(d[min(k, 3)] for k in seen.values())
    k = seen.get(y, 0)
    return (k - d[min(k, 3)] + taken * shorter) / sum(seen.values())


if __name__ == "__main__":
    store.fill(__file__, trainings, train)
