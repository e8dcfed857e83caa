"""Train notebook 07's writer of names on several seeds, let it write, and let 02's model read.

    python -m experiments.nb07_writing        (about ten minutes on two cores)

Fills experiments/results/nb07_writing.csv, a row for each training; a row that is there is kept, so
delete it to train it again. What notebook 07 says of the writer comes from the five trainings of 12
epochs; it trains the row of 4 epochs and seed 0 again and compares. Beside the rows stand

- nb07_writing_bits.npz: for each training and split, minus the binary logarithm of the probability
  that the writer gave to each character of the held-out names, in the order of data/phrases.csv;
- nb07_writing_names.csv, from 12 epochs and seed 0: the real test names, then 100 names for each
  language and way of sampling, each with the language that notebook 02's model takes it for;
- nb07_writing_steps.json, from the same writer: how one name was drawn, for
  images/nb07_sampling.py.
"""

import csv
import json
import os
from functools import cache
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from experiments import nb02_phrases as phrases
from experiments.nb02_phrases import LANGUAGES
from experiments.store import RESULTS, fill

ROOT = Path(__file__).resolve().parent.parent
LONGEST, UNITS, BATCH = 24, 256, 32
WAYS = [(1.0, 1.0), (0.5, 1.0), (1.5, 1.0), (1.0, 0.9)]
EACH = 100
TRAININGS = [{"epochs": epochs, "seed": seed} for seed in range(5) for epochs in (12, 4)]
COLUMNS = ("temperature", "top_p", "language", "name", "entropy", "read_as")


@cache
def read_names() -> tuple[list[str], dict[str, list[str]], dict[str, tuple[np.ndarray, ...]]]:
    """Return the symbols, the names and, for each split, languages, inputs, targets, weights."""
    names, languages = {}, {}
    with (ROOT / "data" / "phrases.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if len(row["phrase"]) <= LONGEST]
    for split in ("train", "validation", "test"):
        part = [row for row in rows if row["split"] == split]
        names[split] = [row["phrase"] for row in part]
        languages[split] = np.array([LANGUAGES.index(row["language"]) for row in part])
    symbols = ["", "?", *sorted(set("".join(names["train"])))]
    index = {symbol: number for number, symbol in enumerate(symbols)}
    data = {}
    for split, some in names.items():
        ids = np.zeros((len(some), LONGEST + 2), dtype="int32")
        for row, name in zip(ids, some, strict=True):
            row[1 : len(name) + 1] = [index.get(character, 1) for character in name]
        lengths = np.array([len(name) for name in some])
        real = (np.arange(LONGEST + 1) <= lengths[:, None]).astype("float32")
        data[split] = languages[split], ids[:, :-1], ids[:, 1:], real
    return symbols, names, data


def build(vocabulary: int) -> tuple[keras.Model, keras.Model, keras.Model]:
    """Return the start (language → state), the writer (characters, state → scores, state), both."""
    start = keras.Sequential([keras.Input((), dtype="int32"), layers.Embedding(10, UNITS)])
    characters, state = keras.Input((None,), dtype="int32"), keras.Input((UNITS,))
    vectors = layers.Embedding(vocabulary, 64)(characters)
    gru = layers.GRU(UNITS, return_sequences=True, return_state=True)
    outputs, last = gru(vectors, initial_state=state)
    scores = layers.Dense(vocabulary)(layers.Dropout(0.5)(outputs))
    writer = keras.Model([characters, state], [scores, last])
    language = keras.Input((), dtype="int32")
    return (
        start,
        writer,
        keras.Model([language, characters], writer([characters, start(language)])[0]),
    )


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


def bits(model: keras.Model, languages, x, y) -> np.ndarray:
    scores = keras.ops.log_softmax(model([languages, x]))
    given = np.take_along_axis(keras.ops.convert_to_numpy(scores), y[..., None], axis=-1)
    return -given[..., 0] / np.log(2)


def adjust(p: np.ndarray, temperature: float, top_p: float) -> np.ndarray:
    """Return the probabilities after temperature and then top-p."""
    p = p ** (1 / temperature)
    p /= p.sum(axis=-1, keepdims=True)
    order = np.argsort(-p, axis=-1)
    ranked = np.take_along_axis(p, order, axis=-1)
    ranked[ranked.cumsum(axis=-1) - ranked >= top_p] = 0
    np.put_along_axis(p, order, ranked, axis=-1)
    return p / p.sum(axis=-1, keepdims=True)


def write(start, writer, languages, temperature: float, top_p: float, seed: int) -> dict:
    """Write a name of at most LONGEST characters for each language given, one draw a step."""
    rng = np.random.default_rng(seed)
    state = start(languages)
    last = np.zeros(len(languages), dtype="int32")
    found = {"ids": [], "probabilities": [], "draws": [], "states": []}
    for _ in range(LONGEST):
        found["states"].append(keras.ops.convert_to_numpy(state))
        scores, state = writer([keras.ops.convert_to_tensor(last[:, None]), state])
        p = keras.ops.convert_to_numpy(keras.ops.softmax(scores[:, 0])).astype("float64")
        p[:, 1] = 0  # the unknown character cannot be written
        p = adjust(p, temperature, top_p)
        draw = rng.random(len(languages))
        last = (p.cumsum(axis=-1) < draw[:, None]).sum(axis=-1).clip(max=p.shape[-1] - 1)
        last = last.astype("int32")
        for key, value in (("ids", last), ("probabilities", p), ("draws", draw)):
            found[key].append(value)
    return {key: np.array(value) for key, value in found.items()}


def spell(ids: np.ndarray) -> list[str]:
    """Return the names whose numbers are the columns, each up to its end."""
    symbols = read_names()[0]
    return [
        "".join(symbols[n] for n in column[: (column == 0).argmax() if 0 in column else None])
        for column in ids.T
    ]


@cache
def train_reader():
    """Train notebook 02's classifier; return a function from names to numbers of languages."""
    splits = phrases.read_splits()
    with (ROOT / "data" / "phrases.csv").open(encoding="utf-8", newline="") as file:
        texts = [f" {row['phrase']} " for row in csv.DictReader(file) if row["split"] == "train"]
    vectorize = layers.TextVectorization(
        max_tokens=1000, standardize=None, split="character", ngrams=2
    )
    vectorize.adapt(texts)
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((None,)),
            layers.Embedding(1000, 64, mask_zero=True),
            layers.LSTM(128),
            layers.Dense(10),
        ]
    )
    steps = phrases.EPOCHS * len(texts) // phrases.BATCH
    rate = keras.optimizers.schedules.CosineDecay(0.01, steps)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.AdamW(rate, weight_decay=0.1), loss)
    data = phrases.make_batches(*splits["train"], "buckets", True)
    long = np.count_nonzero(splits["train"][0], axis=1) >= 40
    number = np.ceil(np.bincount(long) / phrases.BATCH).sum()
    data = data.apply(tf.data.experimental.assert_cardinality(int(number)))
    model.fit(data, epochs=phrases.EPOCHS, shuffle=False, verbose=0)
    return lambda names: np.concatenate(
        [
            np.argmax(model(vectorize([f" {name} " for name in names[i : i + 256]])), axis=1)
            for i in range(0, len(names), 256)
        ]
    )


def entropies(found: dict[str, np.ndarray]) -> np.ndarray:
    """Return the mean entropy, in bits, of the draws that made each name, its end included."""
    p = found["probabilities"]
    each = -np.where(p > 0, p * np.log2(np.where(p > 0, p, 1)), 0).sum(axis=-1)
    drawn = np.cumsum(found["ids"] == 0, axis=0) - (found["ids"] == 0) == 0
    return (each * drawn).sum(axis=0) / drawn.sum(axis=0)


def keep_names(start, writer) -> None:
    """Store the real test names, those written in each way, and how they are read."""
    _, names, data = read_names()
    wanted = np.repeat(np.arange(10), EACH)
    some = [("", "", names["test"], [""] * len(names["test"]), data["test"][0])]
    for way in WAYS:
        found = write(start, writer, wanted, *way, seed=0)
        bits_a_draw = [f"{bits:.3f}" for bits in entropies(found)]
        some.append((*way, spell(found["ids"]), bits_a_draw, wanted))
    with (RESULTS / "nb07_writing_names.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(COLUMNS)
        for temperature, top_p, texts, bits_a_draw, languages in some:
            answers = [LANGUAGES[number] for number in train_reader()(texts)]
            told = [LANGUAGES[number] for number in languages]
            for row in zip(told, texts, bits_a_draw, answers, strict=True):
                table.writerow((temperature, top_p, *row))


def keep_steps(start, writer) -> None:
    """Store how the first Finnish name was drawn: the likeliest symbols, the draw, the state."""
    symbols, _, _ = read_names()
    found = write(start, writer, np.full(1, LANGUAGES.index("fi")), 1.0, 1.0, seed=0)
    steps = []
    for chosen, p, draw, state in zip(
        *(found[key][:, 0] for key in ("ids", "probabilities", "draws", "states")), strict=True
    ):
        best = np.argsort(-p)[:6]
        steps.append(
            {
                "likeliest": [symbols[n] for n in best],
                "probabilities": [round(float(p[n]), 3) for n in best],
                "draw": round(float(draw), 3),
                "before": round(float(p[:chosen].sum()), 3),
                "chosen": symbols[chosen],
                "chance": round(float(p[chosen]), 3),
                "state": [round(float(h), 2) for h in state[:12]],
            }
        )
        if chosen == 0:
            break
    text = json.dumps({"language": "fi", "steps": steps}, ensure_ascii=False, indent=1)
    (RESULTS / "nb07_writing_steps.json").write_text(text + "\n", encoding="utf-8")


def train(epochs: int, seed: int) -> dict[str, str]:
    symbols, _, data = read_names()
    keras.utils.set_random_seed(seed)
    start, writer, model = build(len(symbols))
    training = batches(*data["train"])
    rate = keras.optimizers.schedules.CosineDecay(0.004, epochs * len(training))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.AdamW(rate, weight_decay=0.05), loss)
    model.fit(training, epochs=epochs, shuffle=False, verbose=0)

    row = {"parameters": str(model.count_params())}
    path = RESULTS / "nb07_writing_bits.npz"
    kept = dict(np.load(path)) if path.exists() else {}
    for split in ("validation", "test"):
        languages, x, y, real = data[split]
        # One row for each language that the writer might have been told.
        told = np.array([bits(model, np.full(len(x), n), x, y) * real for n in range(10)])
        own = told[languages, np.arange(len(x))]
        kept[f"{split}_{epochs}_{seed}"] = own[real == 1].astype("float16")
        row[split] = f"{2 ** (own.sum() / real.sum()):.3f}"
        others = (told.sum(axis=0) - own).sum() / 9
        row[f"{split}_wrong_language"] = f"{2 ** (others / real.sum()):.3f}"
        guess = told.sum(axis=2).argmin(axis=0)
        row[f"{split}_accuracy"] = f"{np.mean(guess == languages):.4f}"
    np.savez_compressed(path, **kept)

    wanted = np.repeat(np.arange(10), EACH)
    names = spell(write(start, writer, wanted, 1.0, 1.0, seed)["ids"])
    row["read_right"] = f"{np.mean(train_reader()(names) == wanted):.4f}"
    if (epochs, seed) == (12, 0):
        keep_names(start, writer)
        keep_steps(start, writer)
    return row


if __name__ == "__main__":
    fill("nb07_writing.csv", TRAININGS, train)
