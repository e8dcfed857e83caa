"""Run every check of `check_cell` after each mend of notebook 09.

    python -m experiments.nb09_mends        (about two minutes on two cores)

There is a row for the cell as it is first written and one after each mend, with a column for each
check: whether it passes, fails, or was not run because it builds on one that failed. The file and
its mends are read from the notebook itself, which runs some of them and compares.
"""

import ast
import importlib
import json
import os
import sys
import tempfile
from pathlib import Path

from custom_cells import check_cell
from experiments import store

NOTEBOOK = Path(__file__).parents[1] / "notebooks" / "09_a_cell_that_lasts.ipynb"
WRITE, APPEND = "%%writefile leaky.py\n", "%%writefile -a leaky.py\n"


def versions() -> list[str]:
    """Return the file as the notebook writes it, and as it stands after each mend."""
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    parts = [
        source.removeprefix(start)
        for start in (WRITE, APPEND)
        for source in sources
        if source.startswith(start)
    ]
    found = ["\n".join(parts)]
    for changes in (change for source in sources for change in mends(source)):
        after = found[-1]
        for old, new in changes.items():
            after = after.replace(old, new)
        found.append(after)
    return found


def mends(source: str) -> list[dict[str, str]]:
    """Return the changes of each `mend(leaky, {…})` in a code cell."""
    if "mend(" not in source or source.startswith("%%"):
        return []
    return [
        ast.literal_eval(node.value.args[1])
        for node in ast.parse(source).body
        if isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Call)
        and getattr(node.value.func, "id", "") == "mend"
    ]


def trainings() -> list[store.Settings]:
    return [{"mend": number} for number in range(len(versions()))]


def run(mend: int) -> store.Settings:
    Path("leaky.py").write_text(versions()[mend], encoding="utf-8")
    importlib.invalidate_caches()
    sys.modules.pop("leaky", None)
    cell = importlib.import_module("leaky").LeakyCell
    findings = check_cell(lambda: cell(4), raise_error=False)
    return {finding.check: finding.outcome for finding in findings}


if __name__ == "__main__":
    # Python must not mistake one version for another, compiled in the same second.
    sys.dont_write_bytecode, os.environ["PYTHONDONTWRITEBYTECODE"] = True, "1"
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        sys.path.insert(0, folder)
        store.fill(__file__, trainings, run)
