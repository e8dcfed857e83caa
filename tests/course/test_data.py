"""Every file of data/ is remade byte for byte, is what its datasheet says, and has clean splits."""

import csv
import datetime
import hashlib
import re
import subprocess
import sys
from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path

import babel
import numpy as np
import pytest
from links import ROOT

FOLDER = ROOT / "data"
STORED = sorted(
    path.name for path in FOLDER.iterdir() if path.is_file() and path.suffix not in (".py", ".md")
)
LANGUAGES = {"en", "fr", "de", "es", "it", "pt", "nl", "pl", "sv", "fi"}
FORMS = {"long", "medium", "short"}
SPLITS = {"train", "validation", "test"}
LICENCES = {"Unicode License V3", "public domain", "CC BY 4.0"}


def rows_of(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def tables(markdown: str) -> list[list[dict[str, str]]]:
    """Return every table of a Markdown text as rows by column name, without the marks."""
    found = []
    for block in re.findall(r"(?:^\|.*\|\n)+", markdown, re.MULTILINE):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", block).replace("`", "")
        lines = [
            [cell.strip() for cell in line.strip("|").split("|")] for line in plain.splitlines()
        ]
        header, _, *body = lines
        found.append([dict(zip(header, line, strict=True)) for line in body])
    return found


def number(text: str) -> int:
    return int(text.replace(",", ""))


@pytest.fixture(scope="session")
def remade(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    subprocess.run([sys.executable, FOLDER / "build.py", "--out", folder], check=True)
    return folder


@pytest.fixture(scope="session")
def datasheet() -> str:
    return (FOLDER / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def listed(datasheet: str) -> dict[str, dict[str, str]]:
    """The table of files in data/README.md, by file name."""
    return {row["file"]: row for row in tables(datasheet)[0]}


@pytest.fixture(scope="session")
def phrases() -> list[dict[str, str]]:
    return rows_of("phrases.csv")


@pytest.fixture(scope="session")
def dates() -> list[dict[str, str]]:
    """The rows with their year and month."""
    rows = rows_of("dates.csv")
    return [row | {"year": row["iso"][:4], "month": row["iso"][:7]} for row in rows]


def values_by(rows: list[dict[str, str]], keys: list[str], value: str) -> dict[tuple, set[str]]:
    """Return the set of values that each key occurs with."""
    found = defaultdict(set)
    for row in rows:
        found[tuple(row[key] for key in keys)].add(row[value])
    return found


def with_several(found: dict[tuple, set[str]]) -> dict[tuple, set[str]]:
    return {key: values for key, values in found.items() if len(values) > 1}


# The files and their datasheet


def test_build_makes_every_file(remade: Path):
    made = sorted(path.name for path in remade.iterdir())
    assert made == STORED, f"expected the files {STORED}, data/build.py makes {made}"


@pytest.mark.parametrize("name", STORED)
def test_file_is_remade_byte_for_byte(name: str, remade: Path):
    same = (remade / name).read_bytes() == (FOLDER / name).read_bytes()
    assert same, f"data/{name} differs from what data/build.py makes"


def test_datasheet_lists_every_file(listed: dict):
    assert sorted(listed) == STORED, f"data/README.md lists {sorted(listed)}, data/ has {STORED}"


@pytest.mark.parametrize("name", STORED)
def test_datasheet_has_the_checksum(name: str, listed: dict):
    checksum = hashlib.sha256((FOLDER / name).read_bytes()).hexdigest()
    assert listed[name]["sha256"] == checksum, f"the sha256 of data/{name} is {checksum}"


@pytest.mark.parametrize("name", STORED)
def test_datasheet_has_rows_and_columns(name: str, listed: dict):
    if name.endswith(".npz"):
        with np.load(FOLDER / name) as arrays:
            columns, rows = arrays.files, len(arrays[arrays.files[0]])
    else:
        columns, rows = list(rows_of(name)[0]), len(rows_of(name))
    said = listed[name]
    assert number(said["rows"]) == rows, f"data/{name} has {rows:,} rows, not {said['rows']}"
    assert said["columns"] == ", ".join(columns), f"the columns of data/{name} are {columns}"


@pytest.mark.parametrize("name", STORED)
def test_datasheet_names_the_licence(name: str, listed: dict):
    licence = listed[name]["licence"]
    assert licence in LICENCES, f"data/{name}: expected one of {LICENCES}, got {licence!r}"


def test_datasheet_holds_the_unicode_notice(datasheet: str):
    """The Unicode licence asks that its notice go with the data."""
    notice = Path(babel.__file__).parent / "locale-data" / "LICENSE.unicode"
    expected = notice.read_text(encoding="utf-8").split()
    assert " ".join(expected) in " ".join(datasheet.split()), f"expected the text of {notice.name}"


@pytest.mark.parametrize(("name", "group"), [("phrases.csv", "concept"), ("dates.csv", "year")])
def test_datasheet_counts_the_splits(name: str, group: str, datasheet: str):
    section = datasheet.partition(f"## {name}\n")[2].partition("\n## ")[0]
    said = {
        row["split"]: (number(row["rows"]), number(row[f"{group}s"])) for row in tables(section)[0]
    }
    rows = [row | {"year": row.get("iso", "")[:4]} for row in rows_of(name)]
    times = Counter(row["split"] for row in rows)
    groups = values_by(rows, ["split"], group)
    expected = {split: (times[split], len(groups[split,])) for split in SPLITS}
    assert said == expected, (
        f"rows and {group}s by split: expected {expected}, data/README.md {said}"
    )


# phrases.csv


def test_phrases_are_in_ten_languages(phrases: list):
    assert {row["language"] for row in phrases} == LANGUAGES


def test_every_split_of_phrases_holds_every_language(phrases: list):
    languages = values_by(phrases, ["split"], "language")
    assert languages == {(split,): LANGUAGES for split in SPLITS}


def test_no_concept_is_in_two_splits(phrases: list):
    shared = with_several(values_by(phrases, ["concept"], "split"))
    assert not shared, f"concepts in several splits: {shared}"


def test_no_phrase_is_there_twice(phrases: list):
    """Nor in two languages: a phrase must tell its language."""
    times = Counter(row["phrase"].casefold() for row in phrases)
    twice = [phrase for phrase, n in times.items() if n > 1]
    assert not twice, f"phrases that occur more than once: {twice[:10]}"


# dates.csv


def test_iso_dates_are_dates_of_the_hundred_years(dates: list):
    # fromisoformat raises ValueError for what is no date.
    years = {datetime.date.fromisoformat(row["iso"]).year for row in dates}
    assert years == set(range(1950, 2050))


def test_every_month_has_one_date(dates: list):
    months = with_several(values_by(dates, ["month"], "iso"))
    assert not months, f"months with several dates: {months}"
    assert len({row["iso"] for row in dates}) == 1200


def test_every_date_is_written_in_every_language_and_form(dates: list):
    times = Counter((row["iso"], row["language"], row["form"]) for row in dates)
    every = {
        (iso, language, form)
        for iso in {row["iso"] for row in dates}
        for language in LANGUAGES
        for form in FORMS
    }
    assert times.keys() == every, f"missing or unknown: {sorted(times.keys() ^ every)[:5]}"
    assert max(times.values()) == 1, f"there twice: {times.most_common(1)}"


def test_no_year_is_in_two_splits(dates: list):
    shared = with_several(values_by(dates, ["year"], "split"))
    assert not shared, f"years in several splits: {shared}"
    assert {row["split"] for row in dates} == SPLITS


def test_a_text_in_its_language_means_one_date(dates: list):
    ambiguous = with_several(values_by(dates, ["text", "language"], "iso"))
    assert not ambiguous, f"texts that mean several dates: {ambiguous}"


# sunspots.csv, co2.csv, digits.npz


def test_sunspots_are_of_consecutive_years():
    rows = rows_of("sunspots.csv")
    assert [int(row["year"]) for row in rows] == list(range(1700, 2009))
    assert min(float(row["sunspots"]) for row in rows) >= 0


def test_co2_is_weekly():
    weeks = [datetime.date.fromisoformat(row["week"]) for row in rows_of("co2.csv")]
    steps = {(later - week).days for week, later in pairwise(weeks)}
    assert steps == {7}, f"expected steps of 7 days, found {steps}"


def test_co2_has_plausible_values_and_the_gaps_that_the_datasheet_counts(datasheet: str):
    cells = [row["co2_ppm"] for row in rows_of("co2.csv")]
    # float raises ValueError for a gap that is written in any other way than an empty cell.
    values = [float(cell) for cell in cells if cell]
    assert 300 < min(values) <= max(values) < 400
    gaps = cells.count("")
    assert f"{gaps} gaps" in datasheet, f"data/README.md must say that co2.csv has {gaps} gaps"


def test_digits_are_small_images_of_ten_digits():
    with np.load(FOLDER / "digits.npz") as arrays:
        images, labels = arrays["images"], arrays["labels"]
    assert (images.shape, labels.shape) == ((1797, 8, 8), (1797,))
    assert (images.min(), images.max()) == (0, 16)
    assert set(labels.tolist()) == set(range(10))
