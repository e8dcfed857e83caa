"""Build the site out of what the repository holds; nothing is executed.

    python -m tools.site

README.md, the notebooks and all that they link to are laid out under build/site/pages/ as Sphinx
reads them: links lead to pages of the site, a file of source becomes a page, and the reference of
custom_cells is listed. docs/conf.py says how Sphinx sets them, into build/site/html/.
"""

import inspect
import json
import os
import re
import shutil
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pygments.lexers import get_lexer_for_filename
from pygments.util import ClassNotFound

import custom_cells
from tools import colab

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
SITE, KATEX = ROOT / "build" / "site", ROOT / "build" / "node" / "node_modules" / "katex" / "dist"
PAGES, STATIC = SITE / "pages", SITE / "static"

# Sections of README.md that are pages of their own
LEADERBOARD, CELLS = "leaderboard.md", "custom_cells/index.md"
SECTIONS = {"The leaderboard": LEADERBOARD, "custom_cells": CELLS}
SOLUTIONS = "notebooks/solutions/index.md"

# What a link leads to as it is; every other file becomes a page.
PROSE, KEPT = (".md", ".ipynb"), (".csv", ".npz", ".svg", ".gif", ".png")

# Code, in which nothing is a link, or the beginning of a link and its target
LINK = re.compile(r"^(`{3,}|~{3,}).*?^\1|`[^`\n]+`|(\]\(\s*<?)([^)\s>]+)", re.DOTALL | re.MULTILINE)


def place(path: Path) -> str:
    """Return where the page of a file or folder stands, as a path under build/site/pages/."""
    name = path.relative_to(ROOT).as_posix()
    if path.is_dir():
        return f"{name}/index.md"
    if path == README:
        return "index.md"
    return name if path.suffix in PROSE + KEPT else f"{name}.md"


def slug(heading: str) -> str:
    """Return the anchor of a heading, or of what Jupyter makes of one, as MyST writes it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def turned(target: str, source: Path, page: str, goals: set[Path]) -> str:
    """Return the target of a link in the file `source` as it must be in `page`.

    The file that it leads to is added to `goals`.
    """
    if urlsplit(target).scheme:
        return target
    file, _, anchor = unquote(target).partition("#")
    goal = (source.parent / file).resolve() if file else source
    goals.add(goal)
    sections = {slug(heading): other for heading, other in SECTIONS.items()}
    to = sections.get(anchor, place(goal)) if goal == README else place(goal)
    path = os.path.relpath(to, os.path.dirname(page)).replace(os.sep, "/")
    return f"{path}#{slug(anchor)}" if anchor and to == place(goal) else path


def with_links(markdown: str, source: Path, page: str, goals: set[Path]) -> str:
    """Return a text of the file `source` with its links turned."""

    def turn(found: re.Match) -> str:
        _, begin, target = found.groups()
        return begin + turned(target, source, page, goals) if begin else found[0]

    return LINK.sub(turn, markdown)


def write(page: str, text: str) -> None:
    path = PAGES / page
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def lay_notebook(source: Path, goals: set[Path]) -> None:
    """Lay out a notebook, with a link to download it and its figures described."""
    notebook, page = json.loads(source.read_text(encoding="utf-8")), place(source)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            cell["source"] = with_links("".join(cell["source"]), source, page, goals)
        elif "alt" in cell["metadata"]:
            cell["metadata"]["mystnb"] = {"image": {"alt": cell["metadata"]["alt"]}}
    notebook["metadata"]["language_info"]["pygments_lexer"] = "ipython3"  # which one lacks
    first = notebook["cells"][0]
    original = os.path.relpath(source, (PAGES / page).parent)
    title, _, rest = first["source"].partition("\n\n")
    first["source"] = f"{title}\n\n{{download}}`Download this notebook <{original}>`\n\n{rest}"
    write(page, json.dumps(notebook))


def lay_file(source: Path) -> None:
    """Lay out a file of source as a page that search passes over."""
    text = source.read_text(encoding="utf-8")
    try:
        language = get_lexer_for_filename(source.name).aliases[0]
    except ClassNotFound:
        language = "text"
    head = f"---\norphan: true\nnosearch: true\n---\n\n# {source.relative_to(ROOT).as_posix()}\n\n"
    write(place(source), f"{head}``````{language}\n{text}\n``````\n")


def titles() -> dict[str, str]:
    """Return what README.md's table calls each notebook, by its file name without suffix."""
    rows = re.findall(r"^\| \[([^]]+)\]\(notebooks/(\w+)\.ipynb\)", README.read_text("utf-8"), re.M)
    return {name: title for title, name in rows}


def toctree(entries: list[str], caption: str = "", hidden: bool = True) -> str:
    """Return a list of pages in MyST, which makes the navigation and the order of the pages."""
    options = f":caption: {caption}\n" * bool(caption) + ":hidden:\n" * hidden
    return "\n".join(["", "```{toctree}", options, *entries, "```", ""])


def lay_readme(goals: set[Path]) -> None:
    """Lay out README.md as the first page and those of its sections that have one of their own."""
    first = ""
    for part in re.split(r"^(?=## )", README.read_text(encoding="utf-8"), flags=re.MULTILINE):
        heading = part.partition("\n")[0].removeprefix("## ")
        if page := SECTIONS.get(heading):
            text = with_links(part.removeprefix("#"), README, page, goals)
            write(page, with_references(text) + reference() if page == CELLS else text)
        else:
            first += with_links(part, README, place(README), goals)
    series = [f"{title} <notebooks/{name}>" for name, title in titles().items()]
    series.append("GLOSSARY")
    results = ["LEDGER", f"The leaderboard <{LEADERBOARD}>"]
    project = ["CONTRIBUTING", "data/README", "benchmarks/README"]
    write(
        place(README),
        first
        + toctree(series, "The series")
        + toctree([SOLUTIONS])
        + toctree(results, "What came out")
        + toctree([CELLS], "The package")
        + toctree(project, "The project"),
    )


def lay_solutions() -> None:
    """Lay out the page that lists the solutions."""
    entries = [f"{title} <{name}>" for name, title in titles().items()]
    said = "# Solutions\n\nWorked answers to the exercises. Try them yourself first.\n"
    write(SOLUTIONS, said + toctree(entries, hidden=False))


def with_references(table: str) -> str:
    """Return the table of cells with a link from each to its reference."""
    cell = r"{py:class}`\1 <custom_cells.\1>`"
    return re.sub(r"^\| `(\w+)` ", f"| {cell} ", table, flags=re.MULTILINE)


def reference() -> str:
    """Lay out a page for each module of custom_cells; return the list of them, for its own page."""
    modules: dict[str, list[str]] = {}
    for name in custom_cells.__all__:
        thing = getattr(custom_cells, name)
        kind = "class" if inspect.isclass(thing) else "function"
        # What one extends has methods to know of.
        members = "   :members:\n" * (name in ("AbstractRNNCell", "RecurrentCell", "LinearCell"))
        entry = f".. auto{kind}:: custom_cells.{name}\n{members}"
        modules.setdefault(thing.__module__, []).append(entry)
    own = "\n".join(["```{eval-rst}", *modules.pop("custom_cells"), "```", ""])
    ours = sorted(module for module in modules if module.startswith("custom_cells."))
    for module in ours:
        title = re.split(r"[.:]", inspect.getdoc(sys.modules[module]))[0]
        page = "\n".join([title, "=" * len(title), "", *modules[module]])
        write(f"{module.replace('.', '/')}.rst", page)
    return own + toctree([module.rpartition(".")[2] for module in ours])


def lay(source: Path, goals: set[Path]) -> None:
    """Lay out the page of a file."""
    page = place(source)
    if source.suffix == ".ipynb":
        lay_notebook(source, goals)
    elif source == README:
        lay_readme(goals)
    elif source.suffix == ".md":
        write(page, with_links(source.read_text(encoding="utf-8"), source, page, goals))
    elif source.suffix in KEPT:
        (PAGES / page).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, PAGES / page)
    else:
        lay_file(source)


def lay_all() -> None:
    """Lay out every page of the site: README.md, the notebooks, and all that they link to."""
    goals, laid = {README, *colab.notebooks(ROOT)}, set()
    while due := {path for path in goals if not path.is_dir()} - laid:
        source = due.pop()
        lay(source, goals)
        laid.add(source)
    lay_solutions()


def main() -> None:
    shutil.rmtree(SITE, ignore_errors=True)
    lay_all()
    shutil.copytree(KATEX / "fonts", STATIC / "fonts")
    shutil.copy(KATEX / "katex.min.css", STATIC)


if __name__ == "__main__":
    main()
