"""The table of cells, derived from their code and docstrings."""

import inspect
import re

import numpy as np

import custom_cells
from custom_cells import AbstractRNNCell, RecurrentCell

ADDRESSES = {"doi:": "https://doi.org/", "arXiv:": "https://arxiv.org/abs/"}
HEAD = "| cell | idea | states | gates | parameters | reference |\n|---|---|---|---|---|---|\n"


def letters(names: str) -> str:
    """Return the names of states or gates in italics, a dash where there is none."""
    return ", ".join(f"*{name}*" for name in names) or "–"


def parameters(cell: type) -> str:
    """Return the number of parameters for F features and U units, F ≠ U, as a polynomial.

    Raises:
        ValueError: if it is not one in F U, U², F, U and 1.
    """

    def count(features: int, units: int) -> int:
        made = cell(units)
        made.build((None, features))
        return made.count_params()

    names = ["FU", "U²", "F", "U", ""]
    sizes = [(5, 1), (5, 2), (5, 3), (6, 1), (6, 2)]
    terms = [[F * U, U * U, F, U, 1] for F, U in sizes]
    factors = np.linalg.solve(terms, [count(*size) for size in sizes]).round().astype(int)
    if count(4, 7) != factors @ [4 * 7, 7 * 7, 4, 7, 1]:
        polynomial = dict(zip(names, factors.tolist(), strict=True))
        raise ValueError(f"the parameters of {cell.__name__} are not {polynomial}")
    pairs = zip(factors, names, strict=True)
    return " + ".join(f"{n if n != 1 or not name else ''}{name}" for n, name in pairs if n)


def references(cell: type) -> str:
    """Return links named by the first author's surname and the year."""
    text = inspect.getdoc(cell).partition("Reference:\n")[2]
    found = []
    for entry in " ".join(text.split()).split("; "):
        author = re.split(r",| and | et al\.", entry)[0]
        surname = re.sub(r"(\w\.-?)+ ", "", author)
        year, source = re.search(r"(\d{4}), (\S+)$", entry).groups()
        for name, address in ADDRESSES.items():
            source = source.replace(name, address)
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
    classes = [one for one in public if isinstance(one, type) and issubclass(one, AbstractRNNCell)]
    # What cells extend cites no paper, the contract cites Keras.
    cells = [
        cell for cell in classes if re.search(r"Reference:\n.*\d{4}", inspect.getdoc(cell), re.S)
    ]
    return HEAD + "".join(map(row, sorted(cells, key=age)))
