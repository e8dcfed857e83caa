"""Stored results are those of their scripts: nothing is left over, missing or there twice."""

import ast
import csv
import json
from collections import Counter, defaultdict
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from links import ROOT, parse

from experiments import store, tasks
from tools import measured

SCRIPTS = {
    path.stem: f"{path.parent.name}.{path.stem}"
    for path in sorted([*ROOT.glob("experiments/nb*.py"), *ROOT.glob("benchmarks/*.py")])
}
RESULTS = {path.name: path for path in sorted(ROOT.glob("*/results/*"))}


def faults(rows: list[store.Row], trainings: list[store.Settings]) -> list[str]:
    """Return a line for each setting that has not one training and one row."""
    columns = list(trainings[0])
    wanted = Counter(tuple(str(one[column]) for column in columns) for one in trainings)
    there = Counter(tuple(row[column] for column in columns) for row in rows)
    return [
        f"{wanted[key]} trainings and {there[key]} rows for {dict(zip(columns, key, strict=True))}"
        for key in wanted | there
        if not wanted[key] == there[key] == 1
    ]


GRID = [{"model": "RNN", "rate": 0.1}, {"model": "GRU", "rate": 0.1}]
ROWS = [{name: str(value) for name, value in one.items()} | {"test": "0.5"} for one in GRID]


@pytest.mark.parametrize(
    ("rows", "trainings", "number"),
    [
        (ROWS, GRID, 0),
        (ROWS[:1], GRID, 1),
        (ROWS, GRID[:1], 1),
        ([*ROWS, ROWS[0]], GRID, 1),
        ([ROWS[0], ROWS[1] | {"rate": "0.2"}], GRID, 2),
        (ROWS, [*GRID, GRID[0]], 1),
    ],
    ids=["as it should be", "missing", "orphan", "row twice", "other rate", "training twice"],
)
def test_faults_are_found(rows: list, trainings: list, number: int):
    assert len(faults(rows, trainings)) == number


@pytest.mark.parametrize("name", SCRIPTS)
def test_rows_are_those_of_the_script(name: str):
    script = import_module(SCRIPTS[name])
    found = faults(store.read(script.__file__), script.trainings())
    assert not found, f"{name}.csv:\n" + "\n".join(found)


@pytest.mark.parametrize("name", SCRIPTS)
def test_script_has_a_file(name: str):
    path = store.beside(import_module(SCRIPTS[name]).__file__, ".csv")
    assert RESULTS.get(path.name) == path, f"{path.relative_to(ROOT)} is missing"


def classes(source: str) -> dict[str, str]:
    """Return the source of each class, by its name."""
    found = [node for node in ast.parse(source).body if isinstance(node, ast.ClassDef)]
    return {node.name: ast.get_source_segment(source, node) for node in found}


def shown(number: str) -> dict[str, str]:
    """Return the source of each class that a notebook shows, by its name."""
    (notebook,) = (ROOT / "notebooks").glob(f"{number}_*.ipynb")
    cells = [cell.source for cell in parse(notebook).cells if cell.cell_type == "code"]
    return {name: text for cell in cells[1:] for name, text in classes(cell).items()}


@pytest.mark.parametrize(
    ("script", "names"),
    [("nb08_first_cell", ["ElmanCell", "LeakyCell"]), ("nb12_tracking", ["SignedMinGRUCell"])],
)
def test_cells_of_a_notebook_are_those_of_its_script(script: str, names: list[str]):
    found = shown(script[2:4])
    trained = classes((ROOT / f"experiments/{script}.py").read_text(encoding="utf-8"))
    assert {name: found[name] for name in names} == {name: trained[name] for name in names}


def test_first_cell_of_notebook_08_has_the_lines_that_it_counts():
    assert sum(bool(line.strip()) for line in shown("08")["ElmanCell"].splitlines()) == 12


# What stands beside the rows


def check_bits(path: Path) -> None:
    """The bits of a training are as many as test names, and give the perplexity of its row."""
    writing = import_module("experiments.nb07_writing")
    every = stored_rows("nb07_writing")
    rows = {
        f"{row['told']}, {row['dropout']}, {row['rate']}, {row['seed']}": row
        for row in every
        if int(row["epochs"]) == writing.SHORT[-1]
    }
    best = ", ".join(map(str, writing.choose(every)))
    with np.load(path) as bits:
        assert {f"{best}, {seed}" for seed in writing.SEEDS} <= set(bits) <= set(rows)
        for key in bits:
            found = bits[key].astype("float64")
            assert found.shape == (len(tasks.read_names()[0]["test"]),)
            assert abs(writing.perplexity(found, "test") - float(rows[key]["test"])) < 0.002, key


def check_names(path: Path) -> None:
    """There are as many names as asked for, in the order of temperatures and languages."""
    writing = import_module("experiments.nb07_writing")
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["temperature"], row["language"]) for row in rows] == [
        (str(temperature), language)
        for temperature in writing.TEMPERATURES
        for language in writing.LANGUAGES
        for _ in range(writing.EACH)
    ]


def check_counts(path: Path) -> None:
    """The text begins with the prompt and has its length."""
    source = import_module("experiments.nb07_source")
    text = path.read_text(encoding="utf-8")
    assert text.startswith(source.PROMPT)
    assert len(text) == len(source.PROMPT) + source.LENGTH + 1


def check_steps(path: Path) -> None:
    """Each step chose the character into whose share of the line from 0 to 1 the draw fell."""
    for step in json.loads(path.read_text(encoding="utf-8")):
        assert step["before"] - 0.001 <= step["draw"] <= step["before"] + step["chance"] + 0.001
        known = dict(zip(step["likeliest"], step["probabilities"], strict=True))
        assert known.get(step["chosen"], step["chance"]) == step["chance"]
        assert step["probabilities"] == sorted(step["probabilities"], reverse=True)


def check_bits_of_01(path: Path) -> None:
    """The bits of each training are as many as test names, about as many as in validation."""
    script = import_module("experiments.nb01_next_character")
    rows = {
        f"{row['model']}_{row['updates']}_{row['rate']}_{row['seed']}": row
        for row in stored_rows("nb01_next_character")
        if int(row["updates"]) > script.FIRST
    }
    scores = defaultdict(list)
    for row in rows.values():
        scores[row["model"], row["updates"], row["rate"]].append(float(row["score"]))
    # A rate that is too high may end at splits unlike each other; the best of each may not.
    chosen = {key[:2]: key[2] for key in sorted(scores, key=lambda key: -np.mean(scores[key]))}
    lengths = tasks.read_next()["test"][2].sum(axis=1)
    with np.load(path) as bits:
        assert sorted(bits) == sorted(rows)
        for key, row in rows.items():
            assert bits[key].shape == lengths.shape, key
            found = 2 ** (bits[key].sum() / lengths.sum())
            if chosen[row["model"], row["updates"]] == row["rate"]:
                assert abs(found / float(row["score"]) - 1) < 0.05, key


def check_errors(path: Path) -> None:
    """There is an array for each network: quantiles, or squared errors, never below 0."""
    script = import_module("experiments.nb06_forecasting")
    rows = stored_rows("nb06_forecasting")
    due = {", ".join(row[name] for name in script.Cell._fields) for row in rows}
    with np.load(path) as errors:
        assert set(errors) == due
        for key in errors:
            found = errors[key]
            assert found.ndim == 2 + ("quantiles" in key) and not np.isnan(found).all(), key
            assert "quantiles" in key or np.nanmin(found) >= 0, key


def check_tables(path: Path) -> None:
    """Each training has answers for the same characters, and they give the F1 of its row."""
    script = import_module("experiments.nb13_tagging")
    rows = stored_rows("nb13_tagging")
    with np.load(path) as tables:
        found = {key: tables[key] for key in tables}
    due = {f"{r['model']}_{r['updates']}_{r['rate']}_{r['seed']}": r["test"] for r in rows}
    assert sorted(found) == sorted(due)
    asked = script.count("test", np.zeros_like(script.read_data()["test"][1])).sum(axis=2)
    for key, table in found.items():
        assert np.array_equal(table.sum(axis=2), asked), key
        assert f"{script.f1(table.sum(axis=0)).mean():.4f}" == due[key], key


def weights_in(path: Path) -> list[np.ndarray]:
    with np.load(path) as file:
        return list(file.values())


def check_stack(path: Path) -> None:
    """The weights are those of the row that they were kept of: they tell as many steps right."""
    script = import_module("experiments.nb14_parity")
    order, style, size, updates, rate, seed = script.KEPT
    wanted = {"order": order, "style": style, "size": size, "updates": updates}
    wanted |= {"rate": rate, "seed": seed}
    (row,) = [row for row in stored_rows("nb14_parity") if store.belongs(row, wanted)]
    model = script.build(style, int(row["depth"]), int(row["units"]))
    model.set_weights(weights_in(path))
    x, y = tasks.draw_parity(1000, 4 * script.STEPS, order, 20_000)
    right = model.predict(x, verbose=0).argmax(axis=-1) == y
    assert abs(right[:, : script.STEPS].mean() - float(row["test"])) < 0.002
    assert abs(right[:, script.STEPS :].mean() - float(row["longer"])) < 0.002


def check_reader(path: Path) -> None:
    """The weights are those of the row that they were kept of: they read as many dates."""
    script = import_module("experiments.nb15_dates")
    score, dates, updates, seed = script.KEPT
    wanted = {"score": score, "dates": dates, "updates": updates, "seed": seed}
    wanted["rate"] = script.best_rate(*script.KEPT[:3])
    (row,) = [row for row in stored_rows("nb15_dates") if store.belongs(row, wanted)]
    model = script.build(score, int(row["units"]))
    model.set_weights(weights_in(path))
    model.run_step = model.step
    symbols, letters = script.arrays("test")
    right = np.all(script.search(model, symbols)[0] == letters, axis=1)
    assert abs(right.mean() - float(row["test"])) < 0.002


COMPANIONS: dict[str, Callable[[Path], None]] = {
    "nb01_next_character_bits.npz": check_bits_of_01,
    "nb06_forecasting_errors.npz": check_errors,
    "nb07_source_counts.txt": check_counts,
    "nb07_source_steps.json": check_steps,
    "nb07_writing_bits.npz": check_bits,
    "nb07_writing_names.csv": check_names,
    "nb13_tagging_counts.npz": check_tables,
    "nb14_parity_weights.npz": check_stack,
    "nb15_dates_additive.npz": check_reader,
}


def stored_rows(name: str) -> list[store.Row]:
    return store.read(import_module(SCRIPTS[name]).__file__)


BESIDE = {*RESULTS, *COMPANIONS} - {f"{script}.csv" for script in SCRIPTS} - {measured.JSON.name}


@pytest.mark.parametrize("name", sorted(BESIDE))
def test_file_beside_the_rows_fits_them(name: str):
    owners = [script for script in SCRIPTS if name.startswith(f"{script}_")]
    assert owners, f"no script fills {name}"
    assert name in COMPANIONS, f"nothing checks {name}, which {owners[0]} writes"
    COMPANIONS[name](RESULTS[name])


# store.py


@pytest.fixture
def script(tmp_path: Path) -> str:
    return str(tmp_path / "nb99_topic.py")


def test_filling_goes_on_where_it_was(script: str, capsys: pytest.CaptureFixture):
    done = []

    def train(model: str, rate: float) -> store.Settings:
        if model == "GRU" and len(done) == 1:
            raise KeyboardInterrupt
        done.append(model)
        return {"test": f"{rate:.4f}"}

    with pytest.raises(KeyboardInterrupt):
        store.fill(script, lambda: GRID, lambda **some: train(**some))
    assert store.read(script) == [{"model": "RNN", "rate": "0.1", "test": "0.1000"}]
    done.append("the interrupt")
    store.fill(script, lambda: GRID, train)
    assert done == ["RNN", "the interrupt", "GRU"]
    assert not faults(store.read(script), GRID)
    assert [path.name for path in Path(script).parent.glob("results/*")] == ["nb99_topic.csv"]

    capsys.readouterr()
    store.fill(script, lambda: GRID, train)
    assert done == ["RNN", "the interrupt", "GRU"]
    assert capsys.readouterr().out == "nb99_topic.csv: all 2 rows are there.\n"


def test_filling_shows_how_much_is_left(
    script: str, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
):
    clock = iter(range(0, 1200, 150))
    monkeypatch.setattr(store.time, "perf_counter", lambda: next(clock))
    store.fill(script, lambda: GRID, lambda model, rate: {"test": "0.5"})
    first, second, _ = capsys.readouterr().out.splitlines()
    assert first == "1 of 2 rows, 150 s per row, 2 min left: model=RNN rate=0.1 test=0.5"
    assert second.startswith("2 of 2 rows, 150 s per row, 0 min left: ")


def test_grid_may_depend_on_what_was_found(script: str):
    def trainings() -> list[store.Settings]:
        rows = store.read(script)
        grid = [{"rate": rate, "seed": 0} for rate in (0.1, 0.2)]
        if len(rows) >= len(grid):
            best = max(rows, key=lambda row: float(row["test"]))
            grid.append({"rate": float(best["rate"]), "seed": 1})
        return grid

    store.fill(script, trainings, lambda rate, seed: {"test": f"{1 - rate:.1f}"})
    assert [(row["rate"], row["seed"]) for row in store.read(script)] == [
        ("0.1", "0"),
        ("0.2", "0"),
        ("0.1", "1"),
    ]


def test_other_columns_are_refused_and_leave_the_file_whole(script: str):
    store.fill(script, lambda: GRID[:1], lambda model, rate: {"test": "0.5"})
    with pytest.raises(ValueError, match="has the columns"):
        store.fill(script, lambda: GRID, lambda model, rate: {"validation": "0.5"})
    assert store.read(script) == ROWS[:1]


RIVAL = {"model": "RNN", "updates": 800}


@pytest.mark.parametrize(
    ("scores", "due"),
    [
        ({}, ([0.1, 0.2], None)),
        ({0.1: 0.9}, ([0.1, 0.2], None)),
        ({0.1: 0.9, 0.2: 0.8}, ([0.1, 0.2], 0.1)),
        ({0.1: 0.8, 0.2: 0.9}, ([0.1, 0.2, 0.4], None)),
        ({0.1: 0.8, 0.2: 0.9, 0.4: 0.7}, ([0.1, 0.2, 0.4], 0.2)),
        ({0.1: 0.7, 0.2: 0.8, 0.4: 0.9}, ([0.1, 0.2, 0.4], 0.4)),
    ],
    ids=["none", "one missing", "low", "high", "high, and the next is worse", "the highest"],
)
def test_higher_rates_compete_where_the_highest_is_best(script: str, scores: dict, due: tuple):
    grid = [RIVAL | {"rate": rate, "seed": seed} for rate in scores for seed in range(3)]
    # Other models, other seeds and a rate that one seed has tried do not count.
    grid += [RIVAL | {"model": "GRU", "rate": 0.2, "seed": seed} for seed in (0, 1)]
    grid += [RIVAL | {"rate": 0.3, "seed": 0}]

    def train(model: str, updates: int, rate: float, seed: int) -> store.Settings:
        off = (0.01, -0.01, 5)[seed] if model == "RNN" else 5
        return {"validation": f"{scores.get(rate, 0.5) + off:.4f}"}

    store.fill(script, lambda: grid, train)
    assert store.compete(script, RIVAL, (0.1, 0.2), (0.4,)) == due
