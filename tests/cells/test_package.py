"""The package needs what pyproject.toml says, and no more."""

import ast
import doctest
import sys
import tomllib

import pytest
from links import ROOT

import custom_cells

MODULES = sorted((ROOT / "custom_cells").glob("*.py"))
# NumPy comes with Keras. TensorFlow and tf_keras are imported only where they are the backend or
# Keras 2 is chosen, which brings TensorFlow.
ALLOWED = sys.stdlib_module_names | {"custom_cells", "keras", "numpy", "tensorflow", "tf_keras"}


# Cells that compute nothing of their own.
BASES = {"AbstractRNNCell", "DropoutRNNCell", "LinearCell", "RecurrentCell"}
WRAPPERS = {"ResidualCell", "ZoneoutCell"}


def test_all_cells_leaves_none_out():
    exported = {name for name in custom_cells.__all__ if name.endswith("Cell")}
    assert set(custom_cells.all_cells()) == exported - BASES - WRAPPERS
    test = doctest.DocTestFinder().find(custom_cells.all_cells, globs={})[0]
    assert doctest.DocTestRunner().run(test) == (0, len(test.examples))


def test_only_keras_is_required():
    with (ROOT / "pyproject.toml").open("rb") as file:
        assert tomllib.load(file)["project"]["dependencies"] == ["keras>=2.13"]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_module_imports_nothing_else(path):
    imported = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            imported |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add("relative" if node.level else node.module.partition(".")[0])
    assert imported <= ALLOWED, f"{path.name} also imports {sorted(imported - ALLOWED)}"
