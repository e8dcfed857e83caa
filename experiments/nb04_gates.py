"""Train notebook 02's model on several seeds and measure what its gates do.

    python -m experiments.nb04_gates        (about ten minutes on two cores)

All is measured on the test phrases: nothing was chosen on them. Notebook 04 trains seed 0 again.

- forget: the mean forget gate. kept_k: what is left of a number in the cell state after the last k
  tokens of a phrase, that is the product of k forget gates; the mean over units and phrases.
  unit_10: the mean over phrases of the unit that keeps most over 10.
- near_0, near_1: the share of forget gates below 0.1, above 0.9; left_0, left_1: the slope of c_t
  over c_{t-1}, fitted through the origin where the gate is so.
- along_c_10, along_h_10, both_10: the root mean square, over units, of the gradient of the last
  cell state by that of 10 tokens before, through the cell state alone, through the gates and the
  candidate alone, and through both.
- rank: Spearman correlation, over the pairs of characters read, of the mean input gate with the
  information of the pair about the language; rank_untrained: the same before training.
- pairs: accuracy when the model reads only the pairs. Then when it reads half of them: those of the
  largest input gate, of the smallest, of the largest and smallest candidate, of the greatest
  information, and a random half.
"""

import keras
import numpy as np
import tensorflow as tf
from scipy.stats import spearmanr

from course import phrases
from experiments import nb02_phrases, store, tasks
from experiments.recipe import accuracy

LAGS = (1, 5, 10, 20)
WIDTH = 31
PROBES = 4


def read(model: keras.Model, ids: np.ndarray) -> dict[str, np.ndarray]:
    """Return gates, candidate and states at each step, (batch, time, units)."""
    E, W, U, b = model.get_weights()[:4]
    h = c = np.zeros((len(ids), len(U)), "float32")
    found = {name: [] for name in "ifgohc"}
    for column in ids.T:
        i, f, g, o = np.split(E[column] @ W + h @ U + b, 4, axis=1)
        i, f, o = (1 / (1 + np.exp(-a)) for a in (i, f, o))
        g = np.tanh(g)
        c = f * c + i * g
        h = o * np.tanh(c)
        for name, value in zip("ifgohc", (i, f, g, o, h, c), strict=True):
            found[name].append(value)
    return {name: np.stack(values, axis=1) for name, values in found.items()}


def information(ids: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return how much each token tells of the language, in bits: the divergence of the languages
    in which it occurs from those of all tokens, its counts smoothed by one."""
    counts = np.zeros((phrases.TOKENS, len(phrases.LANGUAGES)))
    np.add.at(counts, (ids, labels[:, None]), ids > 0)
    prior = counts.sum(axis=0) / counts.sum()
    share = (counts + prior) / (counts.sum(axis=1, keepdims=True) + 1)
    return np.sum(share * np.log2(share / prior), axis=1)


def is_pair(ids: np.ndarray) -> np.ndarray:
    """Tell the pairs of neighbours: n characters are followed by n − 1 pairs."""
    lengths = np.count_nonzero(ids, axis=1)[:, None]
    place = np.arange(ids.shape[1])
    return (place >= (lengths + 1) // 2) & (place < lengths)


def keep_half(ids: np.ndarray, score: np.ndarray) -> np.ndarray:
    """Return the half of the pairs with the highest score; what is left out is masked."""
    pair = is_pair(ids)
    order = np.argsort(np.where(pair, -score, np.inf), axis=1, kind="stable")
    rank = np.argsort(order, axis=1, kind="stable")
    return np.where(pair & (rank < pair.sum(axis=1, keepdims=True) // 2), ids, 0)


def gradients(model: keras.Model, ids: np.ndarray, path: str) -> np.ndarray:
    """Return the root mean square, over units, of dc_T/dc_t, for T − t from 0 to 30.

    `path` is "c", "h" or "both". The phrases must have WIDTH tokens.
    """
    E, W, U, b = model.get_weights()[:4]
    found = 0
    for seed in range(PROBES):
        # E|vᵀJ|² = |J|² for random signs v, so the whole Jacobian need not be built.
        v = np.sign(np.random.default_rng(seed).normal(size=(len(ids), len(U)))).astype("float32")
        h = c = tf.zeros(v.shape)
        cs = []
        with tf.GradientTape() as tape:
            tape.watch(c)
            for column in ids.T:
                a = tf.constant(E[column] @ W + b)
                a += (tf.stop_gradient(h) if path == "c" else h) @ U
                i, f, g, o = tf.split(a, 4, axis=1)
                kept = tf.stop_gradient(c) if path == "h" else c
                c = tf.sigmoid(f) * kept + tf.sigmoid(i) * tf.tanh(g)
                h = tf.sigmoid(o) * tf.tanh(c)
                cs.append(c)
            loss = tf.reduce_sum(v * c)
        squares = [np.mean(np.sum(d.numpy() ** 2, axis=1)) for d in tape.gradient(loss, cs)]
        found = found + np.array(squares[::-1]) / (PROBES * len(U))
    return np.sqrt(found)


def measure(seed: int) -> store.Settings:
    seen, known = (some["train"] for some in tasks.read_tokens())
    ids, labels = (some["test"] for some in tasks.read_tokens())
    lengths, pair = np.count_nonzero(ids, axis=1), is_pair(ids)
    bits = information(seen, known)[ids]

    keras.utils.set_random_seed(seed)
    model = phrases.build()
    untrained = read(model, ids)["i"].mean(axis=2)
    phrases.compile_model(model, len(known))
    data = nb02_phrases.make_batches(seen, known, "buckets", training=True)
    model.fit(data, epochs=phrases.EPOCHS, shuffle=False, verbose=0)
    row = {"test": accuracy(model, ids, labels)}

    found = read(model, ids)
    row["forget"] = found["f"][ids > 0].mean()
    for lag in LAGS:
        products = [
            f[n - lag : n].prod(axis=0) for f, n in zip(found["f"], lengths, strict=True) if n > lag
        ]
        row[f"kept_{lag}"] = np.mean(products)
        if lag == 10:
            row["unit_10"] = np.mean(products, axis=0).max()

    real = ids[:, 1:] > 0
    f, before, after = found["f"][:, 1:][real], found["c"][:, :-1][real], found["c"][:, 1:][real]
    for name, there in (("0", f < 0.1), ("1", f > 0.9)):
        row[f"near_{name}"] = there.mean()
        row[f"left_{name}"] = np.sum((before * after)[there]) / np.sum(before[there] ** 2)

    tails = np.stack([r[n - WIDTH : n] for r, n in zip(ids, lengths, strict=True) if n >= WIDTH])
    for name in ("c", "h", "both"):
        label = name if name == "both" else f"along_{name}"
        row[f"{label}_10"] = gradients(model, tails[:64], name)[10]

    i, g = found["i"].mean(axis=2), np.abs(found["g"]).mean(axis=2)
    row["rank"] = spearmanr(i[pair], bits[pair])[0]
    row["rank_untrained"] = spearmanr(untrained[pair], bits[pair])[0]
    row["pairs"] = accuracy(model, np.where(pair, ids, 0), labels)
    chance = np.random.default_rng(0).random(ids.shape)
    halves = {"input_top": i, "input_bottom": -i, "candidate_top": g, "candidate_bottom": -g}
    for name, score in (halves | {"information_top": bits, "random": chance}).items():
        row[name] = accuracy(model, keep_half(ids, score), labels)
    return {name: f"{value:.4g}" for name, value in row.items()}


def trainings() -> list[store.Settings]:
    return [{"seed": seed} for seed in range(5)]


if __name__ == "__main__":
    store.fill(__file__, trainings, measure)
