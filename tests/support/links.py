"""What a Markdown text points to, and where this repository is: shared by the tests."""

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import nbformat

ROOT = Path(__file__).resolve().parents[2]

IMAGE = re.compile(r"!\[((?:[^\[\]]|\[[^\]]*\])*)\]\(\s*<?([^)\s>]+)[^)]*\)")
LINK = re.compile(
    r"""\]\(\s*<?([^)\s>]+)"""  # [text](target "title")
    r"""|^\[[^\]]+\]:\s*(\S+)"""  # [name]: target
    r"""|\bhref=["']([^"']+)""",
    re.MULTILINE,
)
FENCE = re.compile(r"^(```|~~~).*?^\1", re.DOTALL | re.MULTILINE)


def all_notebooks() -> list[Path]:
    """Return the series and its solutions."""
    found = (ROOT / "notebooks").rglob("*.ipynb")
    return sorted(path for path in found if ".ipynb_checkpoints" not in path.parts)


def parse(path: Path) -> nbformat.NotebookNode:
    """Read a notebook as it is stored; `nbformat.read` would mend what a test has to find."""
    return nbformat.reader.reads(path.read_text(encoding="utf-8"))


def prose(page: Path) -> str:
    """Return the Markdown of a page, be it a notebook or a Markdown file."""
    if page.suffix != ".ipynb":
        return page.read_text(encoding="utf-8")
    return "\n\n".join(cell.source for cell in parse(page).cells if cell.cell_type == "markdown")


def without_code(markdown: str) -> str:
    """Drop code blocks and code spans: what looks like a link in them is none."""
    return re.sub(r"`[^`\n]+`", "", FENCE.sub("", markdown))


def images(markdown: str) -> list[tuple[str, str]]:
    """Return the alternative text and the target of every image."""
    return IMAGE.findall(without_code(markdown))


def links(markdown: str) -> list[str]:
    """Return the target of every link that is no image."""
    text = IMAGE.sub("", without_code(markdown))
    return [next(filter(None, groups)) for groups in LINK.findall(text)]


def headings(markdown: str) -> list[str]:
    """Return the headings with their marks: `## Set-up`."""
    return re.findall(r"^(#{1,6} .*?)\s*$", FENCE.sub("", markdown), re.MULTILINE)


def anchors(page: Path) -> set[str]:
    """Return the anchors of the headings: Jupyter's of a notebook, GitHub's of a Markdown file."""
    texts = [re.sub(r"[`*]", "", heading.lstrip("# ")) for heading in headings(prose(page))]
    if page.suffix == ".ipynb":
        return {text.replace(" ", "-") for text in texts}
    return {re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-") for text in texts}


def is_remote(target: str) -> bool:
    return bool(urlsplit(target).scheme or urlsplit(target).netloc)


def why_broken(target: str, page: Path) -> str:
    """Return what is wrong with a link of this page; an empty text if nothing is."""
    if urlsplit(target).scheme in ("http", "https"):
        return ""
    file, _, anchor = unquote(target).partition("#")
    goal = page.parent / file if file else page
    if file.startswith("/") or not goal.exists():
        return f"{target} does not exist beside {page.name}"
    if anchor and anchor not in anchors(goal):
        return f"{target}: {goal.name} has no heading of that name"
    return ""
