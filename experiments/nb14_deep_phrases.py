"""Train deep bidirectional models that tell the language of a phrase, for the leaderboard.

    python -m experiments.nb14_deep_phrases        (about 40 minutes on two cores)

Fills experiments/results/nb14_deep_phrases.csv, a row for each training; a row that is there is
kept, so delete it to train it again. Notebook 14 reads it. Every recipe is BASE with changes, is
trained on seed 0 and scored on validation only; the best is trained on five more seeds, which read
the test. In the row of seed "all" these five vote: their probabilities are averaged. Last, the best
recipe with one layer and with none is trained on five seeds, which vote too, and scored on
validation only.

All models read a phrase both ways, character by character. At each, the sum of the embeddings of
the runs of 1 to `ngrams` characters that end there comes in, if training has them twice. A share
`drop` of what passes between layers and to the top is dropped; the top reads the mean and the
maximum over time of the last layer. Training hides a share `hide` of the runs, leaves out each word
of a longer phrase with probability `words`, and appends another phrase of the same language with
probability `join`.
"""

import csv
import os
import time
from collections import Counter
from collections.abc import Iterator
from functools import cache

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from experiments.nb02_phrases import LANGUAGES, read_texts
from experiments.recipe import restart, start_of
from experiments.store import RESULTS, fill

FILE = "nb14_deep_phrases.csv"
BATCH, EMBEDDING, RATE, DECAY = 64, 64, 0.005, 0.1
LENGTHS = (16, 26, 56)  # a batch is padded to one of these, each compiled once
BASE = {
    "ngrams": 4,
    "depth": 2,
    "units": 64,
    "drop": 0.4,
    "hide": 0.15,
    "words": 0.25,
    "join": 0.2,
    "epochs": 15,
}
TRIES = [
    {},
    {"ngrams": 1},
    {"depth": 1},
    {"words": 0.0, "join": 0.0},
    {"hide": 0.3},
    {"hide": 0.5},
    {"ngrams": 6},
    {"units": 32},
    {"hide": 0.3, "words": 0.0, "join": 0.0},
    {"hide": 0.3, "epochs": 25},
]
SEEDS, OTHER_SEEDS = range(1, 6), range(6, 11)
ARCHITECTURE = ("ngrams", "depth", "units", "drop")

# Of each depth and seed trained by this process, what the model says of the phrases of each split.
probabilities: dict[tuple[int, int], dict[str, np.ndarray]] = {}


def runs(phrase: str, ngrams: int) -> list[list[str]]:
    """Return for each character, and a space on either side, the runs that end there."""
    padded = f" {phrase} "
    return [
        [padded[max(0, end - n) : end] for n in range(1, ngrams + 1)]
        for end in range(1, len(padded) + 1)
    ]


@cache
def vocabulary(ngrams: int) -> dict[str, int]:
    """Return the number of each run of the training phrases but those that occur once."""
    phrases, _ = read_texts()["train"]
    counts = Counter(
        run for phrase in phrases for here in runs(phrase, ngrams) for run in dict.fromkeys(here)
    )
    # 0 is padding, 1 a hidden or unknown run.
    return {run: n for n, run in enumerate((run for run in counts if counts[run] > 1), 2)}


def vary(words: float, join: float, rng: np.random.Generator) -> list[str]:
    """Return the training phrases with words left out and other phrases appended."""
    phrases, labels = read_texts()["train"]
    alike = [np.flatnonzero(labels == label) for label in range(len(LANGUAGES))]
    varied = []
    for phrase, label in zip(phrases, labels, strict=True):
        kept = [word for word in phrase.split() if rng.random() >= words]
        varied.append(" ".join(kept) or phrase)
        if rng.random() < join:
            varied[-1] += f" {phrases[rng.choice(alike[label])]}"
    return varied


def batches(
    phrases: list[str], labels: np.ndarray, ngrams: int, rng: np.random.Generator, size: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield batches of similar length, as numbers (batch, time, ngrams), in random order."""
    number = vocabulary(ngrams)
    rows = [
        [[number.get(run, 1) for run in here] for here in runs(phrase, ngrams)[: LENGTHS[-1]]]
        for phrase in phrases
    ]
    lengths = np.array([len(row) for row in rows])
    parts = []
    for shorter, longest in zip((0, *LENGTHS), LENGTHS, strict=False):
        chosen = rng.permutation(np.flatnonzero((lengths > shorter) & (lengths <= longest)))
        parts += [(part, longest) for part in np.split(chosen, range(size, len(chosen), size))]
    for n in rng.permutation(len(parts)):
        part, longest = parts[n]
        ids = np.zeros((len(part), longest, ngrams), dtype="int32")
        for line, row in zip(ids, part, strict=True):
            line[: lengths[row]] = rows[row]
        yield ids, labels[part]


def build(ngrams: int, depth: int, units: int, drop: float) -> keras.Model:
    ids = keras.Input((None, ngrams), dtype="int32")
    mask = ids[..., 0] > 0
    x = ops.sum(layers.Embedding(len(vocabulary(ngrams)) + 2, EMBEDDING)(ids), axis=2)
    for _ in range(depth):
        x = layers.Bidirectional(layers.GRU(units, return_sequences=True))(x, mask=mask)
        x = layers.Dropout(drop)(x)
    real = ops.cast(ops.expand_dims(mask, axis=-1), "float32")
    mean = ops.sum(x * real, axis=1) / ops.sum(real, axis=1)
    x = ops.concatenate([mean, ops.max(x - 100 * (1 - real), axis=1)], axis=-1)
    return keras.Model(ids, layers.Dense(len(LANGUAGES))(x))


@cache
def compiled(epochs: int, **architecture: object) -> tuple:
    """Return a model, its training step, compiled once for all seeds, and its optimizer's start."""
    model = build(**architecture)
    steps = epochs * len(read_texts()["train"][1]) // BATCH
    rate = keras.optimizers.schedules.CosineDecay(RATE, steps)
    optimizer = keras.optimizers.AdamW(rate, weight_decay=DECAY, clipnorm=1.0)
    optimizer.build(model.trainable_variables)
    model.compile(optimizer)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    @tf.function(jit_compile=True)
    def step(ids: tf.Tensor, labels: tf.Tensor) -> None:
        with tf.GradientTape() as tape:
            error = loss(labels, model(ids, training=True))
        gradients = tape.gradient(error, model.trainable_variables)
        optimizer.apply(gradients, model.trainable_variables)

    return model, step, start_of(optimizer)


def train(
    words: float, join: float, hide: float, epochs: int, seed: int, **architecture: object
) -> dict[str, str]:
    splits = read_texts()
    ngrams = architecture["ngrams"]
    model, step, start = compiled(epochs, **architecture)
    restart(model, start, seed, lambda: build(**architecture))
    rng = np.random.default_rng(seed)
    begin = time.process_time()
    for _ in range(epochs):
        varied = vary(words, join, rng)
        for ids, labels in batches(varied, splits["train"][1], ngrams, rng, BATCH):
            if len(ids) == BATCH:  # another size would be compiled anew
                hidden = (rng.random(ids.shape) < hide) & (ids > 0)
                step(np.where(hidden, 1, ids).astype("int32"), labels)
    seconds = time.process_time() - begin

    said = probabilities[architecture["depth"], seed] = {}
    for split in ("validation", "test") if seed in SEEDS else ("validation",):
        scores = np.zeros((len(splits[split][1]), len(LANGUAGES)))
        for ids, rows in batches(splits[split][0], np.arange(len(scores)), ngrams, rng, 256):
            scores[rows] = ops.softmax(model(ids))
        said[split] = scores
    return {"parameters": str(model.count_params()), "seconds": f"{seconds:.0f}"} | accuracies(said)


def accuracies(scores: dict[str, np.ndarray]) -> dict[str, str]:
    """Return the accuracy on validation, and on the test if it was read."""
    found = {"validation": "", "test": ""}
    for split, some in scores.items():
        found[split] = f"{np.mean(some.argmax(axis=1) == read_texts()[split][1]):.4f}"
    return found


def vote(seed: str, **recipe: object) -> dict[str, str]:
    """Return the accuracies of the mean of what the models of all seeds say."""
    seeds, splits = SEEDS, ("validation", "test")
    if recipe != best_recipe():
        seeds, splits = OTHER_SEEDS, ("validation",)
    for one in seeds:
        if (recipe["depth"], one) not in probabilities:
            train(seed=one, **recipe)
    model = build(**{option: recipe[option] for option in ARCHITECTURE})
    means = {
        split: np.mean([probabilities[recipe["depth"], one][split] for one in seeds], axis=0)
        for split in splits
    }
    return {"parameters": str(len(seeds) * model.count_params()), "seconds": ""} | accuracies(means)


def best_recipe() -> dict[str, object]:
    with (RESULTS / FILE).open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["seed"] == "0"]
    best = max(rows, key=lambda row: float(row["validation"]))
    return {option: type(value)(best[option]) for option, value in BASE.items()}


if __name__ == "__main__":
    fill(FILE, [BASE | change | {"seed": 0} for change in TRIES], train)
    best = best_recipe()
    fill(FILE, [best | {"seed": seed} for seed in SEEDS], train)
    fill(FILE, [best | {"seed": "all"}], vote)
    shallow = [best | {"depth": depth, "seed": seed} for depth in (0, 1) for seed in OTHER_SEEDS]
    fill(FILE, shallow, train)
    fill(FILE, [best | {"depth": depth, "seed": "all"} for depth in (0, 1)], vote)
