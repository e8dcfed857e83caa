"""The tables and the JSON file of benchmarks/ say what was measured."""

import json
from functools import partial

import pytest

from benchmarks.cells import COMMON, SIZE
from experiments.turns import milliseconds, ratios, take_turns
from tools import measured

ROW = {
    "backend": "tensorflow",
    "batch": "4",
    "units": "32",
    "cell": "S6Cell",
    "step": "training",
    "jit_compile": "False",
    "time": "64",
    "parallel_ratio": "0.504",
    "parallel_q1": "0.456",
    "parallel_q3": "1.2",
    "unrolled_ratio": "",
}


@pytest.fixture
def stored(monkeypatch: pytest.MonkeyPatch) -> dict[str, list]:
    """Return the rows that the tables see, by script, for a test to fill."""
    rows = {}
    monkeypatch.setattr(measured.store, "read", lambda script: rows[measured.Path(script).stem])
    return rows


def test_json_is_the_one_due():
    assert measured.JSON.read_text(encoding="utf-8") == measured.as_json(), "run 'make tables'"


def test_json_has_every_row_and_its_numbers():
    found = json.loads(measured.as_json())
    assert sorted(found) == sorted(path.stem for path in measured.BENCHMARKS.glob("*.py"))
    for name, rows in found.items():
        stored = measured.rows(name)
        assert len(rows) == len(stored)
        for row, texts in zip(rows, stored, strict=True):
            assert list(row) == list(texts)
            assert all(
                isinstance(value, bool) or value == float(texts[column])
                for column, value in row.items()
                if value is not None and not isinstance(value, str)
            )


@pytest.mark.parametrize(
    ("text", "value"),
    [("", None), ("False", False), ("64", 64), ("0.50", 0.5), ("S6Cell", "S6Cell")],
)
def test_value_is_read(text: str, value: object):
    assert repr(measured.value(text)) == repr(value)


def test_scan_has_a_line_for_each_kind_and_a_column_for_each_length(stored: dict):
    torch = {"backend": "torch", "parallel_ratio": "2.345"}
    # The rows of 64 steps on TensorFlow were measured again, so they stand last.
    stored["scan"] = [ROW | {"time": "1024"}, ROW | torch, ROW | torch | {"time": "1024"}, ROW]
    assert measured.scan().splitlines() == [
        "| backend | XLA | cell | batch × units | step | 64 steps | 1,024 steps |",
        "|---|---|---|---|---|---|---|",
        "| TensorFlow | no | S6Cell | 4 × 32 | training | 0.50 (0.46–1.20) | 0.50 (0.46–1.20) |",
        "| PyTorch | no | S6Cell | 4 × 32 | training | 2.35 (0.46–1.20) | 2.35 (0.46–1.20) |",
    ]


def test_unrolled_has_what_was_measured_only(stored: dict):
    plain = ROW | {"unrolled_ratio": "0.61"}
    compiled = plain | {"jit_compile": "True"}
    stored["scan"] = [plain, plain | {"time": "256"}, compiled, ROW | {"time": "1024"}]
    assert measured.unrolled().splitlines()[2:] == [
        "| TensorFlow | no | S6Cell | 4 × 32 | training | 0.61 | 0.61 |",
        "| TensorFlow | yes | S6Cell | 4 × 32 | training | 0.61 | – |",
    ]


def test_contenders_take_turns():
    turns = []
    took = take_turns({name: partial(turns.append, name) for name in "abc"}, 20, 0)
    rounds = ["".join(turns[start : start + 3]) for start in range(0, 60, 3)]
    assert len(turns) == 60 and {"".join(sorted(one)) for one in rounds} == {"abc"}
    assert len(set(rounds)) > 3
    assert {name: len(seconds) for name, seconds in took.items()} == {"a": 20, "b": 20, "c": 20}


def test_turns_go_on_until_the_time_is_up():
    assert len(take_turns({"a": lambda: None}, 1, 0.01)["a"]) > 1


def test_ratio_is_that_of_each_round():
    took = {"loop": [1.0, 10.0, 2.0], "scan": [0.5, 20.0, 3.0]}
    assert ratios("scan", took, "loop") == {
        "scan_ratio": "1.500",
        "scan_q1": "1.000",
        "scan_q3": "1.750",
    }
    assert milliseconds(took["loop"]) == "2000.00"


CELL = {"layer": "Keras", "cell": "LSTM", "time": str(COMMON), "mib": "50"}
CELL |= {name: str(value) for name, value in SIZE.items()}
for step in ("forward", "training"):
    CELL |= {f"{step}_ratio": "1", f"{step}_q1": "0.9", f"{step}_q3": "1.1"}


def test_cells_stand_in_the_order_of_their_training(stored: dict):
    cell = CELL | {"layer": "RNN", "cell": "ATRCell", "training_ratio": "2", "mib": "75"}
    parallel = CELL | {"layer": "ParallelRNN", "cell": "S6Cell", "forward_ratio": "0.5"}
    parallel |= {"training_ratio": "0.5"}
    stored["cells"] = [cell, parallel, CELL, CELL | {"time": "64"}]
    assert measured.cells().splitlines() == [
        "| cell | forward | training | memory |",
        "|---|---|---|---|",
        "| `ParallelRNN(S6Cell)` | 0.50 (0.90–1.10) | 0.50 (0.90–1.10) | 1.00 |",
        "| `keras.layers.LSTM` | 1.00 (0.90–1.10) | 1.00 (0.90–1.10) | 1.00 |",
        "| `RNN(ATRCell)` | 1.00 (0.90–1.10) | 2.00 (0.90–1.10) | 1.50 |",
    ]


def test_lengths_have_what_runs_at_every_length(stored: dict):
    torch = CELL | {"layer": "PyTorch", "cell": "GRU", "forward_ratio": "0.5", "mib": "100"}
    one = [CELL, torch, CELL | {"layer": "RNN", "cell": "ATRCell"}]
    short = [row | {"time": "64", "mib": "25"} for row in one[:2]]
    stored["cells"] = one + short
    assert measured.lengths().splitlines() == [
        "| part | layer | 64 steps | 256 steps |",
        "|---|---|---|---|",
        "| forward | `keras.layers.LSTM` | 1.00 (0.90–1.10) | 1.00 (0.90–1.10) |",
        "| forward | `torch.nn.GRU` | 0.50 (0.90–1.10) | 0.50 (0.90–1.10) |",
        "| training | `keras.layers.LSTM` | 1.00 (0.90–1.10) | 1.00 (0.90–1.10) |",
        "| training | `torch.nn.GRU` | 1.00 (0.90–1.10) | 1.00 (0.90–1.10) |",
        "| memory | `keras.layers.LSTM` | 1.00 | 1.00 |",
        "| memory | `torch.nn.GRU` | 1.00 | 2.00 |",
    ]
