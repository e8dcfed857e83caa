"""Train models that see the future and models that do not, on tasks that ask for the next value.

    python -m experiments.nb13_leaks        (about five minutes on two cores)

The tasks are the sunspots of the next year and the next character of a name; their scores are a
root mean squared error, in sunspots, and a perplexity. `given` is the score where the input goes on
past the place that is asked about, `missing` where it ends there. "both, past only" reads the PAST
years in both directions and answers once.
"""

from functools import cache, partial

import keras
import numpy as np
from keras import layers

from experiments import store, tasks
from experiments.recipe import Recipe, shuffled
from experiments.tasks import LONGEST

YEARS, PAST, TRAINED_UNTIL = 48, 32, 1900
UPDATES, BATCH, RATE = 300, 32, 0.01


@cache
def read_years() -> tuple[np.ndarray, np.ndarray]:
    """Return windows of YEARS + 1 sunspot numbers in hundreds: for training, and for the test.

    No training window reaches 1900; in the test windows the year after the first PAST is 1900 or
    later.
    """
    years, values = tasks.read_series("sunspots")
    values = values.astype("float32") / 100
    windows = np.lib.stride_tricks.sliding_window_view(values, YEARS + 1)[..., None]
    first = TRAINED_UNTIL - int(years[0])
    return windows[: first - YEARS], windows[first - PAST :]


@cache
def read_names() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return the characters of each split and the next ones, −1 after the end."""
    return {
        split: (x, np.where(real == 1, y, -1)) for split, (x, y, real) in tasks.read_next().items()
    }


def build(task: str, model: str) -> keras.Sequential:
    gru = partial(layers.GRU, return_sequences=True)
    inside = {
        ("sunspots", "forward"): lambda: gru(16),
        ("sunspots", "both"): lambda: layers.Bidirectional(gru(11)),
        ("sunspots", "both, past only"): lambda: layers.Bidirectional(layers.GRU(11)),
        ("names", "forward"): lambda: gru(64),
        ("names", "both"): lambda: layers.Bidirectional(gru(42)),
    }[task, model]()
    if task == "sunspots":
        return keras.Sequential([keras.Input((None, 1)), inside, layers.Dense(1)])
    vocabulary = len(tasks.characters()) + 2
    front = [keras.Input((None,)), layers.Embedding(vocabulary, 16)]
    return keras.Sequential([*front, inside, layers.Dense(vocabulary)])


@cache
def recipe(task: str, model: str) -> Recipe:
    loss = (
        keras.losses.MeanSquaredError()
        if task == "sunspots"
        else keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=-1)
    )
    return Recipe(lambda: build(task, model), loss, BATCH)


def fit(task: str, model: str, x: np.ndarray, y: np.ndarray, seed: int) -> keras.Model:
    order = shuffled(np.arange(len(x)), UPDATES * BATCH, np.random.default_rng(seed))
    return recipe(task, model).fit(x[order], y[order], RATE, seed)


def train_forecaster(model: str, seed: int) -> store.Settings:
    train, test = read_years()
    once = model == "both, past only"
    x, y = (train[:, :PAST], train[:, PAST]) if once else (train[:, :-1], train[:, 1:])
    network = fit("sunspots", model, x, y, seed)

    def error(years: int) -> str:
        answers = np.array(network(test[:, :years]))
        answers = answers if once else answers[:, PAST - 1]
        return f"{100 * np.sqrt(np.mean((answers - test[:, PAST]) ** 2)):.2f}"

    given = "" if once else error(YEARS)
    return {"parameters": network.count_params(), "given": given, "missing": error(PAST)}


def train_writer(model: str, seed: int) -> store.Settings:
    data = read_names()
    network = fit("names", model, *data["train"], seed)
    x, y = data["test"]

    def perplexity(scores) -> str:
        said = np.array(keras.ops.log_softmax(scores))[y >= 0]
        return f"{np.exp(-said[np.arange(len(said)), y[y >= 0]].mean()):.2f}"

    ends = [network(x[:, : t + 1])[:, -1:] for t in range(LONGEST + 1)]
    return {
        "parameters": network.count_params(),
        "given": perplexity(network(x)),
        "missing": perplexity(keras.ops.concatenate(ends, axis=1)),
    }


def train(task: str, model: str, seed: int) -> store.Settings:
    return {"sunspots": train_forecaster, "names": train_writer}[task](model, seed)


def trainings() -> list[store.Settings]:
    kinds = [("sunspots", model) for model in ("forward", "both", "both, past only")]
    kinds += [("names", model) for model in ("forward", "both")]
    return [{"task": t, "model": m, "seed": seed} for seed in range(5) for t, m in kinds]


if __name__ == "__main__":
    store.fill(__file__, trainings, train)
