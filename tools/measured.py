"""The tables of benchmarks/README.md, and benchmarks/results/bench.json, from what was measured."""

import json
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from benchmarks.cells import COMMON, LONG
from experiments import store

BENCHMARKS = Path(__file__).resolve().parent.parent / "benchmarks"
JSON = BENCHMARKS / "results" / "bench.json"
BACKENDS = {"tensorflow": "TensorFlow", "jax": "JAX", "torch": "PyTorch"}
LSTM = "`keras.layers.LSTM`"
SIZE = ("batch", "time", "features", "units")


def rows(name: str) -> list[store.Row]:
    """Return what benchmarks/<name>.py measured, in the order of its settings."""
    script = import_module(f"benchmarks.{name}")
    found = store.read(script.__file__)
    return [row for settings in script.trainings() for row in found if store.belongs(row, settings)]


def xla(row: store.Row) -> str:
    return "yes" if row["jit_compile"] == "True" else "no"


def ratio(row: store.Row, contender: str) -> str:
    """Return a ratio and its quartiles."""
    middle, *ends = (f"{float(row[f'{contender}_{name}']):.2f}" for name in ("ratio", "q1", "q3"))
    return f"{middle} ({'–'.join(ends)})"


def table(
    head: list[str],
    rows: list[store.Row],
    kind: Callable[[store.Row], tuple[str, ...]],
    column: Callable[[store.Row], str],
    entry: Callable[[store.Row], str],
) -> str:
    """Return a table with a line for each kind of row, in which each row has its entry."""
    columns, lines = list(dict.fromkeys(map(column, rows))), {}
    for row in rows:
        lines.setdefault(kind(row), {})[column(row)] = entry(row)
    cells = [head + columns]
    cells += [[*kind, *(found.get(name, "–") for name in columns)] for kind, found in lines.items()]
    first, *others = (f"| {' | '.join(line)} |\n" for line in cells)
    return "".join([first, "|" + "---|" * len(cells[0]) + "\n", *others])


def speed() -> str:
    """Return the times of the cells by those of Keras's layers, a line for each layer and step."""
    return table(
        ["layer", "step", "XLA"],
        rows("speed"),
        kind=lambda row: (row["layer"], row["step"], xla(row)),
        column=lambda row: " × ".join(row[name] for name in SIZE),
        entry=lambda row: ratio(row, "custom"),
    )


def noise_and_memory() -> str:
    """Return how far the times of equal graphs differ, and the peaks of memory."""
    noise = [float(row["keras_cell_ratio"]) for row in rows("speed")]
    peaks = {}
    for row in rows("memory"):
        told = f"{row['layer']} {row['custom_mib']} and {row['built_in_mib']}"
        peaks.setdefault(xla(row), []).append(told)
    plain, compiled = (", ".join(peaks[answer]) for answer in ("no", "yes"))
    return (
        f"Ratios between {min(noise):.2f} and {max(noise):.2f} are noise: so far apart are layers "
        "and Keras's own cells in\n`RNN`, which compute the same graph. Training at the largest "
        "size adds to the peak of resident memory, in MiB\nfor the cell and for the layer: "
        f"{plain}; with XLA, compiler included, {compiled}.\n"
    )


SCANNED = ["backend", "XLA", "cell", "batch × units", "step"]


def kind_of_scan(row: store.Row) -> tuple[str, ...]:
    size = f"{row['batch']} × {row['units']}"
    return BACKENDS[row["backend"]], xla(row), row["cell"], size, row["step"]


def steps(row: store.Row) -> str:
    return f"{int(row['time']):,} steps"


def scan() -> str:
    """Return the times of the scan by those of the loop."""
    return table(
        SCANNED,
        rows("scan"),
        kind_of_scan,
        steps,
        lambda row: ratio(row, "parallel"),
    )


def unrolled() -> str:
    """Return the times of the unrolled loop by those of the loop."""
    return table(
        SCANNED,
        [row for row in rows("scan") if row["unrolled_ratio"]],
        kind_of_scan,
        steps,
        lambda row: f"{float(row['unrolled_ratio']):.2f}",
    )


def contender(row: store.Row) -> str:
    """Return how a contender of benchmarks/cells.py is written in code."""
    module = {"Keras": "keras.layers", "PyTorch": "torch.nn"}.get(row["layer"])
    return f"`{module}.{row['cell']}`" if module else f"`{row['layer']}({row['cell']})`"


def by_lstm() -> list[store.Row]:
    """Return the rows of benchmarks/cells.py, and in each what a table says, once of each part."""
    found = rows("cells")
    lstm = {row["time"]: float(row["mib"]) for row in found if contender(row) == LSTM}
    told = {
        "forward": lambda row: ratio(row, "forward"),
        "training": lambda row: ratio(row, "training"),
        "memory": lambda row: f"{float(row['mib']) / lstm[row['time']]:.2f}",
    }
    return [row | {"part": part, "told": tell(row)} for part, tell in told.items() for row in found]


def cells() -> str:
    """Return time and memory of every cell by those of Keras's LSTM, by the time of training."""
    found = [row for row in by_lstm() if int(row["time"]) == COMMON]
    return table(
        ["cell"],
        sorted(found, key=lambda row: float(row["training_ratio"])),
        lambda row: (contender(row),),
        lambda row: row["part"],
        lambda row: row["told"],
    )


def lengths() -> str:
    """Return time and memory at several lengths by those of Keras's LSTM."""
    return table(
        ["part", "layer"],
        [row for row in by_lstm() if (row["layer"], row["cell"]) in LONG],
        lambda row: (row["part"], contender(row)),
        steps,
        lambda row: row["told"],
    )


def value(text: str) -> str | int | float | bool | None:
    """Return what stands in a CSV file as JSON has it."""
    try:
        return json.loads(text.lower()) if text else None
    except ValueError:
        return text


def as_json() -> str:
    """Return all that was measured: for each script its rows, one on each line."""
    scripts = []
    for path in sorted(BENCHMARKS.glob("results/*.csv")):
        found = [
            json.dumps({name: value(text) for name, text in row.items()}) for row in rows(path.stem)
        ]
        scripts.append(f"{json.dumps(path.stem)}: [\n  " + ",\n  ".join(found) + "\n]")
    return "{" + ", ".join(scripts) + "}\n"
