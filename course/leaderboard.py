"""The leaderboard of one task: tell the language of a phrase (data/phrases.csv, test split).

leaderboard.csv holds a row for each model, with a short name for notebooks and a title that spells
its layers out for README.md. A notebook that builds a model measures it and checks its row here, so
that the table cannot say what no notebook shows. The spread is the sample standard deviation over
the seeds.
"""

import csv
from pathlib import Path

import numpy as np

FILE = Path(__file__).with_name("leaderboard.csv")


def rows() -> list[dict[str, str]]:
    with FILE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def check(model: str, parameters: int, accuracies: list[float]) -> None:
    """Compare the row of `model` with what was measured: the accuracy of each seed on the test.

    Raises:
        AssertionError: if there is no such row, or one that says something else; the message
            holds the row that is due.
    """
    mean = np.mean(accuracies)
    spread = np.std(accuracies, ddof=1) if len(accuracies) > 1 else 0.0
    due = f"{model},…,{parameters},…,{mean:.3f},{spread:.3f},{len(accuracies)}"
    found = [row for row in rows() if row["model"] == model]
    assert found, f"leaderboard.csv has no row for {model!r}; due is: {due}"
    (row,) = found
    # Another processor may decide one phrase in a thousand the other way.
    right = (
        int(row["parameters"]) == parameters
        and int(row["seeds"]) == len(accuracies)
        and abs(float(row["accuracy"]) - mean) < 0.002
        and abs(float(row["spread"]) - spread) < 0.002
    )
    assert right, f"leaderboard.csv says {','.join(row.values())}; due is: {due}"


def show() -> None:
    """Print the table, best model last."""
    print(f"{'model':26} {'notebook':8} {'parameters':>10} {'seconds':>8} {'accuracy':>9}  spread")
    for row in sorted(rows(), key=lambda row: float(row["accuracy"])):
        spread = f"± {float(row['spread']):.1%}" if int(row["seeds"]) > 1 else ""
        line = (
            f"{row['model']:26} {row['notebook']:8} {int(row['parameters']):10,} "
            f"{row['seconds']:>8} {float(row['accuracy']):9.1%}  {spread}"
        )
        print(line.rstrip())
