"""Keep what trainings and measurements find: a CSV file beside each script, a row for each.

The file of experiments/nb02_phrases.py is experiments/results/nb02_phrases.csv, and the name of
every further file that this script writes begins with nb02_phrases_. A row that is there is kept,
so a script that was stopped goes on where it was; delete a row to make it anew.
"""

import csv
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path

Settings = dict[str, object]
Row = dict[str, str]


def beside(script: str, end: str) -> Path:
    """Return where a script keeps a result, results/<its name><end>.

    Args:
        script: the script's `__file__`.
        end: such as ".csv", or "_bits.npz" for a file that goes with the rows.
    """
    path = Path(script).resolve()
    return path.parent / "results" / (path.stem + end)


def read(script: str) -> list[Row]:
    """Return the stored rows of a script, given its `__file__`; none if it has no file yet."""
    path = beside(script, ".csv")
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def belongs(row: Row, settings: Settings) -> bool:
    """Tell whether a stored row is the one of these settings."""
    return {name: str(value) for name, value in settings.items()}.items() <= row.items()


def by_rate(script: str, settings: Settings) -> dict[float, float]:
    """Return what seeds 0 and 1 get on validation, on average, at each rate that both have tried.

    Args:
        script: the script's `__file__`.
        settings: what its rows have in common, all but rate and seed.
    """
    found: dict[float, list[float]] = {}
    for row in read(script):
        if belongs(row, settings) and row["seed"] in ("0", "1"):
            found.setdefault(float(row["rate"]), []).append(float(row["validation"]))
    return {rate: sum(two) / 2 for rate, two in found.items() if len(two) == 2}


def compete(
    script: str, settings: Settings, rates: Sequence[float], higher: Sequence[float]
) -> tuple[list[float], float | None]:
    """Return the rates that compete, and the best of them once two seeds have tried each.

    Args:
        script, settings: as for `by_rate`.
        rates: compete in any case.
        higher: one after the other, as long as the highest so far does best.
    """
    scores, tried, further = by_rate(script, settings), list(rates), list(higher)
    while all(rate in scores for rate in tried):
        best = max(tried, key=scores.get)
        if best != tried[-1] or not further:
            return tried, best
        tried.append(further.pop(0))
    return tried, None


def fill(
    script: str, trainings: Callable[[], list[Settings]], train: Callable[..., Settings]
) -> None:
    """Run each training that has no row yet, and write the file after each.

    Args:
        script: the script's `__file__`.
        trainings: returns the settings of all, in the order of the rows; they become the first
            columns. It is asked again after each training, so what comes later may depend on what
            was found: on the best rate, say.
        train: called with the settings, returns the further columns.

    Raises:
        ValueError: if `train` returns other columns than the file has.
    """
    rows, seconds = read(script), []
    while True:
        wanted = trainings()
        there = {tuple(row.get(name) for name in wanted[0]) for row in rows}
        missing = [
            some for some in wanted if tuple(str(some[name]) for name in wanted[0]) not in there
        ]
        if not missing:
            break
        start = time.perf_counter()
        row = missing[0] | train(**missing[0])
        seconds.append(time.perf_counter() - start)
        rows.append({name: str(value) for name, value in row.items()})
        _write(beside(script, ".csv"), rows)
        mean, left = sum(seconds) / len(seconds), len(missing) - 1
        print(
            f"{len(wanted) - left} of {len(wanted)} rows, {mean:.0f} s per row,",
            f"{mean * left / 60:.0f} min left:",
            *(f"{name}={value}" for name, value in rows[-1].items()),
            flush=True,
        )
    print(f"{beside(script, '.csv').name}: all {len(wanted)} rows are there.")


def _write(path: Path, rows: list[Row]) -> None:
    """Replace the file in one step, so that a script that is stopped leaves it whole."""
    if list(rows[-1]) != list(rows[0]):
        raise ValueError(f"{path.name} has the columns {list(rows[0])}, not {list(rows[-1])}.")
    path.parent.mkdir(exist_ok=True)
    new = path.with_suffix(".new")
    with new.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    os.replace(new, path)
