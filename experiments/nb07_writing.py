"""Train notebook 07's writer of names, told a language, on five seeds, and let it write.

    python -m experiments.nb07_writing        (about ten minutes on two cores)

`validation` and `test` are perplexities per character. Beside the rows stand

- nb07_writing_bits.npz: for each training, minus the binary logarithm of the probability that the
  writer gave to each test name, in the order of data/phrases.csv;
- nb07_writing_names.csv, from 12 epochs and seed 0: the names that it wrote, EACH for each language
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

UNITS, BATCH = 256, 32
TEMPERATURES, EACH = (1.0, 0.5), 100

# The network


def build() -> keras.Model:
    """Return a model of language and characters; it starts from a state that is the language's."""
    symbols = len(tasks.characters()) + 2
    language, characters = keras.Input((), dtype="int32"), keras.Input((None,), dtype="int32")
    state = layers.Embedding(10, UNITS)(language)
    vectors = layers.Embedding(symbols, 64)(characters)
    outputs = layers.GRU(UNITS, return_sequences=True)(vectors, initial_state=state)
    scores = layers.Dense(symbols)(layers.Dropout(0.5)(outputs))
    return keras.Model([language, characters], scores)


def batches(languages: np.ndarray, x: np.ndarray, y: np.ndarray, real: np.ndarray):
    """Yield the training names in batches of like length, so that little padding is computed."""
    lengths = real.sum(axis=1).astype("int32")
    data = tf.data.Dataset.from_tensor_slices((languages, x, y, real, lengths))
    data = data.shuffle(len(x), seed=0)
    data = data.map(lambda a, x, y, real, n: (a, x[:n], y[:n], real[:n]))
    data = data.bucket_by_sequence_length(
        lambda a, x, y, real: tf.shape(x)[0],
        bucket_boundaries=[12, 18],
        bucket_batch_sizes=[BATCH] * 3,
    )
    sizes = np.bincount(np.digitize(lengths, [12, 18]))
    number = tf.data.experimental.assert_cardinality(int(np.ceil(sizes / BATCH).sum()))
    return data.map(lambda a, x, y, real: ((a, x), y, real)).apply(number)


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


def train(epochs: int, seed: int) -> store.Settings:
    languages = tasks.read_names()[1]["train"]
    keras.utils.set_random_seed(seed)
    model = build()
    training = batches(languages, *tasks.read_next()["train"])
    rate = keras.optimizers.schedules.CosineDecay(0.004, epochs * len(training))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.AdamW(rate, weight_decay=0.05), loss)
    model.fit(training, epochs=epochs, shuffle=False, verbose=0)
    bits = {split: name_bits(model, split) for split in ("validation", "test")}

    path = store.beside(__file__, "_bits.npz")
    kept = dict(np.load(path)) if path.exists() else {}
    kept[f"{epochs}_{seed}"] = bits["test"].astype("float32")
    np.savez_compressed(path, **kept)
    if (epochs, seed) == (12, 0):
        keep_names(model)
    found = {split: f"{perplexity(some, split):.3f}" for split, some in bits.items()}
    return {"parameters": model.count_params()} | found


def trainings() -> list[store.Settings]:
    return [{"epochs": epochs, "seed": seed} for epochs in (4, 12) for seed in range(5)]


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
