"""The pages point to what exists, say what is due, and README.md lists the whole series."""

import difflib
import re
from pathlib import Path

import pytest
from links import ROOT, all_notebooks, images, is_remote, links, parse, prose, why_broken

from tools import tables

PAGES = [path.relative_to(ROOT).as_posix() for path in [*ROOT.glob("*.md"), *ROOT.glob("*/*.md")]]


@pytest.mark.parametrize("name", sorted(PAGES))
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


def test_table_of_the_series_asks_what_the_notebooks_ask():
    page = prose(ROOT / "README.md")
    for path in all_notebooks():
        if path.parent.name == "solutions":
            continue
        (row,) = re.findall(rf"^\| \[[^]]+\]\(notebooks/{path.name}\) .*$", page, re.MULTILINE)
        first = parse(path).cells[0].source
        question = re.search(r"^\*\*(.+?\?)\*\*", first, re.MULTILINE)[1]
        minutes = re.search(r"(\d+) minutes to read", first)[1]
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        assert cells[1] == question and cells[-1] == minutes, (
            f"README.md says of {path.name}: {cells[1]}, {cells[-1]} minutes; "
            f"due is: {question}, {minutes} minutes"
        )


@pytest.mark.parametrize("page", tables.BLOCKS, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_generated_tables_are_those_due(page: Path):
    said = page.read_text(encoding="utf-8").splitlines()
    due = tables.fill(page).splitlines()
    changes = [line for line in difflib.unified_diff(said, due, lineterm="", n=0) if line]
    assert said == due, "\n".join([f"make tables writes {page.name} anew:", *changes])


def test_page_without_a_block_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    page = tmp_path / "PAGE.md"
    monkeypatch.setitem(tables.BLOCKS, page, {"words": lambda: "new\n"})
    page.write_text("<!-- words -->\nold\n<!-- /words -->\nrest\n")
    assert tables.fill(page) == "<!-- words -->\nnew\n<!-- /words -->\nrest\n"
    page.write_text("<!-- words -->\nold\n")
    with pytest.raises(ValueError, match="must have"):
        tables.fill(page)


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
