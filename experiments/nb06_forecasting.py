"""Train the networks of notebook 06, which forecast sunspots and CO₂, on several seeds.

    python -m experiments.nb06_forecasting        (about half an hour on two cores)

Errors are root mean squares in the unit of the series. `output` is what a network gives: one step
(from which it also forecasts the whole horizon, fed its own forecasts), the whole horizon from one
layer (direct) or from a second GRU (decoder), or quantiles of one step. Notebook 06 trains the
first row again.

`given` is what it is given: windows in which the last value is carried into gaps (carried), of
which only the square roots are shown (roots), or which are not taken relative to their last value
(levels). For the others three in ten weeks of CO₂ were removed first, and gaps are carried (holes),
also flagged (flagged), skipped by Masking (masked), or filled by a line to the next value: only
where it lies in the same window (inside), or wherever it lies (interpolated), which leaks.
"""

import os
from typing import NamedTuple

# Matrices this small gain nothing from a second thread.
os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")

import keras
import numpy as np
from keras import layers, ops

from experiments import store
from experiments.tasks import read_series

UNITS = 16
QUANTILES = np.array([0.1, 0.5, 0.9], dtype="float32")
MASKED = -9.0  # stands for a missing week where a Masking layer shall skip it


class Task(NamedTuple):
    """What is forecast from what; the numbers are steps, years or weeks."""

    window: int
    horizon: int
    validation: int  # where the validation part begins; the training part ends there
    test: int
    anchored: bool  # whether values are taken relative to the last one of their window
    batch: int


TASKS = {
    "sunspots": Task(22, 11, 200, 250, False, batch=32),
    "co2": Task(60, 52, 1450, 1762, True, batch=64),
}


def remove_weeks(series: np.ndarray) -> np.ndarray:
    """Remove runs of one to eight values until three in ten are missing."""
    rng = np.random.default_rng(0)
    series = series.copy()
    while np.isnan(series).mean() < 0.3:
        start = rng.integers(1, len(series))
        series[start : start + rng.integers(1, 9)] = np.nan
    return series


def carry(series: np.ndarray) -> np.ndarray:
    """Fill each gap with the last value before it."""
    here = np.where(np.isnan(series), 0, np.arange(len(series)))
    return series[np.maximum.accumulate(here)]


def interpolate(series: np.ndarray) -> np.ndarray:
    """Fill each gap with a straight line to the value after it, which lies in the future."""
    known = np.flatnonzero(~np.isnan(series))
    return np.interp(np.arange(len(series)), known, series[known])


def interpolate_inside(inputs: np.ndarray) -> np.ndarray:
    """Fill gaps as `interpolate`, but only between values of the same window."""
    inputs = inputs.copy()
    steps = np.arange(inputs.shape[1])
    for window in inputs:
        known = (window[:, 1] == 1) | (steps == 0)
        window[:, 0] = np.interp(steps, steps[known], window[known, 0])
    return inputs


def make_windows(
    series: np.ndarray, window: int, horizon: int, start: int, stop: int, filled=carry
) -> tuple[np.ndarray, np.ndarray]:
    """Cut every window whose targets all lie in [start, stop); its inputs may lie before.

    Returns:
        inputs, (windows, window, 2), a filled value and whether it was measured; targets,
        (windows, horizon), NaN where nothing was measured.
    """
    columns = np.stack([filled(series), ~np.isnan(series), series], axis=1)
    batches = keras.utils.timeseries_dataset_from_array(
        columns[start - window : stop], None, window + horizon, batch_size=256
    )
    whole = np.concatenate([batch.numpy() for batch in batches])
    return whole[:, :window, :2], whole[:, window:, 2]


def anchors(inputs: np.ndarray, task: Task) -> np.ndarray:
    """Return what is subtracted from each window before it is scaled, (windows, 1)."""
    return inputs[:, -1, :1] * task.anchored


def find_scaling(inputs: np.ndarray, task: Task) -> tuple[float, float]:
    """Return the offset and the scale; the inputs must be those of the training part."""
    values = inputs[..., 0] - anchors(inputs, task)
    return values.mean(), values.std()


def encode(
    inputs: np.ndarray, task: Task, scaling: tuple[float, float], given: str = "carried"
) -> np.ndarray:
    """Return what the network reads, (windows, window, features)."""
    offset, scale = scaling
    measured = inputs[..., 1]
    values = (inputs[..., 0] - anchors(inputs, task) - offset) / scale
    if given == "flagged":
        return np.stack([values, measured], axis=-1)
    return np.where((measured == 1) | (given != "masked"), values, MASKED)[..., None]


def squared_error(y, forecast):
    """The mean squared error of a Keras model over the targets that were measured."""
    return ops.mean(ops.square(ops.where(ops.isnan(y), forecast, y) - forecast))


def pinball(y, forecast):
    """The mean pinball loss: an error costs q if it is positive, 1 − q if it is negative."""
    error = ops.where(ops.isnan(y), forecast, y) - forecast
    return ops.mean(ops.maximum(QUANTILES * error, (QUANTILES - 1) * error))


def build(task: Task, output: str, given: str = "carried") -> keras.Model:
    head = {
        "one step": [layers.Dense(1)],
        "direct": [layers.Dense(task.horizon)],
        "quantiles": [layers.Dense(len(QUANTILES))],
        "decoder": [
            layers.RepeatVector(task.horizon),
            layers.GRU(UNITS, return_sequences=True),
            layers.Dense(1),
            layers.Reshape((task.horizon,)),
        ],
    }
    mask = [layers.Masking(MASKED)] if given == "masked" else []
    features = 2 if given == "flagged" else 1
    return keras.Sequential(
        [keras.Input((task.window, features)), *mask, layers.GRU(UNITS), *head[output]]
    )


def fit(model: keras.Model, x: np.ndarray, y: np.ndarray, batch: int, epochs: int, loss) -> None:
    steps = epochs * -(-len(x) // batch)
    rate = keras.optimizers.schedules.CosineDecay(0.01, steps)
    model.compile(keras.optimizers.Adam(rate), loss)
    model.fit(x, y, batch_size=batch, epochs=epochs, verbose=0)


def forecast(
    model: keras.Model, inputs: np.ndarray, task: Task, scaling: tuple[float, float], given: str
) -> np.ndarray:
    """Return the model's output for each window in the unit of the series."""
    offset, scale = scaling
    x = encode(inputs, task, scaling, given)
    return model.predict_on_batch(x) * scale + offset + anchors(inputs, task)


def forecast_recursively(one_step, inputs: np.ndarray, horizon: int) -> np.ndarray:
    """Feed the forecasts of `one_step`, a function of the windows, back as if measured."""
    known = inputs.shape[1]
    for _ in range(horizon):
        step = one_step(inputs[:, -known:])
        new = np.stack([step, np.ones_like(step)], axis=-1)
        inputs = np.concatenate([inputs, new], axis=1)
    return inputs[:, known:, 0]


def train(series: str, output: str, given: str, epochs: int, seed: int) -> store.Settings:
    """Train on the training part and score on the other two."""
    task = TASKS[series]
    if given == "levels":
        task = task._replace(anchored=False)
    ahead = task.horizon if output in ("direct", "decoder") else 1
    _, values = read_series(series)
    if given == "roots":
        values = np.sqrt(values)
    elif given not in ("carried", "levels"):
        values = remove_weeks(values)

    def windows(ahead: int, start: int, stop: int) -> tuple[np.ndarray, np.ndarray]:
        filled = interpolate if given == "interpolated" else carry
        inputs, targets = make_windows(values, task.window, ahead, start, stop, filled)
        return (interpolate_inside(inputs) if given == "inside" else inputs), targets

    inputs, targets = windows(ahead, task.window, task.validation)
    scaling = find_scaling(inputs, task)
    keras.utils.set_random_seed(seed)
    model = build(task, output, given)
    y = (targets - anchors(inputs, task) - scaling[0]) / scaling[1]
    loss = pinball if output == "quantiles" else squared_error
    fit(model, encode(inputs, task, scaling, given), y, task.batch, epochs, loss)

    def error(found: np.ndarray, targets: np.ndarray) -> float:
        """Return the root mean square in the unit of the series."""
        if given == "roots":
            found, targets = np.maximum(found, 0) ** 2, targets**2
        return float(np.sqrt(np.nanmean((found - targets) ** 2)))

    row = {"parameters": model.count_params()}
    parts = {"validation": (task.validation, task.test), "test": (task.test, len(values))}
    for part, (start, stop) in parts.items():
        row |= dict.fromkeys((part, f"recursive_{part}", f"pinball_{part}"), "")
        row |= dict.fromkeys([f"{part}_below_{q:.0%}" for q in QUANTILES], "")
        inputs, targets = windows(ahead, start, stop)
        found = forecast(model, inputs, task, scaling, given)
        if output == "quantiles":
            row[f"pinball_{part}"] = f"{float(pinball(targets, found)):.4f}"
            for q, below in zip(QUANTILES, np.mean(targets <= found, axis=0), strict=True):
                row[f"{part}_below_{q:.0%}"] = f"{below:.4f}"
            continue
        row[part] = f"{error(found, targets):.4f}"
        if output == "one step" and given in ("carried", "roots"):
            inputs, targets = windows(task.horizon, start, stop)
            found = forecast_recursively(
                lambda known: forecast(model, known, task, scaling, given), inputs, task.horizon
            )
            row[f"recursive_{part}"] = f"{error(found, targets):.4f}"
    return row


def trainings() -> list[store.Settings]:
    """Return the settings: two lengths each, of which validation chooses one."""
    settings = []
    for series, lengths, seeds in (("sunspots", (20, 60), 5), ("co2", (20, 80), 3)):
        for output in ("one step", "direct", "decoder", "quantiles"):
            settings += [(series, output, "carried", epochs, seeds) for epochs in lengths]
    settings += [("sunspots", "one step", "roots", epochs, 5) for epochs in (20, 60)]
    settings += [("co2", "one step", "levels", 20, 3)]
    for epochs in (20, 80):
        told = ("holes", "flagged", "masked", "inside", "interpolated")
        settings += [("co2", "one step", given, epochs, 3) for given in told]
    columns = ("series", "output", "given", "epochs", "seed")
    return [
        dict(zip(columns, (*setting, seed), strict=True))
        for *setting, seeds in settings
        for seed in range(seeds)
    ]


if __name__ == "__main__":
    store.fill(__file__, trainings, train)
