"""Train notebook 07's writer of names on several seeds, let it write, and let 02's model read.

    python -m experiments.nb07_writing        (about ten minutes on two cores)

`validation` and `test` are perplexities per character, when the writer is told the language of the
name and, `_wrong_language`, another; `_accuracy` is how often it finds a name likeliest in the
right one, and `read_right` how often notebook 02's model takes what it writes for the language that
it was told. What notebook 07 says of the writer comes from the five trainings of 12 epochs; it
trains the row of 4 epochs and seed 0 again. Beside the rows stand

- nb07_writing_bits.npz: for each training and split, minus the binary logarithm of the probability
  that the writer gave to each character of the held-out names, in the order of data/phrases.csv;
- nb07_writing_names.csv, from 12 epochs and seed 0: the real test names, then 100 names for each
  language and way of sampling, each with the language that notebook 02's model takes it for;
- nb07_writing_steps.json, from the same writer: how one name was drawn, for
  images/nb07_sampling.py.
"""

import csv
import json
from collections.abc import Callable
from functools import cache

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from course import phrases
from course.phrases import LANGUAGES
from experiments import store, tasks
from experiments.tasks import LONGEST

UNITS, BATCH = 256, 32
WAYS = [(1.0, 1.0), (0.5, 1.0), (1.5, 1.0), (1.0, 0.9)]
EACH = 100
COLUMNS = ("temperature", "top_p", "language", "name", "entropy", "read_as")


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
    """Write a name of at most LONGEST characters for each language given, one draw per step."""
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


def writable() -> list[str]:
    """Return the symbols in the order of their numbers: the end, the unknown, the characters."""
    return ["", "?", *tasks.characters()]


def spell(ids: np.ndarray) -> list[str]:
    """Return the names whose numbers are the columns, each up to its end."""
    symbols = writable()
    return [
        "".join(symbols[n] for n in column[: (column == 0).argmax() if 0 in column else None])
        for column in ids.T
    ]


@cache
def train_reader() -> Callable[[list[str]], np.ndarray]:
    """Train notebook 02's classifier; return a function from names to numbers of languages."""
    texts, labels = tasks.read_phrases()
    vectorize, ids = phrases.tokenize(texts)
    keras.utils.set_random_seed(0)
    model = phrases.build()
    phrases.compile_model(model, len(labels["train"]))
    data = phrases.batches(ids["train"], labels["train"], training=True)
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
    names, languages = (some["test"] for some in tasks.read_names())
    wanted = np.repeat(np.arange(10), EACH)
    some = [("", "", names, [""] * len(names), languages)]
    for way in WAYS:
        found = write(start, writer, wanted, *way, seed=0)
        bits_a_draw = [f"{bits:.3f}" for bits in entropies(found)]
        some.append((*way, spell(found["ids"]), bits_a_draw, wanted))
    with store.beside(__file__, "_names.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(COLUMNS)
        for temperature, top_p, texts, bits_a_draw, languages in some:
            answers = [LANGUAGES[number] for number in train_reader()(texts)]
            told = [LANGUAGES[number] for number in languages]
            for row in zip(told, texts, bits_a_draw, answers, strict=True):
                table.writerow((temperature, top_p, *row))


def keep_steps(start, writer) -> None:
    """Store how the first Finnish name was drawn: the likeliest symbols, the draw, the state."""
    symbols = writable()
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
    store.beside(__file__, "_steps.json").write_text(text + "\n", encoding="utf-8")


def train(epochs: int, seed: int) -> store.Settings:
    _, languages_of = tasks.read_names()
    data = tasks.read_next()
    keras.utils.set_random_seed(seed)
    start, writer, model = build(len(writable()))
    training = batches(languages_of["train"], *data["train"])
    rate = keras.optimizers.schedules.CosineDecay(0.004, epochs * len(training))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.AdamW(rate, weight_decay=0.05), loss)
    model.fit(training, epochs=epochs, shuffle=False, verbose=0)

    row = {"parameters": model.count_params()}
    path = store.beside(__file__, "_bits.npz")
    kept = dict(np.load(path)) if path.exists() else {}
    for split in ("validation", "test"):
        languages, (x, y, real) = languages_of[split], data[split]
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


def trainings() -> list[store.Settings]:
    return [{"epochs": epochs, "seed": seed} for seed in range(5) for epochs in (12, 4)]


if __name__ == "__main__":
    store.fill(__file__, trainings, train)
