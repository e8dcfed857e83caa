"""Train deep bidirectional models that tell the language of a phrase, for the leaderboard.

    python -m experiments.nb14_deep_phrases        (about 40 minutes on two cores)

Every recipe is BASE with changes, is trained on seed 0 and scored on validation only; the best is
trained on five more seeds, which read the test. In the row of seed "all" these five vote: their
probabilities are averaged. Last, the best recipe with one layer and with none is trained on five
seeds, which vote too. That without recurrence is the control, and reads the test; that with one
layer is scored on validation only. The scores are accuracies.

All models read a phrase both ways, character by character. At each, the sum of the embeddings of
the runs of 1 to `ngrams` characters that end there comes in, if training has them twice. A share
`drop` of what passes between layers and to the top is dropped; the top reads the mean and the
maximum over time of the last layer. Training hides a share `hide` of the runs, leaves out each word
of a longer phrase with probability `words`, and appends another phrase of the same language with
probability `join`.
"""

import time
from collections import Counter
from collections.abc import Iterator
from functools import cache, partial

import keras
import numpy as np
from keras import layers, ops

from course.phrases import LANGUAGES
from experiments import store
from experiments.recipe import Recipe
from experiments.tasks import read_phrases

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
    phrases = read_phrases()[0]["train"]
    counts = Counter(
        run for phrase in phrases for here in runs(phrase, ngrams) for run in dict.fromkeys(here)
    )
    # 0 is padding, 1 a hidden or unknown run.
    return {run: n for n, run in enumerate((run for run in counts if counts[run] > 1), 2)}


def vary(words: float, join: float, rng: np.random.Generator) -> list[str]:
    """Return the training phrases with words left out and other phrases appended."""
    phrases, labels = (some["train"] for some in read_phrases())
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
def recipe(**architecture: object) -> Recipe:
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    optimizer = partial(keras.optimizers.AdamW, weight_decay=DECAY, clipnorm=1.0)
    return Recipe(lambda: build(**architecture), loss, BATCH, optimizer)


def splits(best: bool, depth: int) -> tuple[str, ...]:
    """Return what is scored: the best recipe and the control read the test."""
    return ("validation", "test") if best or depth == 0 else ("validation",)


def train_one(
    words: float, join: float, hide: float, epochs: int, seed: int, **architecture: object
) -> store.Settings:
    texts, labels = read_phrases()
    ngrams = architecture["ngrams"]
    trained = recipe(**architecture)
    trained.restart(seed, RATE, epochs * len(labels["train"]) // BATCH)
    model = trained.model
    rng = np.random.default_rng(seed)
    begin = time.process_time()
    for _ in range(epochs):
        varied = vary(words, join, rng)
        for ids, languages in batches(varied, labels["train"], ngrams, rng, BATCH):
            if len(ids) == BATCH:  # another size would be compiled anew
                hidden = (rng.random(ids.shape) < hide) & (ids > 0)
                model.train_on_batch(np.where(hidden, 1, ids).astype("int32"), languages)
    seconds = time.process_time() - begin

    said = probabilities[architecture["depth"], seed] = {}
    for split in splits(seed in SEEDS, architecture["depth"]):
        scores = np.zeros((len(labels[split]), len(LANGUAGES)))
        for ids, rows in batches(texts[split], np.arange(len(scores)), ngrams, rng, 256):
            scores[rows] = ops.softmax(model(ids))
        said[split] = scores
    return {"parameters": model.count_params(), "seconds": f"{seconds:.0f}"} | accuracies(said)


def accuracies(scores: dict[str, np.ndarray]) -> dict[str, str]:
    """Return the accuracy on validation, and on the test if it was read."""
    found = {"validation": "", "test": ""}
    for split, some in scores.items():
        found[split] = f"{np.mean(some.argmax(axis=1) == read_phrases()[1][split]):.4f}"
    return found


def vote(**chosen: object) -> store.Settings:
    """Return the accuracies of the mean of what the models of all seeds say."""
    best = chosen == best_recipe()
    seeds = SEEDS if best else OTHER_SEEDS
    for one in seeds:
        if (chosen["depth"], one) not in probabilities:
            train_one(seed=one, **chosen)
    model = build(**{option: chosen[option] for option in ARCHITECTURE})
    means = {
        split: np.mean([probabilities[chosen["depth"], one][split] for one in seeds], axis=0)
        for split in splits(best, chosen["depth"])
    }
    return {"parameters": len(seeds) * model.count_params(), "seconds": ""} | accuracies(means)


def train(seed: int | str, **chosen: object) -> store.Settings:
    return vote(**chosen) if seed == "all" else train_one(seed=seed, **chosen)


def best_recipe() -> dict[str, object] | None:
    """Return the recipe that did best with seed 0, once all have been tried."""
    rows = [row for row in store.read(__file__) if row["seed"] == "0"]
    if len(rows) < len(TRIES):
        return None
    best = max(rows, key=lambda row: float(row["validation"]))
    return {option: type(value)(best[option]) for option, value in BASE.items()}


def trainings() -> list[store.Settings]:
    wanted = [BASE | change | {"seed": 0} for change in TRIES]
    if best := best_recipe():
        wanted += [best | {"seed": seed} for seed in (*SEEDS, "all")]
        shallow = [best | {"depth": depth} for depth in (0, 1)]
        wanted += [some | {"seed": seed} for some in shallow for seed in OTHER_SEEDS]
        wanted += [some | {"seed": "all"} for some in shallow]
    return wanted


if __name__ == "__main__":
    store.fill(__file__, trainings, train)
