"""The ledger says what the notebooks measure: numbers, verdicts, and one place for each claim."""

import re
from pathlib import Path
from string import Formatter

import nbformat
import pytest
from links import all_notebooks, parse
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from course import ledger
from tools import tables

CLAIMS = ledger.rows()

ROW = {
    "claim": "Ducks swim",
    "verdict": "holds in part",
    "budget": "five ducks",
    "sentence": "Of ten ducks {many} swim, {share} of the time.",
    "live": ["share"],
    "numbers": {"many": "8", "share": "81.2 %"},
}


@pytest.fixture
def ducks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "rows", lambda: {"C1": ROW})


# What `due` accepts


@pytest.mark.parametrize(
    ("text", "measured"),
    [
        ("81.2 %", 81.151),
        ("81.2 %", 81.249),
        ("−0.05", -0.0451),
        ("+13.2", 13.249),
        ("164,106", 164106.4),
        ("1.8·10⁴", 17_510),
        ("2.8·10⁻⁵", 2.84e-5),
        ("10⁻²⁰", 2e-20),
        ("less than 10⁻⁶", 9e-7),
        ("more than 1,000", 1001),
    ],
)
def test_number_is_as_printed(text: str, measured: float):
    assert ledger.due(text, measured) == text


@pytest.mark.parametrize(
    ("text", "measured", "due"),
    [
        ("81.2 %", 81.26, "81.3 %"),
        ("81.2 %", 0.812, "0.8 %"),
        ("−0.05", 0.05, "0.05"),
        ("0.05", -0.05, "−0.05"),
        ("+13.2", -13.2, "−13.2"),
        ("164,106", 164_107, "164,107"),
        ("1.8·10⁴", 18_600, "1.9·10⁴"),
        ("10⁻²⁰", 2e-19, "10⁻¹⁹"),
        ("10⁻²⁰", 0.0, "0"),
        ("less than 10⁻⁶", 2e-5, "less than 10⁻⁵"),
        ("more than 1,000", 999, "more than 999"),
        ("5", float("nan"), "nan"),
    ],
)
def test_other_number_is_due(text: str, measured: float, due: str):
    assert ledger.due(text, measured) == due


def test_live_number_may_differ_by_two_units_more():
    assert ledger.due("81.2 %", 81.44, live=True) == "81.2 %"
    assert ledger.due("81.2 %", 81.46, live=True) == "81.5 %"
    assert ledger.due("81.2 %", 80.94, live=True) == "80.9 %"


def test_text_without_a_number_is_refused():
    with pytest.raises(ValueError, match="no number in 'most'"):
        ledger.due("most", 1.0)


# What `check` accepts


@pytest.mark.usefixtures("ducks")
def test_check_prints_the_row(capsys: pytest.CaptureFixture):
    ledger.check("C1", "holds in part", many=8, share=81.4)
    assert capsys.readouterr().out == (
        "C1 holds in part: Ducks swim.\n"
        "Of ten ducks 8 swim, 81.2 % of the time.\n"
        "Budget: five ducks\n"
    )


@pytest.mark.usefixtures("ducks")
@pytest.mark.parametrize(
    ("claim", "verdict", "measured", "complaint"),
    [
        ("C2", "holds", {}, "no row for C2"),
        ("C1", "holds", {"many": 8, "share": 81.2}, "due is 'holds'"),
        ("C1", "holds in part", {"many": 9, "share": 81.2}, "many: says '8', due is '9'"),
        ("C1", "holds in part", {"many": 8, "share": 83}, "says '81.2 %', due is '83.0 %'"),
        ("C1", "holds in part", {"many": 8}, "share: says '81.2 %', was not measured"),
        ("C1", "holds in part", {"many": 8, "share": 81.2, "fly": 2}, "fly: has no number"),
    ],
)
def test_check_complains(claim: str, verdict: str, measured: dict[str, float], complaint: str):
    with pytest.raises(AssertionError, match=re.escape(complaint)):
        ledger.check(claim, verdict, **measured)


# What ledger.toml says

NUMBER = re.compile(r"(?<![\w.])[+−]?\d[\d.,·⁻⁰¹²³⁴⁵⁶⁷⁸⁹]*(?<![.,])(?: ?%)?")


def loose_numbers(sentence: str, settings: list[int]) -> list[str]:
    """Return the numbers of a sentence that neither fill a placeholder nor are settings."""
    forms = [form for number in settings for form in (str(number), f"{number:,}")]
    chosen = [form.replace("-", "−") for form in forms]
    return [
        number
        for number in NUMBER.findall(re.sub(r"\{\w+\}", "", sentence))
        if number not in chosen
    ]


@pytest.mark.parametrize(
    ("sentence", "loose"),
    [
        ("At lag 40, with bias −5, {right}.", []),
        ("F1 of h2 is {f1}.", []),
        ("After 2,000 updates, or of 2000 weights, {right}.", []),
        ("At lag 40 it is 81 %.", ["81 %"]),
        ("It is 81% of {all}, 0.5 more.", ["81%", "0.5"]),
        ("After 40 of 41 it is 10⁻⁶, not 1.8·10⁴ or 4,468.", ["41", "10⁻⁶", "1.8·10⁴", "4,468"]),
    ],
)
def test_loose_numbers_are_found(sentence: str, loose: list[str]):
    assert loose_numbers(sentence, [40, -5, 2000]) == loose


@pytest.mark.parametrize("claim", CLAIMS)
def test_row_is_complete(claim: str):
    row = CLAIMS[claim]
    assert row["verdict"] in ledger.VERDICTS
    assert row["budget"] and row["claim"]
    fields = [name for _, name, _, _ in Formatter().parse(row["sentence"]) if name]
    assert sorted(fields) == sorted(row["numbers"]), "each number once, and each placeholder filled"
    assert set(row.get("live", ())) <= row["numbers"].keys()
    loose = loose_numbers(row["sentence"], row.get("settings", []))
    assert not loose, f"{claim}: {loose} must be placeholders, or settings if they were chosen"


def test_surprises_rank_from_1_to_5():
    ranks = [row["surprise"]["rank"] for row in CLAIMS.values() if "surprise" in row]
    assert sorted(ranks) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("claim", [claim for claim, row in CLAIMS.items() if "surprise" in row])
def test_surprise_has_only_numbers_of_its_row(claim: str):
    row = CLAIMS[claim]
    said = row["surprise"]["sentence"]
    fields = [name for _, name, _, _ in Formatter().parse(said) if name]
    assert fields and set(fields) <= row["numbers"].keys()
    assert not loose_numbers(said, row.get("settings", []))


# Where claims are checked in


def test_each_claim_is_checked_in_once():
    found = [claim for claim, _, _ in tables.check_ins()]
    assert sorted(found) == sorted(CLAIMS), "one call of ledger.check for each claim"


def test_each_check_in_names_its_claim():
    """What is not a literal, `tables.check_ins` does not find."""
    for path in all_notebooks():
        sources = [cell.source for cell in parse(path).cells if cell.cell_type == "code"]
        calls = sum(source.count("ledger.check(") for source in sources)
        # A shape ledger, or another name for the module, would hide a call.
        found = [name for name, place, _ in tables.check_ins() if place == path]
        assert calls == len(found), f"{path.name}: {calls} calls of ledger.check, of which {found}"


def test_check_in_is_found_with_its_heading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    cells = [
        new_markdown_cell("# Title\n\ntext\n\n## Ask `who` wins\n\ntext"),
        new_code_cell('ledger.check("C1", "holds")'),
        new_code_cell('ledger.check(\n    "C2",\n    "fails",\n)'),
        new_markdown_cell("no heading"),
        new_code_cell("ledger.check(name, verdict)"),
    ]
    path = tmp_path / "notebooks" / "01_ducks.ipynb"
    path.parent.mkdir()
    path.write_text(nbformat.writes(new_notebook(cells=cells)), encoding="utf-8")
    monkeypatch.setattr(tables, "ROOT", tmp_path)
    heading = "Ask `who` wins"
    assert tables.check_ins() == [("C1", path, heading), ("C2", path, heading)]


@pytest.mark.usefixtures("ducks")
@pytest.mark.parametrize("times", [0, 2])
def test_no_link_without_exactly_one_place(times: int, monkeypatch: pytest.MonkeyPatch):
    place = "C1", Path("01_ducks.ipynb"), "Ask *who* wins, and why"
    monkeypatch.setattr(tables, "check_ins", lambda: [place])
    assert tables.places() == {"C1": "[01](notebooks/01_ducks.ipynb#Ask-who-wins,-and-why)"}
    monkeypatch.setattr(tables, "check_ins", lambda: [place] * times)
    with pytest.raises(ValueError, match="C1 must be checked in at one place"):
        tables.places()
