"""README.md and data/README.md point to what exists, and README.md lists the whole series."""

import csv
import re
from pathlib import Path

import pytest
from links import ROOT, all_notebooks, images, is_remote, links, prose, why_broken

from tools import gallery, tables


@pytest.mark.parametrize("name", ["README.md", "data/README.md"])
def test_links_and_images_resolve(name: str):
    page = ROOT / name
    targets = links(prose(page)) + [target for _, target in images(prose(page))]
    broken = [why_broken(target, page) for target in targets if why_broken(target, page)]
    assert not broken, "\n".join([name, *broken])


def listed_notebooks(readme: str) -> list[str]:
    """Return the notebooks of the series that the tables of the README link to, each once."""
    rows = "\n".join(re.findall(r"^\|.*\|$", readme, re.MULTILINE))
    local = [target for target in links(rows) if not is_remote(target)]
    return list(dict.fromkeys(re.findall(r"^notebooks/([^/\n]+\.ipynb)", "\n".join(local), re.M)))


def test_table_lists_the_series():
    series = [path.name for path in all_notebooks() if path.parent.name != "solutions"]
    listed = listed_notebooks(prose(ROOT / "README.md"))
    assert listed == series, f"README.md must list {series} in its table, lists {listed}"


def test_leaderboard_is_that_of_the_notebooks():
    with (ROOT / "course" / "leaderboard.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    expected = []
    for row in rows:
        spread = f" ± {100 * float(row['spread']):.1f}" if int(row["seeds"]) > 1 else ""
        accuracy = f"{100 * float(row['accuracy']):.1f} %{spread}"
        expected.append(f"| {row['notebook']} | {int(row['parameters']):,} | {accuracy} |")
    readme = prose(ROOT / "README.md")
    missing = [row for row in expected if row not in readme]
    assert not missing, f"README.md's leaderboard lacks {missing}"


def test_table_of_cells_is_that_of_the_code():
    due = gallery.table()
    assert due in tables.README.read_text(encoding="utf-8"), f"make gallery; due is:\n{due}"


def test_listed_notebooks_are_those_in_tables():
    readme = (
        "[outside](notebooks/09_no_row.ipynb)\n\n"
        "| notebook | solutions |\n|---|---|\n"
        "| [01](notebooks/01_a.ipynb) | [01](notebooks/solutions/01_a.ipynb) |\n"
        "| [02](notebooks/02_b.ipynb#Summary) | [02](https://example.org/notebooks/03_c.ipynb) |\n"
    )
    assert listed_notebooks(readme) == ["01_a.ipynb", "02_b.ipynb"]


def test_missing_file_and_heading_are_found(tmp_path: Path):
    page = tmp_path / "README.md"
    page.write_text("# Two *commands*, no more\n")
    assert not why_broken("#two-commands-no-more", page)
    assert "no heading" in why_broken("#three-commands", page)
    assert "does not exist" in why_broken("data/README.md", page)
