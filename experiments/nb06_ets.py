"""Fit exponential smoothing (ETS), a forecaster's standard, to the series of notebook 06.

    python -m experiments.nb06_ets        (about a minute; needs statsmodels, in the group "dev")

A level, perhaps a trend (damped or not) and perhaps a season, all additive, each follow the series
with a rate of their own; of CO₂ the wave of the year has been taken out before. The rates and the
start are fitted on the training part; then the states are updated through the rest of the series,
and every step of it is an origin. Errors are root mean squares over the whole horizon, on the
windows of nb06_forecasting.
"""

from functools import cache

import numpy as np
from statsmodels.tsa.holtwinters import ExponentialSmoothing

from experiments import store
from experiments.nb06_forecasting import TASKS, carry, make_windows, read

SEASONS = {"sunspots": 11, "mackey": 0, "co2": 0, "holes": 0}  # CO₂ has lost its own already


@cache
def smooth(series: str, trend: str, season: int) -> np.ndarray:
    """Return the forecasts of the whole horizon from after each step, (steps, horizon)."""
    task, values = TASKS[series], carry(read(series))
    options = {
        "trend": "add" if trend != "none" else None,
        "damped_trend": trend == "damped",
        "seasonal": "add" if season else None,
        "seasonal_periods": season or None,
    }
    fitted = ExponentialSmoothing(
        values[: task.validation], **options, initialization_method="heuristic"
    ).fit(use_brute=False)
    found = fitted.params
    start = {"initial_level": found["initial_level"]}
    rates = {"smoothing_level": found["smoothing_level"]}
    if trend != "none":
        start["initial_trend"] = found["initial_trend"]
        rates["smoothing_trend"] = found["smoothing_trend"]
    if trend == "damped":
        rates["damping_trend"] = found["damping_trend"]
    if season:
        start["initial_seasonal"] = found["initial_seasons"]
        rates["smoothing_seasonal"] = found["smoothing_seasonal"]
    states = ExponentialSmoothing(values, **options, initialization_method="known", **start).fit(
        optimized=False, **rates
    )
    forecasts = np.repeat(states.level[:, None], task.horizon, axis=1)
    damping = found["damping_trend"] if trend == "damped" else 1.0
    steps = np.arange(1, task.horizon + 1)
    if trend != "none":
        forecasts = forecasts + states.trend[:, None] * np.cumsum(damping**steps)
    if season:
        last = np.arange(len(values))[:, None] + (steps - 1) % season + 1 - season
        forecasts = forecasts + states.season[np.maximum(last, 0)]
    return forecasts


def train(series: str, horizon: int, trend: str, season: int) -> store.Settings:
    task, row = TASKS[series], {}
    parts = {"validation": (task.validation, task.test), "test": (task.test, len(read(series)))}
    for part, (start, stop) in parts.items():
        _, targets = make_windows(read(series), task.window, horizon, start, stop)
        found = smooth(series, trend, season)[start - 1 :][: len(targets), :horizon]
        row[part] = f"{np.sqrt(np.nanmean((found - targets) ** 2)):.5f}"
    return row


def trainings() -> list[store.Settings]:
    return [
        {"series": series, "horizon": horizon, "trend": trend, "season": season}
        for series, longest in SEASONS.items()
        for horizon in (1, TASKS[series].horizon)
        if (series, horizon) != ("holes", 52)  # only the next week is forecast from gaps
        for trend in ("none", "add", "damped")
        for season in sorted({0, longest})
    ]


if __name__ == "__main__":
    store.fill(__file__, trainings, train)
