"""Write the repository's address into every notebook, with a badge that opens it in Colab.

    python -m tools.colab owner/name

The address stands in pyproject.toml. Every notebook begins with the first code cell of notebook
01 and, once there is an address, has the badge below its title; so has README.md. Doing it again,
or with another name, replaces what is there.
"""

import json
import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# What `git diff` shows afterwards are these four.
IN_PROJECT = re.compile(r"^(?:# )?Repository = .*$", re.MULTILINE)
IN_CELL = re.compile(r'^REPOSITORY = "[^"]*"', re.MULTILINE)
IN_NOTEBOOK = re.compile(r"\[!\[[^\]]*\]\([^)]*colab_badge\.svg\)\]\([^)]*\)\n\n")
IN_README = re.compile(r"\[?(!\[[^\]]*\]\(images/colab_badge\.svg\))(?:\]\([^)]*\))?")


def address(root: Path = ROOT) -> str:
    """Return the repository's address, or an empty text as long as it is unknown."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return project["urls"].get("Repository", "")


def link(address: str, notebook: str) -> str:
    """Return what opens a notebook in Colab, given its path in the repository."""
    repository = address.removeprefix("https://github.com/")
    return f"https://colab.research.google.com/github/{repository}/blob/main/{notebook}"


def notebooks(root: Path) -> list[Path]:
    return [
        *sorted(root.glob("notebooks/[0-9][0-9]_*.ipynb")),
        *sorted(root.glob("notebooks/solutions/[0-9][0-9]_*.ipynb")),
    ]


def stamp_cell(source: str, address: str) -> str:
    """Return the source of a first code cell with this address."""
    return IN_CELL.sub(f'REPOSITORY = "{address}"', source)


def project_cell(address: str) -> str:
    """Return the source of the code cell that every notebook must begin with."""
    first = json.loads(notebooks(ROOT)[0].read_text(encoding="utf-8"))
    source = next(cell["source"] for cell in first["cells"] if cell["id"] == "project")
    return stamp_cell("".join(source), address)


def stamp_title(source: str, address: str, notebook: str) -> str:
    """Return a first cell in Markdown with the badge below its title."""
    title, _, rest = IN_NOTEBOOK.sub("", source).partition("\n\n")
    picture = "../" * notebook.count("/") + "images/colab_badge.svg"
    badge = f"[![Open this notebook in Colab]({picture})]({link(address, notebook)})"
    return f"{title}\n\n{badge}\n\n{rest}"


def stamp(root: Path, address: str) -> None:
    """Write the address into all files under `root` that have it."""

    def rewrite(path: Path, pattern: re.Pattern, new: str) -> None:
        path.write_text(pattern.sub(new, path.read_text(encoding="utf-8")), encoding="utf-8")

    rewrite(root / "pyproject.toml", IN_PROJECT, f'Repository = "{address}"')
    paths = notebooks(root)
    begin = link(address, paths[0].relative_to(root).as_posix())
    rewrite(root / "README.md", IN_README, rf"[\1]({begin})")
    for path in paths:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        title = notebook["cells"][0]
        code = next(cell for cell in notebook["cells"] if cell["cell_type"] == "code")
        name = path.relative_to(root).as_posix()
        for cell, source in (
            (title, stamp_title("".join(title["source"]), address, name)),
            (code, stamp_cell("".join(code["source"]), address)),
        ):
            cell["source"] = source.splitlines(keepends=True)
        text = json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"
        path.write_text(text, encoding="utf-8")


def main() -> None:
    repository = " ".join(sys.argv[1:])
    if not re.fullmatch(r"[\w-]+/[\w.-]+(?<!\.git)", repository):
        sys.exit(f"Say `make colab REPO=owner/name` as on GitHub; got {repository!r}.")
    stamp(ROOT, f"https://github.com/{repository}")


if __name__ == "__main__":
    main()
