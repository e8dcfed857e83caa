"""Every picture is used, drawn by a script of images/, and redrawn byte for byte."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from links import ROOT, all_notebooks, images, is_remote, prose
from PIL import Image

FOLDER = ROOT / "images"
STORED = sorted(path.name for path in FOLDER.iterdir() if path.suffix in (".svg", ".gif", ".png"))
GIFS = [name for name in STORED if name.endswith(".gif")]
SVGS = [name for name in STORED if name.endswith(".svg")]
MAX_BYTES = 1_000_000
# A reference inside the file begins with '#'; namespaces are names, not addresses to fetch.
REMOTE = re.compile(r"""\b(?:href|src)=["'](?!#)[^"']*|url\((?!#)[^)]*|@import[^;]*""")
DATE = re.compile(r"<dc:date>.*?</dc:date>", re.DOTALL)


@pytest.fixture(scope="session")
def redrawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("images")
    subprocess.run([sys.executable, "-m", "images.redraw", "--out", folder], cwd=ROOT, check=True)
    return folder


def used_pictures() -> set[Path]:
    """Return the local pictures that a notebook or a README shows."""
    pages = [*all_notebooks(), *ROOT.glob("README.md"), *ROOT.glob("*/README.md")]
    return {
        (page.parent / target).resolve()
        for page in pages
        for _, target in images(prose(page))
        if not is_remote(target)
    }


def test_used_pictures_exist():
    missing = [str(path.relative_to(ROOT)) for path in used_pictures() if not path.exists()]
    assert not missing, f"a notebook or a README shows {missing}"


@pytest.mark.parametrize("name", STORED)
def test_picture_is_used(name: str):
    assert FOLDER / name in used_pictures(), f"no notebook and no README shows images/{name}"


def test_scripts_draw_what_is_stored(redrawn: Path):
    drawn = sorted(path.name for path in redrawn.iterdir())
    assert drawn == STORED, f"expected the pictures {STORED}, images/redraw.py draws {drawn}"


@pytest.mark.parametrize("name", STORED)
def test_picture_is_redrawn_byte_for_byte(name: str, redrawn: Path):
    same = (redrawn / name).read_bytes() == (FOLDER / name).read_bytes()
    assert same, f"images/{name} differs from what its script draws; run 'make figures'"


@pytest.mark.parametrize("name", STORED)
def test_picture_is_small(name: str):
    size = (FOLDER / name).stat().st_size
    assert size <= MAX_BYTES, f"images/{name} has {size:,} bytes, more than {MAX_BYTES:,}"


@pytest.mark.parametrize("name", GIFS)
def test_gif_moves_and_loops(name: str):
    with Image.open(FOLDER / name) as gif:
        frames, loop = gif.n_frames, gif.info.get("loop")
    assert frames > 1, f"images/{name} has one frame; a still picture should be SVG"
    assert loop == 0, f"images/{name} must loop without end (loop 0), has loop {loop}"


@pytest.mark.parametrize("name", SVGS)
def test_svg_holds_no_date_and_nothing_remote(name: str):
    svg = (FOLDER / name).read_text(encoding="utf-8")
    found = DATE.findall(svg) + REMOTE.findall(svg)
    assert not found, f"images/{name} holds {found}"


@pytest.mark.parametrize(
    "spoiled",
    [
        "<dc:date>2026-01-01</dc:date>",
        '<image xlink:href="https://example.org/a.png"/>',
        '<image href="data.png"/>',
        '<rect style="fill: url(https://example.org/a.svg#g)"/>',
    ],
)
def test_date_and_remote_reference_are_found(spoiled: str):
    assert DATE.findall(spoiled) + REMOTE.findall(spoiled)
