"""No word is misspelt as codespell knows it; pyproject.toml says what it passes over."""

import subprocess
import sys
from pathlib import Path

from links import ROOT, all_notebooks, parse


def misspelt(*paths: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "codespell_lib", *paths], cwd=ROOT, capture_output=True, text=True
    )
    return done.stdout + done.stderr


def test_files_are_spelt_well():
    assert not misspelt(), misspelt()


def test_notebooks_are_spelt_well(tmp_path: Path):
    """What they print is left out: networks write some of it."""
    for path in all_notebooks():
        written = [f"{cell.source}\n{cell.metadata.get('alt', '')}" for cell in parse(path).cells]
        name = "-".join(path.relative_to(ROOT).with_suffix(".txt").parts)
        (tmp_path / name).write_text("\n".join(written), encoding="utf-8")
    assert not misspelt(tmp_path), misspelt(tmp_path)


def test_misspelling_is_found(tmp_path: Path):
    page = tmp_path / "page.md"
    page.write_text("The gate is closed untill it opens.\n")  # codespell:ignore
    assert "untill ==> until" in misspelt(page)  # codespell:ignore
