"""The table of cells, derived from their code and docstrings."""

import inspect
import re

import custom_cells
from custom_cells import RecurrentCell

HEAD = "| cell | idea | states | gates | parameters | reference |\n|---|---|---|---|---|---|\n"


def letters(names: str) -> str:
    """Return the names of states or gates in italics, a dash where there is none."""
    return ", ".join(f"*{name}*" for name in names) or "–"


def parameters(cell: type) -> str:
    """Return the number of parameters for F features and U units, as a polynomial.

    Raises:
        ValueError: if it is not one in F U, U², U and 1.
    """

    def count(features: int, units: int) -> int:
        made = cell(units)
        made.build((None, features))
        return made.count_params()

    a = count(2, 1) - count(1, 1)
    b = (count(1, 3) - 2 * count(1, 2) + count(1, 1)) // 2
    c = count(1, 2) - count(1, 1) - a - 3 * b
    d = count(1, 1) - a - b - c
    if count(3, 5) != a * 3 * 5 + b * 5**2 + c * 5 + d:
        raise ValueError(
            f"the parameters of {cell.__name__} are not {a} F U + {b} U² + {c} U + {d}"
        )
    terms = [(a, "FU"), (b, "U²"), (c, "U")]
    terms = [f"{'' if n == 1 else n}{term}" for n, term in terms if n]
    return " + ".join(terms + [str(d)] * (d > 0))


def references(cell: type) -> str:
    """Return links named by the first author's surname and the year."""
    text = inspect.getdoc(cell).partition("Reference:\n")[2]
    found = []
    for entry in " ".join(text.split()).split("; "):
        author = re.split(r",| and | et al\.", entry)[0]
        surname = re.sub(r"(\w\.-?)+ ", "", author)
        year, source = re.search(r"(\d{4}), (\S+)$", entry).groups()
        source = source.replace("doi:", "https://doi.org/")
        source = source.replace("arXiv:", "https://arxiv.org/abs/")
        found.append(f"[{surname} {year}]({source})")
    return ", ".join(found)


def row(cell: type) -> str:
    idea = inspect.getdoc(cell).partition("\n")[0]
    # A wrapper with a size of its own carries its output too.
    columns = ["y, as inside" if "state_size" in vars(cell) else "as inside"] + ["as inside"] * 2
    if issubclass(cell, RecurrentCell):
        columns = [letters(cell.states), letters(cell.gates), parameters(cell)]
    return "| " + " | ".join([f"`{cell.__name__}`", idea, *columns, references(cell)]) + " |\n"


def age(cell: type) -> tuple:
    """Return a key that sorts by the year of the first paper, what wraps a cell behind."""
    year = re.search(r" (\d{4})\]", references(cell)).group(1)
    return not issubclass(cell, RecurrentCell), year, cell.__name__


def table() -> str:
    """Return the table of every exported cell."""
    public = [getattr(custom_cells, name) for name in custom_cells.__all__]
    # What cells extend cites no paper, the contract cites Keras.
    cells = [
        cell for cell in public if re.search(r"Reference:\n.*\d{4}", inspect.getdoc(cell), re.S)
    ]
    return HEAD + "".join(map(row, sorted(cells, key=age)))
