"""Train the networks of notebook 06, which forecast sunspots, CO₂ and the Mackey–Glass series.

    python -m experiments.nb06_forecasting        (about half an hour on a core)

A cell of the comparison is a series, what the network puts out and what it is given:

- `output`: the next step; the whole horizon from one layer (direct) or from a second GRU (decoder);
  three quantiles of the next step; or the whole horizon from a network of one step that is fed its
  own forecasts (recursive, which trains nothing anew).
- `given`: the values as they are, or their square roots (roots). Of CO₂ the season has been taken
  out; a network reads the last weeks (near), or also the same weeks of four years before (years).
  From "holes" three in ten weeks were removed: gaps are carried, also flagged, or skipped (masked).
- `model`: a GRU, or two dense layers that see the same window without recurrence (window).

Every cell is trained at three rates or four, on five seeds, most for budgets that double.
`validation` and `test` are root mean squares in the unit of the series, for quantiles the mean
pinball loss. The file of errors has, for the rate and the budget that validation chooses, the
squared error of each seed at each origin of the test part, the mean over the horizon.
"""

import hashlib
import os
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

# Matrices this small gain nothing from a second thread.
os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")

import keras
import numpy as np
from keras import layers, ops

from course.series import mackey_glass
from experiments import store
from experiments.crowd import Crowd, Weights, run
from experiments.tasks import read_series

UNITS, HIDDEN = 16, 32
QUANTILES = np.array([0.1, 0.5, 0.9], dtype="float32")
MASKED = -9.0  # stands for a missing week that the network shall skip
YEAR = 365.2425 / 7  # in weeks
RATES, SEEDS = (0.003, 0.01, 0.03), range(5)
SCRIPTS = Path(__file__).resolve(), Path(__file__).resolve().with_name("crowd.py")
WEIGHTS = SCRIPTS[0].parent.parent / "build" / "nb06_forecasting"


class Task(NamedTuple):
    """What is forecast from what; the numbers are steps: years, weeks, or six units of time."""

    window: int  # how many steps the network reads
    horizon: int
    validation: int  # where the validation part begins; the training part ends there
    test: int
    anchored: bool  # whether values are taken relative to the last one of their window


TASKS = {
    "sunspots": Task(22, 11, 200, 250, anchored=False),
    "mackey": Task(16, 10, 1500, 2000, anchored=False),
    "co2": Task(26, 52, 1450, 1762, anchored=True),
    "holes": Task(26, 52, 1450, 1762, anchored=True),
}
LAGS = {"years": (0, 52, 104, 156, 208)}  # what is read at each step: the value now, a year ago …
BATCH = 32


@cache
def read(name: str) -> np.ndarray:
    """Return the series, NaN where nothing was measured; of CO₂ what the season leaves."""
    if name == "mackey":
        return mackey_glass(2500)
    values = read_series("co2" if name == "holes" else name)[1]
    if name == "holes":
        values = remove_weeks(values)
    return values if name == "sunspots" else values - season(values, TASKS[name].validation)


def season(series: np.ndarray, stop: int, harmonics: int = 4) -> np.ndarray:
    """Return the wave of the year, fitted on what was measured before `stop`, for every week.

    A parabola is fitted with it and left in the series: that is the trend.
    """
    weeks = np.arange(len(series))
    angles = 2 * np.pi * weeks[:, None] * np.arange(1, harmonics + 1) / YEAR
    waves = np.hstack([np.cos(angles), np.sin(angles)])
    columns = np.hstack([waves, (weeks[:, None] / len(series)) ** np.arange(3)])
    known = np.flatnonzero(~np.isnan(series[:stop]))
    weights = np.linalg.lstsq(columns[known], series[known], rcond=None)[0]
    return waves @ weights[: waves.shape[1]]


def remove_weeks(series: np.ndarray) -> np.ndarray:
    """Remove runs of one to eight values until three in ten are missing."""
    rng = np.random.default_rng(0)
    series = series.copy()
    while np.isnan(series).mean() < 0.3:
        start = rng.integers(1, len(series))
        series[start : start + rng.integers(1, 9)] = np.nan
    return series


# Windows


def carry(series: np.ndarray) -> np.ndarray:
    """Fill each gap with the last value before it."""
    here = np.where(np.isnan(series), 0, np.arange(len(series)))
    return series[np.maximum.accumulate(here)]


def interpolate(series: np.ndarray) -> np.ndarray:
    """Fill each gap with a straight line to the value after it, which lies in the future."""
    known = np.flatnonzero(~np.isnan(series))
    return np.interp(np.arange(len(series)), known, series[known])


def make_windows(
    series: np.ndarray, reach: int, horizon: int, start: int, stop: int, filled=carry
) -> tuple[np.ndarray, np.ndarray]:
    """Cut every window whose targets all lie in [start, stop); its inputs may lie before.

    Returns:
        inputs, (windows, reach, 2), a filled value and whether it was measured; targets,
        (windows, horizon), NaN where nothing was measured.
    """
    columns = np.stack([filled(series), ~np.isnan(series), series], axis=1)
    whole = np.lib.stride_tricks.sliding_window_view(
        columns[start - reach : stop], reach + horizon, axis=0
    ).transpose(0, 2, 1)
    return whole[:, :reach, :2], whole[:, reach:, 2]


def anchors(inputs: np.ndarray, task: Task) -> np.ndarray:
    """Return what is subtracted from each window before it is scaled, (windows, 1)."""
    return inputs[:, -1, :1] * task.anchored


def find_scaling(inputs: np.ndarray, task: Task) -> tuple[float, float]:
    """Return the offset and the scale; the inputs must be those of the training part."""
    values = inputs[..., 0] - anchors(inputs, task)
    return values.mean(), values.std()


def encode(inputs: np.ndarray, task: Task, scaling: tuple[float, float], given: str) -> np.ndarray:
    """Return what the network reads, (windows, window, features)."""
    offset, scale = scaling
    values = (inputs[..., 0] - anchors(inputs, task) - offset) / scale
    measured, end = inputs[:, -task.window :, 1], inputs.shape[1]
    features = [values[:, end - lag - task.window : end - lag] for lag in LAGS.get(given, (0,))]
    if given == "flagged":
        features.append(measured)
    x = np.stack(features, axis=-1)
    if given == "masked":
        x[measured == 0] = MASKED
    return x.astype("float32")


# Networks


def build(task: Task, features: int, output: str, model: str) -> keras.Sequential:
    width = {"one step": 1, "direct": task.horizon, "quantiles": len(QUANTILES)}
    if model == "window":
        body = [layers.Flatten(), layers.Dense(HIDDEN, "tanh"), layers.Dense(width[output])]
    elif output == "decoder":
        body = [
            layers.GRU(UNITS),
            layers.RepeatVector(task.horizon),
            layers.GRU(UNITS, return_sequences=True),
            layers.Dense(1),
            layers.Reshape((task.horizon,)),
        ]
    else:
        body = [layers.GRU(UNITS), layers.Dense(width[output])]
    return keras.Sequential([keras.Input((task.window, features)), *body])


def squared_error(y, forecast):
    """The mean squared error over the targets that were measured, along the last two axes."""
    error = ops.where(ops.isnan(y), forecast, y) - forecast
    return ops.mean(ops.square(error), axis=(-2, -1))


def pinball(y, forecast):
    """The mean pinball loss: an error costs q if it is positive, 1 − q if it is negative."""
    error = ops.where(ops.isnan(y), forecast, y) - forecast
    return ops.mean(ops.maximum(QUANTILES * error, (QUANTILES - 1) * error), axis=(-2, -1))


def forecast_recursively(one_step, inputs: np.ndarray, horizon: int) -> np.ndarray:
    """Feed the forecasts of `one_step`, a function of the windows, back as if measured."""
    known = inputs.shape[1]
    for _ in range(horizon):
        step = one_step(inputs[:, -known:])
        new = np.stack([step, np.ones_like(step)], axis=-1)
        inputs = np.concatenate([inputs, new], axis=1)
    return inputs[:, known:, 0]


class Cell(NamedTuple):
    """A place in the comparison, and how its network is trained and read."""

    series: str
    output: str
    given: str
    model: str

    @property
    def task(self) -> Task:
        return TASKS[self.series]

    @property
    def reach(self) -> int:
        """Return how far back a forecast looks."""
        return self.task.window + max(LAGS.get(self.given, (0,)))

    @property
    def skip(self) -> float | None:
        return MASKED if self.given == "masked" else None

    def windows(self, part: str, horizon: int | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Return the inputs and the targets of a part, `horizon` steps ahead."""
        task, values = self.task, read(self.series)
        if self.given == "roots":
            values = np.sqrt(values)
        if horizon is None:
            horizon = 1 if self.output in ("one step", "quantiles") else task.horizon
        start, stop = {
            "training": (self.reach, task.validation),
            "validation": (task.validation, task.test),
            "test": (task.test, len(values)),
        }[part]
        return make_windows(values, self.reach, horizon, start, stop)

    def scaling(self) -> tuple[float, float]:
        return find_scaling(self.windows("training")[0], self.task)

    def encode(self, inputs: np.ndarray) -> np.ndarray:
        return encode(inputs, self.task, self.scaling(), self.given)

    def build(self) -> keras.Sequential:
        features = self.encode(self.windows("validation")[0][:1]).shape[-1]
        return build(self.task, features, self.output, self.model)

    def forecast(self, weights: Weights, inputs: np.ndarray) -> np.ndarray:
        """Return what each member puts out, (members, windows, outputs), as it was trained.

        Args:
            weights: of all members.
            inputs: the windows, (windows, reach, 2), or those of each member, one axis more.
        """
        (offset, scale), members = self.scaling(), len(weights[0])
        if inputs.ndim == 3:
            inputs = np.broadcast_to(inputs, (members, *inputs.shape))
        flat = inputs.reshape(-1, *inputs.shape[2:])
        x, last = self.encode(flat), anchors(flat, self.task)
        x, last = (some.reshape(*inputs.shape[:2], *some.shape[1:]) for some in (x, last))
        kind = "decoder" if self.output == "decoder" else self.model
        found = run(kind, weights, x, self.skip, self.task.horizon).numpy()
        return found * scale + offset + last

    def errors(self, weights: Weights, part: str, recursive: bool = False) -> np.ndarray:
        """Return the errors in the unit of the series, (members, origins, steps)."""
        inputs, targets = self.windows(part, self.task.horizon if recursive else None)
        if recursive:
            shape = len(weights[0]), *inputs.shape
            found = forecast_recursively(
                lambda some: self.forecast(weights, some.reshape(shape)).reshape(-1, 1),
                np.concatenate([inputs] * shape[0]),
                self.task.horizon,
            ).reshape(*shape[:2], -1)
        else:
            found = self.forecast(weights, inputs)
        if self.given == "roots":
            found, targets = np.maximum(found, 0) ** 2, targets**2
        return found - targets

    def quantiles(self, weights: Weights, part: str) -> tuple[np.ndarray, np.ndarray]:
        """Return the quantiles, (members, origins, quantiles), and the targets, (origins, 1).

        Squares keep the order of what is not negative, so they turn quantiles of roots into those
        of the values.
        """
        inputs, targets = self.windows(part)
        found = self.forecast(weights, inputs)
        return (
            (np.maximum(found, 0) ** 2, targets**2) if self.given == "roots" else (found, targets)
        )


@lru_cache(maxsize=1)
def crowd(cell: Cell, rates: tuple[float, ...]) -> Crowd:
    inputs, targets = cell.windows("training")
    offset, scale = cell.scaling()
    kind = "decoder" if cell.output == "decoder" else cell.model
    return Crowd(
        cell.build,
        kind,
        pinball if cell.output == "quantiles" else squared_error,
        cell.encode(inputs),
        (targets - anchors(inputs, cell.task) - offset) / scale,
        BATCH,
        rates,
        SEEDS,
        cell.skip,
    )


@lru_cache(maxsize=1)
def trained(cell: Cell, updates: int, rates: tuple[float, ...]) -> Weights:
    """Return the weights of all rates and seeds, from build/ if these scripts have kept them."""
    scripts = b"".join(path.read_bytes() for path in SCRIPTS)
    name = "_".join([*cell, str(updates), *map(str, rates)]).replace(" ", "-")
    path = WEIGHTS / hashlib.sha256(scripts).hexdigest()[:12] / f"{name}.npz"
    if not path.exists():
        weights = crowd(cell, rates).fit(updates)
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez(path, *weights)
    with np.load(path) as file:
        return [file[name] for name in file.files]


@lru_cache(maxsize=2)
def scores(
    cell: Cell, updates: int, rates: tuple[float, ...], part: str, recursive: bool
) -> dict[str, np.ndarray]:
    """Return the error on a part for each member; for quantiles, how many truths lie below too."""
    weights = trained(cell, updates, rates)
    if cell.output != "quantiles":
        error = np.sqrt(np.nanmean(cell.errors(weights, part, recursive) ** 2, axis=(1, 2)))
        return {"error": error}
    found, targets = cell.quantiles(weights, part)
    below = np.mean(targets <= found, axis=1)
    return {"error": pinball(targets, found).numpy()} | {
        f"below_{q:.0%}": below[:, n] for n, q in enumerate(QUANTILES)
    }


def together(rate: float) -> tuple[float, ...]:
    """Return the rates that are trained in one crowd with this one."""
    return RATES if rate in RATES else (rate,)


def train(
    series: str, output: str, given: str, model: str, updates: int, rate: float, seed: int
) -> store.Settings:
    """Train on the training part and score on the other two."""
    recursive = output == "recursive"
    cell = Cell(series, "one step" if recursive else output, given, model)
    rates = together(rate)
    number = rates.index(rate) * len(SEEDS) + SEEDS.index(seed)
    parts = {part: scores(cell, updates, rates, part, recursive) for part in ("validation", "test")}
    below = {f"below_{q:.0%}": "" for q in QUANTILES}
    return {
        "parameters": sum(weight[0].size for weight in trained(cell, updates, rates)),
        **{part: f"{found['error'][number]:.5f}" for part, found in parts.items()},
        **{
            name: f"{parts['test'][name][number]:.4f}" if name in parts["test"] else ""
            for name in below
        },
    }


# The grid

BUDGETS = {
    Cell("sunspots", "one step", "values", "GRU"): (100, 200, 400, 800),
    Cell("mackey", "one step", "values", "GRU"): (400, 800, 1600, 3200),
    Cell("co2", "one step", "near", "GRU"): (400, 800, 1600),
    Cell("sunspots", "one step", "values", "window"): (100, 200, 400, 800),
    Cell("mackey", "one step", "values", "window"): (400, 800, 1600, 3200),
    Cell("co2", "one step", "near", "window"): (400, 800, 1600),
    Cell("sunspots", "one step", "roots", "GRU"): (100, 200, 400, 800),
    Cell("mackey", "direct", "values", "GRU"): (400, 800, 1600, 3200),
    Cell("co2", "direct", "years", "GRU"): (400, 800, 1600),
    Cell("holes", "one step", "carried", "GRU"): (400, 800),
    Cell("sunspots", "direct", "values", "GRU"): (100, 200, 400, 800),
    Cell("sunspots", "quantiles", "values", "GRU"): (100, 200, 400, 800),
    Cell("holes", "one step", "masked", "GRU"): (400, 800),
    Cell("holes", "one step", "flagged", "GRU"): (400, 800),
    Cell("sunspots", "one step", "roots", "window"): (50, 100, 200, 400),
    Cell("co2", "one step", "years", "GRU"): (400, 800),
    Cell("co2", "direct", "years", "window"): (400, 800),
    Cell("sunspots", "quantiles", "roots", "GRU"): (100, 200, 400, 800),
    Cell("sunspots", "decoder", "values", "GRU"): (100, 200, 400, 800),
    Cell("mackey", "decoder", "values", "GRU"): (400, 800, 1600, 3200),
}
# One rate beyond the three, at the best budget, where the best was at the edge.
FURTHER = {
    Cell("sunspots", "one step", "roots", "GRU"): (400, 0.001),
    Cell("co2", "one step", "near", "GRU"): (400, 0.001),
    Cell("mackey", "one step", "values", "GRU"): (3200, 0.1),
    Cell("mackey", "one step", "values", "window"): (3200, 0.1),
    Cell("mackey", "direct", "values", "GRU"): (3200, 0.1),
    Cell("mackey", "decoder", "values", "GRU"): (3200, 0.1),
    Cell("co2", "one step", "near", "window"): (400, 0.1),
    Cell("co2", "direct", "years", "GRU"): (400, 0.1),
    Cell("holes", "one step", "carried", "GRU"): (400, 0.001),
    Cell("holes", "one step", "masked", "GRU"): (400, 0.001),
    Cell("holes", "one step", "flagged", "GRU"): (400, 0.001),
    Cell("sunspots", "one step", "roots", "window"): (200, 0.001),
    Cell("sunspots", "direct", "values", "GRU"): (400, 0.001),
    Cell("sunspots", "quantiles", "roots", "GRU"): (400, 0.001),
    Cell("sunspots", "quantiles", "values", "GRU"): (800, 0.001),
}
FED_BACK = [
    cell
    for cell in BUDGETS
    if cell.output == "one step" and cell.series != "holes" and cell.given != "years"
]
COLUMNS = (*Cell._fields, "updates", "rate", "seed")


def choose(rows: list[store.Row], cell: Cell) -> tuple[int, float]:
    """Return the updates and the rate of the smallest mean error on the validation part."""
    scores = {}
    for row in rows:
        if tuple(row[name] for name in Cell._fields) == cell:
            key = int(row["updates"]), float(row["rate"])
            scores.setdefault(key, []).append(float(row["validation"]))
    return min(scores, key=lambda key: np.mean(scores[key]))


def trainings() -> list[store.Settings]:
    """Return all rates and budgets of each cell, then further rates, then what is fed back."""
    rows = store.read(__file__)
    there = {tuple(row[name] for name in COLUMNS) for row in rows}
    grid = [
        (*cell, updates, rate, seed)
        for cell, budgets in BUDGETS.items()
        for updates in budgets
        for rate in RATES
        for seed in SEEDS
    ]
    grid += [(*cell, *further, seed) for cell, further in FURTHER.items() for seed in SEEDS]
    if all(tuple(map(str, one)) in there for one in grid):
        grid += [
            (*cell._replace(output="recursive"), *choose(rows, cell), seed)
            for cell in FED_BACK
            for seed in SEEDS
        ]
    return [dict(zip(COLUMNS, one, strict=True)) for one in grid]


def keep_errors() -> None:
    """Write the squared errors of the chosen networks on the test part, (seeds, origins) each.

    Of quantiles the forecasts are kept instead, (seeds, origins, quantiles).
    """
    rows, found = store.read(__file__), {}
    for cell in dict.fromkeys(Cell(*(row[name] for name in Cell._fields)) for row in rows):
        recursive = cell.output == "recursive"
        network = cell._replace(output="one step") if recursive else cell
        updates, rate = choose(rows, cell)
        rates = together(rate)
        first = rates.index(rate) * len(SEEDS)
        weights = [w[first : first + len(SEEDS)] for w in trained(network, updates, rates)]
        if cell.output == "quantiles":
            kept = network.quantiles(weights, "test")[0]
        else:
            errors = network.errors(weights, "test", recursive)
            kept = np.full(errors.shape[:2], np.nan)
            known = ~np.isnan(errors).all(axis=(0, 2))
            kept[:, known] = np.nanmean(errors[:, known] ** 2, axis=2)
        found[", ".join(cell)] = kept.astype("float32")
    np.savez_compressed(store.beside(__file__, "_errors.npz"), **found)


if __name__ == "__main__":
    store.fill(__file__, trainings, train)
    keep_errors()
