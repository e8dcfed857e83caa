"""Nothing of the future leaks into the windows, the scaling or the forecasts of notebook 06."""

from collections.abc import Callable

import keras
import numpy as np
import pytest
import tensorflow as tf

from experiments import nb06_forecasting as forecasting
from experiments.crowd import Crowd
from experiments.nb06_forecasting import BUDGETS, TASKS, Cell, carry, interpolate, make_windows
from experiments.recipe import shuffled
from experiments.tasks import read_series

FILLS = {"carried": carry, "interpolated": interpolate}
MEASURED = ("sunspots", "co2")


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


@pytest.mark.parametrize("name", MEASURED)
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


@pytest.mark.parametrize("name", MEASURED)
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


def test_season_is_found_and_the_trend_left():
    weeks = np.arange(600)
    wave = 3 * np.sin(2 * np.pi * weeks / forecasting.YEAR)
    series = 300 + 0.02 * weeks + wave
    series[40:50] = np.nan
    np.testing.assert_allclose(forecasting.season(series, 400), wave, atol=1e-8)


def test_same_weeks_of_earlier_years_stand_side_by_side():
    cell = Cell("co2", "direct", "years", "GRU")
    inputs = np.stack([np.arange(float(cell.reach)), np.ones(cell.reach)], axis=-1)[None]
    x = forecasting.encode(inputs, cell.task._replace(anchored=False), (0.0, 1.0), "years")
    assert x.shape == (1, cell.task.window, 5)
    np.testing.assert_array_equal(x[0, -1], cell.reach - 1 - np.array([0, 52, 104, 156, 208]))


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


@pytest.fixture
def future(monkeypatch: pytest.MonkeyPatch):
    """Return a function that changes all series from where the validation part of a cell begins."""

    def change(cell: Cell) -> None:
        point = cell.task.validation
        real_read, real_glass = read_series, forecasting.mackey_glass
        monkeypatch.setattr(
            forecasting, "read_series", lambda name: (None, change_from(real_read(name)[1], point))
        )
        monkeypatch.setattr(
            forecasting, "mackey_glass", lambda steps: change_from(real_glass(steps), point)
        )
        forecasting.read.cache_clear()

    forecasting.read.cache_clear()
    yield change
    forecasting.read.cache_clear()


@pytest.mark.parametrize("cell", BUDGETS, ids=", ".join)
def test_forecast_is_blind_to_the_future(cell: Cell, future: Callable):
    """Each network learns from the same numbers, to the bit, and forecasts the next step alike.

    Season, scaling and windows are made anew from a series whose future is another one. Training
    that is given the same numbers gives the same weights, so any will do.
    """
    keras.utils.set_random_seed(0)
    weights = [value[None] for value in cell.build().get_weights()]
    found = []
    for _ in range(2):
        inputs, targets = cell.windows("training")
        ahead, _ = cell.windows("validation")
        known = [cell.encode(inputs), targets, np.array(cell.scaling())]
        found.append([*known, cell.forecast(weights, ahead[:1])])
        future(cell)
    for one, other in zip(*found, strict=True):
        np.testing.assert_array_equal(one, other)


def test_changed_future_is_seen_where_it_is_known(future: Callable):
    """The last test has teeth: forecasts from after the change differ."""
    cell = Cell("co2", "one step", "near", "GRU")
    weights = [value[None] for value in cell.build().get_weights()]
    found = []
    for _ in range(2):
        found.append(cell.forecast(weights, cell.windows("validation")[0][1:2]))
        future(cell)
    assert not np.array_equal(*found)


def test_recursion_feeds_forecasts_back():
    inputs = np.array([[[1.0, 1], [2.0, 0]]])
    found = forecasting.forecast_recursively(
        lambda windows: windows[:, :, 0].sum(axis=1)[:, None], inputs, 4
    )
    np.testing.assert_array_equal(found, [[3, 5, 8, 13]])


def test_member_of_a_crowd_learns_what_keras_teaches_it():
    """Two rates and two seeds side by side; the last of them again, by itself, in Keras."""
    updates, rng = 25, np.random.default_rng(0)
    x, y = rng.normal(size=(50, 5, 1)).astype("float32"), rng.normal(size=(50, 1))

    def build() -> keras.Sequential:
        body = [keras.layers.GRU(3), keras.layers.Dense(1)]
        return keras.Sequential([keras.Input((5, 1)), *body])

    crowd = Crowd(build, "GRU", forecasting.squared_error, x, y, 8, (0.003, 0.03), (0, 1))
    tf.config.run_functions_eagerly(True)  # compiling takes longer than so few updates
    try:
        weights = crowd.fit(updates)
    finally:
        tf.config.run_functions_eagerly(False)
    keras.utils.set_random_seed(1)
    model = build()
    rate = keras.optimizers.schedules.CosineDecay(0.03, updates)
    model.compile(keras.optimizers.Adam(rate), "mse")
    order = shuffled(np.arange(50), 8 * updates, np.random.default_rng(1))
    model.fit(x[order], y[order], batch_size=8, shuffle=False, verbose=0)
    for ours, theirs in zip(weights, model.get_weights(), strict=True):
        np.testing.assert_allclose(ours[3].reshape(theirs.shape), theirs, atol=1e-4)
