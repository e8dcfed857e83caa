"""Time an update under Keras's three dtype policies, for notebook 16.

    python -m experiments.nb16_mixed        (about five minutes on two cores)

There is a row for each number of units of a custom cell, each policy, and TensorFlow with oneDNN,
Intel's library of operations, and without it. What counts is processor time, of one thread, on a
CPU; `ms` is the median. The policies take turns, and `median`, `low` and `high` are the time as a
share of float32's in the same round: the median of all rounds and the quartiles.

Much depends on the processor. These rows come from an Intel Xeon that can compute in float16 and
bfloat16 (avx512_fp16, avx512_bf16).
"""

import multiprocessing
import os
import time
from concurrent.futures import ProcessPoolExecutor
from functools import cache

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from custom_cells import GRUCell
from experiments import store

POLICIES = ("float32", "mixed_float16", "mixed_bfloat16")
STEPS, TOKENS, CLASSES, BATCH, ROUNDS = 24, 120, 10, 64, 20


def make_update(units: int, policy: str):
    """Return a function that makes one update, traced and called once."""
    keras.config.set_dtype_policy(policy)
    try:
        keras.utils.set_random_seed(0)
        inputs = keras.Input((STEPS,), dtype="int32")
        hidden = layers.RNN(GRUCell(units))(layers.Embedding(TOKENS, 32)(inputs))
        model = keras.Model(inputs, layers.Dense(CLASSES)(hidden))
    finally:
        keras.config.set_dtype_policy("float32")
    optimizer = keras.optimizers.Adam(0.001)
    if policy == "mixed_float16":
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
    optimizer.build(model.trainable_variables)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    rng = np.random.default_rng(0)
    x = tf.constant(rng.integers(0, TOKENS, (BATCH, STEPS)), tf.int32)
    y = tf.constant(rng.integers(0, CLASSES, BATCH))

    @tf.function
    def update() -> tf.Tensor:
        with tf.GradientTape() as tape:
            value = optimizer.scale_loss(loss(y, model(x, training=True)))
        weights = model.trainable_variables
        optimizer.apply(tape.gradient(value, weights), weights)
        return value

    update()
    return update


def rounds(units: int) -> dict[str, list[float]]:
    """Return the processor seconds of each round, by policy."""
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    updates = {policy: make_update(units, policy) for policy in POLICIES}
    found = {policy: [] for policy in POLICIES}
    for turn in range(ROUNDS):
        for policy in np.roll(POLICIES, turn):
            start = time.process_time()
            updates[policy]().numpy()
            found[policy].append(time.process_time() - start)
    return found


@cache
def seconds(units: int, onednn: str) -> dict[str, list[float]]:
    """Return the rounds of a new process, which TensorFlow starts with oneDNN or without."""
    os.environ["TF_ENABLE_ONEDNN_OPTS"] = {"on": "1", "off": "0"}[onednn]
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(rounds, units).result()


def measure(units: int, onednn: str, policy: str) -> store.Settings:
    taken = {name: np.array(some) for name, some in seconds(units, onednn).items()}
    row = {"ms": f"{1000 * np.median(taken[policy]):.2f}"}
    for name, q in (("low", 0.25), ("median", 0.5), ("high", 0.75)):
        row[name] = f"{np.quantile(taken[policy] / taken['float32'], q):.2f}"
    return row


def trainings() -> list[store.Settings]:
    return [
        {"units": units, "oneDNN": onednn, "policy": policy}
        for units in (64, 256)
        for onednn in ("on", "off")
        for policy in POLICIES
    ]


if __name__ == "__main__":
    store.fill(__file__, trainings, lambda **row: measure(*row.values()))
