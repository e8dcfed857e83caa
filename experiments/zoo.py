"""Train cells on one task, all rates and seeds side by side.

For experiments/nb11_*.py. Every model is a Dense layer of WIDTH, one layer of the cell with as many
units as PARAMETERS allow, and a Dense layer. Each number of updates is a training of its own, with
Adam and a rate that falls to 0. The rates of one seed see the same rows.

A small network leaves a processor waiting between its steps, and JAX's `vmap` fills the gaps: all
members of a cell are one model with two axes more. So the trainings run in a process of their own,
with Keras on JAX.
"""

import math
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path

import keras
import numpy as np
from keras import layers

import custom_cells
from experiments import store
from experiments.recipe import clipped_adam, most_units
from experiments.tasks import Seed, Split

WIDTH, PARAMETERS, BATCH = 16, 2000, 32
RATES, SEEDS, BUDGETS = (0.003, 0.01, 0.03), range(3), (400, 1600)
TOGETHER = 25  # updates that are one call
# Cells whose gates start so that they remember up to T steps; an LMU's window is T long, too.
CHRONO, JANET = "LSTMCell, chrono", "JANETCell, chrono"
# Cells whose memory is a matrix: a step of these takes 3 to 13 times an LSTM's.
MATRIX = [
    f"{name}Cell" for name in ("DeltaNet", "DeltaProduct", "GatedDeltaNet", "MLSTM", "RWKV7", "S6")
]
VECTOR = [cell for cell in custom_cells.all_cells() if cell not in MATRIX]
VECTOR += [CHRONO, JANET]
EVERY = [*VECTOR, *MATRIX]
# Rows, and a seed far from those of training.
SPLITS = {"validation": (500, 10_000), "test": (1000, 20_000)}


def held_out(draw: Callable[[int, Seed], Split], last: int = 0) -> Callable[[str], Split]:
    """Return what draws the rows of a split, and of their targets the last few, or all."""

    def examples(split: str) -> Split:
        x, y = draw(*SPLITS[split])
        return x, y[:, -last:] if last else y

    return examples


@dataclass
class Task:
    """What is read and told.

    Args:
        draw: takes a number of rows and a seed; returns inputs, (rows, steps, features), and
            targets for training: numbers, (rows,), or classes, (rows,) or (rows, last steps).
        examples: takes "validation" or "test"; returns the rows that are scored.
        classes: how many there are; 0 where a number is told.
        reach: over how many steps something is to be kept, for cells that are told this.
    """

    draw: Callable[[int, Seed], Split]
    examples: Callable[[str], Split]
    classes: int
    reach: int


def make_cell(name: str, units: int, reach: int) -> custom_cells.RecurrentCell:
    name, _, chrono = name.partition(", ")
    cell = custom_cells.all_cells()[name]
    if chrono:
        return cell(units, t_max=reach)
    return cell(units, theta=reach) if name == "LMUCell" else cell(units)


def build(task: Task, name: str, units: int) -> keras.Sequential:
    x, y = task.draw(1, 0)
    told = layers.RNN(make_cell(name, units, task.reach), return_sequences=y.ndim > 1)
    return keras.Sequential(
        [
            keras.Input((None, x.shape[-1])),
            layers.Dense(WIDTH),
            told,
            layers.Dense(task.classes or 1),
        ]
    )


def fit_units(task: Task, name: str) -> int:
    """Return the most units that PARAMETERS allow; a clockwork needs as many for each period."""
    some = 4 if name == "ClockworkRNNCell" else 1
    return some * most_units(lambda units: build(task, name, some * units), PARAMETERS)


class Members:
    """Copies of one model that learn side by side, a row of rates for each seed. JAX only."""

    def __init__(self, task: Task, name: str, units: int):
        import jax

        self.task = task
        model, self.optimizer = build(task, name, units), clipped_adam(1.0)
        self.optimizer.build(model.trainable_variables)
        fixed = [variable.value for variable in model.non_trainable_variables]
        error = (
            keras.losses.SparseCategoricalCrossentropy(from_logits=True)
            if task.classes
            else keras.losses.MeanSquaredError()
        )

        def outputs(weights, x):
            return model.stateless_call(weights, fixed, x)[0]

        def loss(weights, x, y):
            told = outputs(weights, x)
            return error(y, told[:, -y.shape[1] :] if y.ndim > 1 else told)

        def update(weights, moments, x, y, rate):
            # The first two variables of an optimizer count its steps and hold its rate.
            slopes = jax.grad(loss)(weights, x, y)
            moments = [moments[0], rate, *moments[2:]]
            return self.optimizer.stateless_apply(moments, slopes, weights)

        by_rate = jax.vmap(update, (0, 0, None, None, 0))
        by_seed = jax.vmap(by_rate, (0, 0, 0, 0, None))

        @partial(jax.jit, donate_argnums=(0, 1))
        def several(weights, moments, x, y, rates):
            def one(carry, now):
                return by_seed(*carry, *now), None

            return jax.lax.scan(one, (weights, moments), (x, y, rates))[0]

        self.several = several
        self.outputs = jax.jit(jax.vmap(jax.vmap(outputs, (0, None)), (0, None)))

    def fit(self, updates: int, starts: list[list[np.ndarray]]) -> list:
        """Train all from the weights of each seed; return theirs, with axes for seed and rate."""
        weights = [
            np.repeat(np.stack(values)[:, None], len(RATES), axis=1)
            for values in zip(*starts, strict=True)
        ]
        shape = (len(SEEDS), len(RATES))
        moments = [
            np.tile(variable.numpy(), (*shape, *[1] * len(variable.shape)))
            for variable in self.optimizer.variables
        ]
        step = np.arange(updates)[:, None]
        falling = np.array(RATES) * 0.5 * (1 + np.cos(np.pi * step / updates))
        for first in range(0, updates, TOGETHER):
            now = falling[first : first + TOGETHER].astype("float32")
            rows = [self.task.draw(len(now) * BATCH, [seed, first]) for seed in SEEDS]
            x, y = (
                np.stack([part.reshape(len(now), BATCH, *part.shape[1:]) for part in parts], 1)
                for parts in zip(*rows, strict=True)
            )
            weights, moments = self.several(weights, moments, x, y, now)
        return weights

    def score(self, weights: list, split: str) -> np.ndarray:
        """Return for each seed and rate the share told right, or the mean squared error."""
        x, y = self.task.examples(split)
        parts = np.array_split(x, len(x) // 100)
        told = np.concatenate([np.asarray(self.outputs(weights, part)) for part in parts], axis=2)
        if not self.task.classes:
            return np.mean((told[..., 0] - y) ** 2, axis=2)
        if y.ndim > 1:
            told = told[..., -y.shape[1] :, :]
        # What has overflowed tells nothing.
        right = (told.argmax(-1) == y) & np.isfinite(told).all(-1)
        return right.reshape(*right.shape[:2], -1).mean(axis=-1)


def train_all(
    script: str, task: str, cell: str, units: int, starts: list[list[np.ndarray]]
) -> dict[tuple[int, float, int], store.Settings]:
    """Return what one cell gets, by updates, rate and seed; called in a process that has JAX."""
    members, found = Members(import_module(script).TASKS[task], cell, units), {}
    for updates in BUDGETS:
        weights = members.fit(updates, starts)
        scores = {split: members.score(weights, split) for split in SPLITS}
        for i, seed in enumerate(SEEDS):
            for j, rate in enumerate(RATES):
                row = {split: f"{score[i, j]:.5f}" for split, score in scores.items()}
                found[updates, rate, seed] = row
    return found


@cache
def process() -> ProcessPoolExecutor:
    """Return a process with Keras on JAX; it takes over the environment of this one."""
    os.environ.update(
        KERAS_BACKEND="jax",
        JAX_PLATFORMS="cpu",
        # A core is enough for a crowd of small networks, and two tasks may run side by side.
        XLA_FLAGS="--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
    )
    return ProcessPoolExecutor(1, get_context("spawn"))


@cache
def trained(script: str, task: str, cell: str) -> dict[tuple, store.Settings]:
    """Return the further columns of all rows of a cell, by updates, rate and seed."""
    module = f"experiments.{Path(script).stem}"
    todo, starts = import_module(module).TASKS[task], []
    units = fit_units(todo, cell)
    for seed in SEEDS:
        keras.utils.set_random_seed(seed)
        model = build(todo, cell, units)
        starts.append([variable.numpy() for variable in model.trainable_variables])
    states = model.layers[1].cell.get_initial_state(batch_size=1)
    made = {
        "units": units,
        "parameters": model.count_params(),
        "numbers": sum(math.prod(state.shape) for state in states),
    }
    found = process().submit(train_all, module, task, cell, units, starts).result()
    return {settings: made | row for settings, row in found.items()}


def grid(task: str, cells: Sequence[str]) -> list[store.Settings]:
    """Return the settings of all trainings of one task."""
    return [
        {"task": task, "cell": cell, "updates": updates, "rate": rate, "seed": seed}
        for cell in cells
        for updates in BUDGETS
        for seed in SEEDS
        for rate in RATES
    ]


def fill(script: str, trainings: Callable[[], list[store.Settings]]) -> None:
    """Run what has no row yet in the file of a script, given its `__file__`."""

    def train(task: str, cell: str, **settings: float) -> store.Settings:
        return trained(script, task, cell)[tuple(settings.values())]

    store.fill(script, trainings, train)
