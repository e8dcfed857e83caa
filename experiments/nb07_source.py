"""Train notebook 07's writer of Python on Keras's own source, and let it write.

    python -m experiments.nb07_source        (a minute)

`held_out` is the perplexity per character on files of another folder: of the network that notebook
07 trains, and of modified Kneser–Ney counts of order 7. The source is that of the installed package
keras. Of it nothing is stored but what the models wrote:

- nb07_source_counts.txt: what the counts wrote from "def " on;
- nb07_source_steps.json: how the network drew its first characters, for images/nb07_sampling.py.
"""

import json
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import keras
import numpy as np
from keras import layers

from experiments import store
from experiments.nb07_writing import count, discounts, probability

FOLDERS = {"train": "layers", "held out": "callbacks"}
BATCH, STEPS = 32, 64
UNITS, RATE, UPDATES, ORDER = 128, 0.01, 300, 7
HELD_OUT = 40, 512  # rows and characters of the held-out source on which models are compared
PROMPT, LENGTH = "def ", 500


@cache
def read() -> dict[str, str]:
    """Return the source of each folder, file after file, without the tests."""
    root = Path(find_spec("keras").origin).parent / "src"
    return {
        part: "".join(
            path.read_text(encoding="utf-8")
            for path in sorted((root / folder).rglob("*.py"), key=Path.as_posix)
            if not path.name.endswith("_test.py")
        )
        for part, folder in FOLDERS.items()
    }


@cache
def symbols() -> list[str]:
    """Return the characters of the training source in the order of their numbers, 0 for others."""
    return ["?", *sorted(set(read()["train"]) - {"?"})]


@cache
def numbers(part: str) -> np.ndarray:
    known = {symbol: number for number, symbol in enumerate(symbols())}
    return np.array([known.get(symbol, 0) for symbol in read()[part]], dtype="int32")


def draw(rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return pieces of the training source, (rows, STEPS), and what follows each character."""
    ids = numbers("train")
    starts = np.random.default_rng(seed).integers(len(ids) - STEPS, size=rows)
    pieces = ids[starts[:, None] + np.arange(STEPS + 1)]
    return pieces[:, :-1], pieces[:, 1:]


def held_out() -> np.ndarray:
    """Return rows of the held-out source, each a character longer than what is predicted of it."""
    rows, length = HELD_OUT
    starts = np.linspace(0, len(numbers("held out")) - length - 1, rows).astype(int)
    return numbers("held out")[starts[:, None] + np.arange(length + 1)]


def build(batch: int | None = None) -> keras.Model:
    """Return the network; with a batch, one that keeps its state from call to call."""
    return keras.Sequential(
        [
            keras.Input((None,), batch, "int32"),
            layers.Embedding(len(symbols()), 64),
            layers.GRU(UNITS, return_sequences=True, stateful=batch is not None),
            layers.Dense(len(symbols())),
        ]
    )


def perplexity(model: keras.Model) -> float:
    rows = held_out()
    scores = model.predict(rows[:, :-1], verbose=0)
    log_p = keras.ops.convert_to_numpy(keras.ops.log_softmax(scores))
    return float(np.exp(-np.take_along_axis(log_p, rows[:, 1:, None], axis=-1).mean()))


def write(model: keras.Model, length: int) -> list[tuple]:
    """Write from PROMPT on, and return how: order, probabilities, draw, rank and state of each.

    The line from 0 to 1 is divided in the order of the probabilities, the largest first.
    """
    rng = np.random.default_rng(0)
    writer = build(batch=1)
    writer.set_weights(model.get_weights())
    read_now = [symbols().index(symbol) for symbol in PROMPT]
    steps = []
    for _ in range(length):
        scores = writer.predict_on_batch(np.array([read_now], dtype="int32"))[0, -1]
        p = np.exp(scores.astype("float64") - scores.max())
        p[0] = 0  # the unknown character cannot be written
        order = np.argsort(-p)
        ranked = p[order] / p.sum()
        u = rng.random()
        rank = min(int((ranked.cumsum() <= u).sum()), len(p) - 2)
        state = keras.ops.convert_to_numpy(writer.layers[1].states[0])[0]
        steps.append((order, ranked, u, rank, state))
        read_now = [order[rank]]
    return steps


def keep_steps(steps: list) -> None:
    """Store the likeliest characters, the draw and the state of the first steps."""
    kept = [
        {
            "likeliest": [symbols()[n] for n in order[:6]],
            "probabilities": [round(float(p), 3) for p in ranked[:6]],
            "draw": round(float(u), 3),
            "before": round(float(ranked[:rank].sum()), 3),
            "chosen": symbols()[order[rank]],
            "chance": round(float(ranked[rank]), 3),
            "state": [round(float(h), 2) for h in state[:12]],
        }
        for order, ranked, u, rank, state in steps
    ]
    lines = ",\n".join(json.dumps(step, ensure_ascii=False) for step in kept)
    store.beside(__file__, "_steps.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")


def train_network() -> float:
    keras.utils.set_random_seed(0)
    model = build()
    rate = keras.optimizers.schedules.CosineDecay(RATE, UPDATES)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(rate, clipnorm=1.0), loss)
    x, y = draw(UPDATES * BATCH, seed=0)
    model.fit(x, y, batch_size=BATCH, shuffle=False, verbose=0)
    keep_steps(write(model, 14))
    return perplexity(model)


def fit_counts() -> float:
    n = count([read()["train"]], ORDER)
    D, V = discounts(n, ORDER), len(symbols())

    def p(text: str, y: str) -> float:
        return probability(n, D, text[1 - ORDER :], y, V)

    rows = ["".join(symbols()[number] for number in row) for row in held_out()]
    given = [p(row[max(0, t - ORDER) : t], row[t]) for row in rows for t in range(1, len(row))]
    rng, text = np.random.default_rng(0), PROMPT
    for _ in range(LENGTH):
        shares = np.array([p(text, y) for y in symbols()])
        text += symbols()[rng.choice(V, p=shares / shares.sum())]
    store.beside(__file__, "_counts.txt").write_text(text + "\n", encoding="utf-8")
    return float(np.exp(-np.log(given).mean()))


def train(model: str) -> store.Settings:
    found = train_network() if model == "GRU" else fit_counts()
    return {"held_out": f"{found:.3f}"}


def trainings() -> list[store.Settings]:
    return [{"model": "GRU"}, {"model": "counts"}]


if __name__ == "__main__":
    store.fill(__file__, trainings, train)
