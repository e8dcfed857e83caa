"""Keep the results of long trainings in a CSV file, a row for each, that notebooks read."""

import csv
from collections.abc import Callable
from pathlib import Path

RESULTS = Path(__file__).resolve().parent / "results"


def fill(name: str, trainings: list[dict[str, object]], train: Callable[..., dict]) -> None:
    """Run each training that has no row yet and write the file anew after each.

    Args:
        name: of the file in results/.
        trainings: the settings of each, which become the first columns; in the order of the rows.
        train: called with the settings, returns the further columns.
    """
    path = RESULTS / name
    rows = []
    if path.exists():
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    for settings in trainings:
        wanted = {column: str(value) for column, value in settings.items()}
        if not any(wanted.items() <= row.items() for row in rows):
            rows.append(wanted | train(**settings))
            print(*rows[-1].values(), flush=True)
            with path.open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, rows[0], lineterminator="\n")
                writer.writeheader()
                writer.writerows(rows)
