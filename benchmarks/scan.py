"""Compare `ParallelRNN`, which computes all steps at once, with the loop of `keras.layers.RNN`.

    python -m benchmarks.scan        (fifteen minutes on two idle cores)

A row compares, at the same weights and on the same batch,

- `loop`: `keras.layers.RNN(cell)`;
- `parallel`: `custom_cells.ParallelRNN(cell)`;
- `unrolled`: `keras.layers.RNN(cell, unroll=True)`, on TensorFlow only, up to 256 steps; with XLA
  up to 64, since longer graphs compile for minutes.

Each is the only layer of a model and returns its last output. `step` is "forward", a call of the
model, or "training", `train_step` with Adam and the squared error. TensorFlow runs either as one
`tf.function` with the `jit_compile` of the row; JAX always compiles it, PyTorch never. Tracing and
compiling come before the clock runs. Each backend has a process of its own, which sees no GPU.
PyTorch rounds the tiniest numbers to 0, as TensorFlow does.

The contenders take turns in a new random order each round. A ratio is the median over the rounds of
a contender's time by that of `loop` in the same round; `q1` and `q3` are the quartiles of these
ratios. Times in ms depend on the machine and on its load.
"""

import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from importlib.util import find_spec
from multiprocessing import get_context
from typing import Any

import numpy as np

from experiments import store
from experiments.turns import milliseconds, ratios, take_turns

ROUNDS, SECONDS, FEATURES = 5, 3, 16
TIMES = (64, 256, 1024, 4096, 16384)
# Batch, units, cell and steps; what is left out would need more than the memory of a laptop.
KINDS = [
    (4, 32, "MinGRUCell", TIMES),
    (32, 128, "MinGRUCell", TIMES[:-1]),
    (4, 32, "S6Cell", TIMES),
]
JIT_COMPILE = {"tensorflow": (False, True), "jax": (True,), "torch": (False,)}
UNROLLED_TIMES = {False: (64, 256), True: (64,)}  # by jit_compile


def on_tensorflow(model: Any, training: bool, jit_compile: bool, x: Any, y: Any) -> Callable:
    import tensorflow as tf

    def step(x: Any, y: Any) -> Any:
        return model.train_step((x, y)) if training else model(x)

    # Tensors that a graph closes over are constants, and what hangs on these alone runs just once.
    run = tf.function(step, jit_compile=jit_compile)
    return lambda: run(x, y)


def on_jax(model: Any, training: bool, jit_compile: bool, x: Any, y: Any) -> Callable:
    import jax

    groups = (
        model.trainable_variables,
        model.non_trainable_variables,
        model.optimizer.variables,
        model.metrics_variables,
    )
    state = tuple([variable.value for variable in group] for group in groups)
    train = jax.jit(model.train_step)
    predict = jax.jit(model.stateless_call)

    def step() -> None:
        nonlocal state
        if training:
            _, state = train(state, (x, y))
            jax.block_until_ready(state)
        else:
            jax.block_until_ready(predict(*state[:2], x))

    return step


def on_torch(model: Any, training: bool, jit_compile: bool, x: Any, y: Any) -> Callable:
    import torch

    # As TensorFlow does: gradients that fade over many steps would take ten times as long.
    torch.set_flush_denormal(True)
    if training:
        return lambda: model.train_step((x, y))
    return torch.no_grad()(lambda: model(x))


MAKE_STEP = {"tensorflow": on_tensorflow, "jax": on_jax, "torch": on_torch}


def compare_times(
    batch: int, units: int, cell: str, step: str, jit_compile: bool, steps: int
) -> store.Settings:
    """Return the columns of a row, on the backend of this process."""
    import keras
    from keras import layers

    import custom_cells

    backend = keras.backend.backend()
    make_cell = getattr(custom_cells, cell)
    contenders = {
        "loop": layers.RNN(make_cell(units)),
        "parallel": custom_cells.ParallelRNN(make_cell(units)),
    }
    if backend == "tensorflow" and steps in UNROLLED_TIMES[jit_compile]:
        contenders["unrolled"] = layers.RNN(make_cell(units), unroll=True)
    generator = np.random.default_rng(0)
    shapes = (batch, steps, FEATURES), (batch, units)
    x, y = (
        keras.ops.convert_to_tensor(generator.normal(size=shape), "float32") for shape in shapes
    )
    runs, weights = {}, None
    for name, layer in contenders.items():
        model = keras.Sequential([keras.Input((steps, FEATURES)), layer])
        model.compile("adam", "mse")
        model.optimizer.build(model.trainable_variables)
        weights = weights or model.get_weights()
        model.set_weights(weights)
        runs[name] = MAKE_STEP[backend](model, step == "training", jit_compile, x, y)
        runs[name]()

    took = take_turns(runs, ROUNDS, SECONDS)
    row = {
        "rounds": len(took["loop"]),
        "loop_ms": milliseconds(took["loop"]),
        "parallel_ms": milliseconds(took["parallel"]),
    }
    row |= ratios("parallel", took, "loop") | dict.fromkeys(("unrolled_ms", "unrolled_ratio"), "")
    if "unrolled" in took:
        row["unrolled_ms"] = milliseconds(took["unrolled"])
        row["unrolled_ratio"] = ratios("unrolled", took, "loop")["unrolled_ratio"]
    return row


def begin(backend: str) -> None:
    """Choose the backend of a process before anything imports Keras in it."""
    os.environ.update(KERAS_BACKEND=backend, CUDA_VISIBLE_DEVICES="-1")


@cache
def process_of(backend: str) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(1, get_context("spawn"), begin, (backend,))


def compare_apart(backend: str, time: int, **settings: Any) -> store.Settings:
    """Return the columns of a row, from the process of its backend."""
    return process_of(backend).submit(compare_times, steps=time, **settings).result()


def trainings() -> list[store.Settings]:
    return [
        {"backend": backend, "jit_compile": jit_compile, "batch": batch, "units": units}
        | {"cell": cell, "step": step, "time": time}
        for backend in JIT_COMPILE
        for jit_compile in JIT_COMPILE[backend]
        for batch, units, cell, times in KINDS
        for step in ("forward", "training")
        for time in times
    ]


if __name__ == "__main__":
    missing = [backend for backend in JIT_COMPILE if not find_spec(backend)]
    for backend in missing:
        print(f"{backend} is not installed, so its rows are left out.")
    wanted = [row for row in trainings() if row["backend"] not in missing]
    store.fill(__file__, lambda: wanted, compare_apart)
