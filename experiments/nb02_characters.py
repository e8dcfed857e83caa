"""Train notebook 02's model, which reads phrases character by character.

    python -m experiments.nb02_characters        (about three quarters of an hour on one core)

`kind` is "read" (in order) or "shuffled" (the characters of each phrase in random order, while
training and after it). The rates compete on three seeds, at the shortest budget and, without the
one that was too high, again at COMPARED; two seeds more follow for the best. `validation` and
`test` are accuracies; `answers` has a digit for each phrase of the test split, the language that
the model gave.
"""

import time
from collections.abc import Callable, Sequence
from functools import cache, partial

import keras
import numpy as np
import tensorflow as tf

from course import phrases
from experiments import recipe, store, tasks

SEEDS, RATES, BUDGETS = range(5), (0.003, 0.01, 0.03), (4, 8, 16, 32)
COMPARED = 16  # epochs at which the rates compete again, and after which the shuffled model stops
BEST, TOO_HIGH = 0.01, 0.1
WIDTHS = (11, 14, 18, 26, 53)  # XLA compiles once for each; the longest phrase has 53 characters


def widen(ids: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pad a batch to one of few widths."""
    width = min(width for width in WIDTHS if width >= ids.shape[1])
    return np.pad(ids, ((0, 0), (0, width - ids.shape[1]))), labels


def shuffle_characters(ids: tf.Tensor, labels: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Put the characters of each phrase of a batch in random order; padding stays behind them."""
    keys = tf.random.uniform(tf.shape(ids)) + tf.where(ids == 0, 1.0, 0.0)
    return tf.gather(ids, tf.argsort(keys, axis=1), batch_dims=1), labels


@cache
def read_batches(kind: str) -> dict[str, tf.data.Dataset]:
    """Return the batches of each split, short phrases first."""
    texts, labels = tasks.read_phrases()
    vectorize = phrases.vectorize_characters(texts["train"])
    data = {}
    for split, some in texts.items():
        pairs = phrases.by_length(vectorize, some, labels[split]).as_numpy_iterator()
        batches = [widen(ids, known) for ids, known in pairs]
        spec = tuple(tf.TensorSpec((None,) * n, "int64") for n in (2, 1))
        data[split] = tf.data.Dataset.from_generator(lambda b=batches: b, output_signature=spec)
        data[split] = data[split].apply(tf.data.experimental.assert_cardinality(len(batches)))
        data[split] = data[split].cache()
        if kind == "shuffled":
            data[split] = data[split].map(shuffle_characters)
    return data


@cache
def make_recipe(build: Callable[[], keras.Sequential] = phrases.build) -> recipe.Recipe:
    return recipe.Recipe(
        build,
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        phrases.BATCH,
        partial(keras.optimizers.AdamW, weight_decay=0.1),
    )


def fit_and_score(
    trained: recipe.Recipe,
    data: dict[str, tf.data.Dataset],
    rate: float,
    epochs: int,
    seed: int,
) -> store.Settings:
    """Train a model and score it."""
    start = time.process_time()
    trained.restart(seed, rate, epochs * len(data["train"]))
    trained.model.fit(data["train"].shuffle(100), epochs=epochs, shuffle=False, verbose=0)
    seconds = time.process_time() - start
    row = {"parameters": trained.model.count_params(), "seconds": f"{seconds:.0f}"}
    texts, labels = tasks.read_phrases()
    for split in ("validation", "test"):
        answers = np.empty(len(texts[split]), int)
        order = np.argsort([len(text) for text in texts[split]], kind="stable")
        answers[order] = trained.model.predict(data[split], verbose=0).argmax(axis=1)
        row[split] = f"{np.mean(answers == labels[split]):.4f}"
    return row | {"answers": "".join(str(answer) for answer in answers)}


def train(kind: str, rate: float, epochs: int, seed: int) -> store.Settings:
    return fit_and_score(make_recipe(), read_batches(kind), rate, epochs, seed)


def settings(
    kind: str, rate: float, epochs: int, seeds: Sequence[int] = SEEDS
) -> list[store.Settings]:
    return [{"kind": kind, "rate": rate, "epochs": epochs, "seed": seed} for seed in seeds]


def trainings() -> list[store.Settings]:
    grid = []
    for epochs, rates in ((BUDGETS[0], (*RATES, TOO_HIGH)), (COMPARED, RATES)):
        grid += [some for rate in rates for some in settings("read", rate, epochs, SEEDS[:3])]
    for epochs in BUDGETS:
        grid += [some for some in settings("read", BEST, epochs) if some not in grid]
    return grid + settings("shuffled", BEST, BUDGETS[0]) + settings("shuffled", BEST, COMPARED)


if __name__ == "__main__":
    store.fill(__file__, trainings, train)
