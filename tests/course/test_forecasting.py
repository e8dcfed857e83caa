"""Nothing of the future leaks into the windows, the scaling or the forecasts of notebook 06."""

from collections.abc import Callable

import keras
import numpy as np
import pytest

from experiments import nb06_forecasting as forecasting
from experiments.nb06_forecasting import TASKS, carry, interpolate, make_windows
from experiments.tasks import read_series

FILLS = {"carried": carry, "interpolated": interpolate}


def change_from(series: np.ndarray, point: int) -> np.ndarray:
    """Return the series with other values from `point` on; what is missing stays missing."""
    changed = series.copy()
    changed[point:] = 1000 - 3 * changed[point:]
    return changed


def before(series: np.ndarray, name: str, point: int, filled: Callable) -> list[np.ndarray]:
    """Return the windows whose last input lies before `point`, with the targets before it."""
    task = TASKS[name]
    inputs, targets = make_windows(
        series, task.window, task.horizon, task.window, len(series), filled
    )
    starts = task.window + np.arange(len(inputs))
    ahead = starts[:, None] + np.arange(task.horizon)
    return [inputs[starts <= point], np.where(ahead < point, targets, 0)[starts <= point]]


@pytest.mark.parametrize("name", TASKS)
@pytest.mark.parametrize("step", range(5))
def test_window_holds_nothing_of_the_future(name: str, step: int):
    series = read_series(name)[1]
    if name == "co2":
        series = forecasting.remove_weeks(series)  # so that some point falls into a gap
    point = TASKS[name].validation + 7 * step
    changed = change_from(series, point)
    for one, other in zip(
        before(series, name, point, carry), before(changed, name, point, carry), strict=True
    ):
        np.testing.assert_array_equal(one, other)


def test_interpolation_is_caught():
    series = forecasting.remove_weeks(read_series("co2")[1])
    point = next(n for n in range(1500, len(series)) if np.isnan(series[n - 1]))
    changed = change_from(series, point)
    inputs, _ = before(series, "co2", point, interpolate)
    others, _ = before(changed, "co2", point, interpolate)
    assert not np.array_equal(inputs, others)


@pytest.mark.parametrize("name", TASKS)
def test_windows_are_cut_where_they_should_be(name: str):
    task = TASKS[name]
    series = np.arange(float(len(read_series(name)[1])))
    start, stop = task.validation, task.test
    inputs, targets = make_windows(series, task.window, task.horizon, start, stop)
    assert len(inputs) == stop - start - task.horizon + 1
    for n in (0, 1, len(inputs) - 1):
        first = start + n
        np.testing.assert_array_equal(inputs[n, :, 0], np.arange(first - task.window, first))
        np.testing.assert_array_equal(targets[n], np.arange(first, first + task.horizon))
    assert targets.max() == stop - 1


@pytest.mark.parametrize("filled", FILLS.values(), ids=FILLS)
def test_gaps_are_filled_and_flagged(filled: Callable):
    series = np.array([1.0, np.nan, np.nan, 4.0, 5.0, 6.0])
    inputs, targets = make_windows(series, 4, 1, 4, 6, filled)
    middle = [1, 1] if filled is carry else [2, 3]
    np.testing.assert_allclose(inputs[0, :, 0], [1, *middle, 4])
    np.testing.assert_array_equal(inputs[0, :, 1], [1, 0, 0, 1])
    np.testing.assert_array_equal(targets[:, 0], [5, 6])


def test_line_inside_a_window_ends_at_its_last_measured_value():
    windows = np.array([[[1.0, 0], [1, 0], [3, 1], [3, 0], [7, 1], [7, 0]]])
    found = forecasting.interpolate_inside(windows)
    np.testing.assert_array_equal(found[0, :, 0], [1, 2, 3, 5, 7, 7])
    np.testing.assert_array_equal(found[..., 1], windows[..., 1])


def test_missing_target_costs_nothing():
    y = np.array([[1.0, np.nan, 2.0]], dtype="float32")
    found = np.array([[2.0, 7.0, 2.0]], dtype="float32")
    assert float(forecasting.squared_error(y, found)) == pytest.approx(1 / 3)
    q = forecasting.QUANTILES
    cost = np.mean([1 - q[0], 0, 0])
    assert float(forecasting.pinball(y, found)) == pytest.approx(cost)


def test_middle_quantile_of_pinball_is_half_the_absolute_error(monkeypatch):
    monkeypatch.setattr(forecasting, "QUANTILES", np.array([0.5]))
    y, found = np.array([[3.0], [1.0]], "float32"), np.array([[1.0], [2.0]], "float32")
    assert float(forecasting.pinball(y, found)) == pytest.approx((1.0 + 0.5) / 2)


@pytest.mark.parametrize("name", TASKS)
@pytest.mark.parametrize("given", ["carried", "flagged", "masked"])
def test_forecast_is_blind_to_the_future(name: str, given: str):
    """Scaled and trained on either series, the network forecasts the point as before."""
    task = TASKS[name]
    series = read_series(name)[1]
    point, found = task.validation, []
    for some in (series, change_from(series, point)):
        inputs, targets = make_windows(some, task.window, 1, task.window, point)
        scaling = forecasting.find_scaling(inputs, task)
        keras.utils.set_random_seed(0)
        model = forecasting.build(task, "one step", given)
        y = (targets - forecasting.anchors(inputs, task) - scaling[0]) / scaling[1]
        x = forecasting.encode(inputs, task, scaling, given)
        forecasting.fit(model, x, y, 1024, 1, forecasting.squared_error)
        inputs, _ = make_windows(some, task.window, 1, point, point + 1)
        found.append((scaling, forecasting.forecast(model, inputs, task, scaling, given)))
    assert found[0][0] == found[1][0]
    np.testing.assert_array_equal(found[0][1], found[1][1])


def test_recursion_feeds_forecasts_back():
    inputs = np.array([[[1.0, 1], [2.0, 0]]])
    found = forecasting.forecast_recursively(
        lambda windows: windows[:, :, 0].sum(axis=1)[:, None], inputs, 4
    )
    np.testing.assert_array_equal(found, [[3, 5, 8, 13]])
