"""Train one model again and again, from other seeds, at other rates and for other times.

Every experiment that compares models does this, so its rules stand here. Weights, optimizer and
dropout begin as in a new model of the seed; rows come in an order that the seed fixes, the same for
all models; the learning rate falls along a cosine, from its first value to 0 at the last update.
"""

import math
from collections.abc import Callable, Iterator
from functools import partial

import keras
import numpy as np
from keras import ops
from keras.optimizers.schedules import LearningRateSchedule

# One array, or several of as many rows.
Arrays = np.ndarray | list[np.ndarray]


class HalfCosine(LearningRateSchedule):
    """`keras.optimizers.schedules.CosineDecay` whose rate and length can be set after compiling."""

    def __init__(self):
        self.rate, self.updates, self.angle = (keras.Variable(0.0) for _ in range(3))

    def restart(self, rate: float, updates: int) -> None:
        """Fall from `rate` to 0 in so many updates."""
        self.rate.assign(rate)
        self.updates.assign(updates)
        # In single precision step by step, so that XLA gives what it makes of CosineDecay.
        self.angle.assign(np.float32(math.pi) * (np.float32(1) / np.float32(updates)))

    def __call__(self, step):
        angle = ops.minimum(ops.cast(step, "float32"), self.updates) * self.angle
        return self.rate * (0.5 * (1.0 + ops.cos(angle)))


clipped_adam = partial(keras.optimizers.Adam, clipnorm=1.0)


class Recipe:
    """A model that is compiled once, and how it is trained.

    Compiled by XLA, which Keras does not do on a CPU unless asked, a step takes half the time, but
    compiling costs as much as hundreds of steps. So nothing that a training changes is a constant.

    Args:
        build: returns a new model, always of the same shapes, with its weights made.
        loss: of a batch.
        batch: rows in a batch.
        optimizer: takes a schedule of the learning rate; Adam with `clipnorm=1` unless given.
    """

    def __init__(
        self,
        build: Callable[[], keras.Model],
        loss: keras.losses.Loss,
        batch: int,
        optimizer: Callable[[LearningRateSchedule], keras.optimizers.Optimizer] = clipped_adam,
    ):
        self.build, self.batch = build, batch
        self.model, self.schedule = build(), HalfCosine()
        optimizer = optimizer(self.schedule)
        optimizer.build(self.model.trainable_variables)
        self.model.compile(optimizer, loss, jit_compile=True, steps_per_execution=25)
        self.start = [variable.numpy() for variable in optimizer.variables]

    def restart(self, seed: int, rate: float, updates: int) -> None:
        """Put the model back to where a new one of this seed begins, before so many updates."""
        keras.utils.set_random_seed(seed)
        # The variables are the weights and the states of all seed generators, nested ones too.
        new = [variable.numpy() for variable in self.build().variables]
        old = [*self.model.variables, *self.model.optimizer.variables]
        for variable, value in zip(old, [*new, *self.start], strict=True):
            variable.assign(value)
        self.schedule.restart(rate, updates)

    def fit(self, x: Arrays, y: np.ndarray, rate: float, seed: int) -> keras.Model:
        """Train from the start on the rows in their order, and return the model.

        Args:
            x: inputs, (updates · batch, …), or a list of such.
            y: targets, (updates · batch, …).
            rate: of learning, at the first update.
            seed: of the weights and of dropout.
        """
        self.restart(seed, rate, len(y) // self.batch)
        self.model.fit(x, y, batch_size=self.batch, shuffle=False, verbose=0)
        return self.model

    def curve(
        self,
        draw: Callable[[int], tuple[Arrays, np.ndarray]],
        score: Callable[[keras.Model], dict[str, float]],
        rate: float,
        seed: int,
        longest: int,
        shortest: int = 100,
    ) -> Iterator[tuple[int, dict[str, float]]]:
        """Yield scores at doubling budgets: a row for each number of updates, up to `longest`.

        Each budget is a training of its own, from the start, in which the rate falls to 0; all
        together make less than twice the updates of the longest. One training at a constant rate,
        scored on the way, would make half as many. But what the falling rate gains at the end is
        often larger than the difference between two models, and without it the curve would rank
        them by how well they bear a high rate. This way every point is what a plain training of
        that length gets.

        Args:
            draw: takes a number of rows and returns inputs and targets; a larger number begins with
                the rows of a smaller one.
            score: of a trained model: what it gets on the validation split, and more if wanted.
            rate, seed: as in `fit`.
            longest: the most updates; `shortest` times a power of two.
            shortest: the fewest.
        """
        updates = shortest
        while updates <= longest:
            yield updates, score(self.fit(*draw(updates * self.batch), rate, seed))
            updates *= 2


def most_units(build: Callable[[int], keras.Model], parameters: int) -> int:
    """Return the most units with which `build(units)` has at most so many parameters."""
    few, many = 1, 2
    while build(many).count_params() <= parameters:
        few, many = many, 2 * many
    while many - few > 1:
        middle = (few + many) // 2
        few, many = (middle, many) if build(middle).count_params() <= parameters else (few, middle)
    return few


def shuffled(rows: np.ndarray, number: int, rng: np.random.Generator) -> np.ndarray:
    """Return so many of the rows in random order, all of them before any comes again."""
    passes = -(-number // len(rows))
    return np.concatenate([rng.permutation(rows) for _ in range(passes)])[:number]


def accuracy(model: keras.Model, x: np.ndarray, y: np.ndarray) -> float:
    """Return the share of rows whose class, (rows,), has the highest score, (rows, classes)."""
    return float(np.mean(np.argmax(model(x), axis=1) == y))
