"""The leaderboard: what a notebook may enter, and what it prints."""

import pytest
from links import all_notebooks, parse

from course import leaderboard

ROWS = [
    {
        "model": "duck",
        "title": "a duck of 3 layers",
        "notebook": "02",
        "parameters": "1234",
        "seconds": "30",
        "accuracy": "0.800",
        "spread": "0.010",
        "seeds": "3",
    },
    {
        "model": "majority",
        "title": "majority",
        "notebook": "02",
        "parameters": "0",
        "seconds": "0",
        "accuracy": "0.119",
        "spread": "0.000",
        "seeds": "1",
    },
]


@pytest.fixture
def ducks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaderboard, "rows", lambda: ROWS)


@pytest.mark.usefixtures("ducks")
def test_what_was_measured_is_accepted():
    leaderboard.check("duck", 1234, [0.79, 0.80, 0.81])  # a sample deviation of 0.01
    leaderboard.check("majority", 0, [0.119])


@pytest.mark.usefixtures("ducks")
@pytest.mark.parametrize(
    ("model", "parameters", "accuracies", "complaint"),
    [
        ("goose", 1234, [0.79, 0.80, 0.81], "no row for 'goose'"),
        ("duck", 1235, [0.79, 0.80, 0.81], "due is: duck,…,1235,…,0.800,0.010,3"),
        ("duck", 1234, [0.793, 0.803, 0.813], "due is: duck,…,1234,…,0.803,0.010,3"),
        ("duck", 1234, [0.787, 0.80, 0.813], "due is: duck,…,1234,…,0.800,0.013,3"),
        ("duck", 1234, [0.79, 0.81], "due is: duck,…,1234,…,0.800,0.014,2"),
        ("majority", 0, [0.122], "due is: majority,…,0,…,0.122,0.000,1"),
    ],
)
def test_anything_else_is_refused(
    model: str, parameters: int, accuracies: list[float], complaint: str
):
    with pytest.raises(AssertionError) as caught:
        leaderboard.check(model, parameters, accuracies)
    assert complaint in str(caught.value)


@pytest.mark.usefixtures("ducks")
def test_table_is_shown_best_last(capsys: pytest.CaptureFixture):
    leaderboard.show()
    assert capsys.readouterr().out.splitlines() == [
        "model                      notebook parameters  seconds  accuracy  spread",
        "majority                   02                0        0     11.9%",
        "duck                       02            1,234       30     80.0%  ± 1.0%",
    ]


SHOWN = {
    path.stem: "".join(output.get("text", "") for output in cell.outputs)
    for path in all_notebooks()
    for cell in parse(path).cells
    if cell.cell_type == "code" and "leaderboard.show()" in cell.source
}


@pytest.mark.parametrize("name", SHOWN)
def test_notebooks_show_every_row(name: str, capsys: pytest.CaptureFixture):
    leaderboard.show()
    assert capsys.readouterr().out in SHOWN[name], f"make store NOTEBOOK={name[:2]}"


def test_models_and_titles_are_their_own():
    rows = leaderboard.rows()
    for column in ("model", "title"):
        names = [row[column] for row in rows]
        assert len(set(names)) == len(names) and all(names), column


def test_one_training_has_no_spread():
    single = [row["model"] for row in leaderboard.rows() if row["seeds"] == "1"]
    spread = [row["model"] for row in leaderboard.rows() if float(row["spread"]) == 0]
    assert single == spread
