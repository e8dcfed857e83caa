"""notebooks/run.py on notebooks without TensorFlow: what it reports, writes and leaves alone."""

import contextlib
import importlib.util
import io
import sys
from pathlib import Path
from typing import NamedTuple

import nbformat
import pytest
from links import ROOT
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

GOOD = ["x = 2", "print(x + 1)"]
BAD = ["x = 2", "print(x)", "1 / 0", "print('never')"]


class Run(NamedTuple):
    status: object
    text: str
    notebooks: Path
    build: Path


def run(folder: Path, notebooks: dict[str, list[str]], *arguments: str) -> Run:
    """Write the notebooks into the folder and call `main` of run.py over them."""
    spec = importlib.util.spec_from_file_location("run", ROOT / "tools" / "run.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    place = Run(None, "", folder / "notebooks", folder / "build")
    for name, sources in notebooks.items():
        path = place.notebooks / name
        path.parent.mkdir(parents=True, exist_ok=True)
        cells = [new_markdown_cell("# Title"), *map(new_code_cell, sources)]
        nbformat.write(new_notebook(cells=cells), path)
    printed = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(printed):
        patch.setattr(module, "NOTEBOOKS", place.notebooks)
        patch.setattr(module, "BUILD", place.build)
        patch.setattr(sys, "argv", ["run.py", *arguments])
        # The kernel would keep its history and connection file in the home folder.
        patch.setenv("IPYTHONDIR", str(folder))
        patch.setenv("JUPYTER_RUNTIME_DIR", str(folder))
        with pytest.raises(SystemExit) as end:
            module.main()
    return place._replace(status=end.value.code, text=printed.getvalue())


def printed_by(path: Path) -> list[str]:
    notebook = nbformat.read(path, as_version=4)
    return [
        output.text
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if output.output_type == "stream"
    ]


@pytest.fixture(scope="module")
def series(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A series whose second notebook fails, beside a solution."""
    notebooks = {"01_a.ipynb": GOOD, "02_b.ipynb": BAD, "03_c.ipynb": GOOD}
    notebooks["solutions/01_a.ipynb"] = GOOD
    return run(tmp_path_factory.mktemp("series"), notebooks)


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Run:
    notebooks = {"01_a.ipynb": GOOD, "02_b.ipynb": BAD}
    return run(tmp_path_factory.mktemp("stored"), notebooks, "--store")


def test_unknown_name_lists_the_notebooks(tmp_path: Path):
    notebooks = {"01_a.ipynb": GOOD, "solutions/01_a.ipynb": GOOD}
    # A text as exit code is printed to stderr, and the exit status is 1.
    message = run(tmp_path, notebooks, "99").status
    assert isinstance(message, str), f"expected a message, got exit code {message!r}"
    expected = ["'99'", "01_a", "solutions/01_a"]
    assert [word for word in expected if word not in message] == [], message


def test_failure_names_notebook_cell_and_exception(series: Run):
    line = "02_b.ipynb, code cell 3: ZeroDivisionError: division by zero"
    assert line in series.text, f"expected {line!r} in:\n{series.text}"


def test_failure_sets_the_exit_status(series: Run):
    assert series.status == 1, f"expected exit status 1, got {series.status!r}"


def test_table_tells_the_failed_from_the_good(series: Run):
    table = series.text.partition("status\n")[2].partition("\n\n")[0]
    verdicts = [(line.split()[0], line.split()[-1]) for line in table.splitlines()]
    assert verdicts == [("01_a", "ok"), ("02_b", "FAILED"), ("03_c", "ok")], series.text


def test_others_run_after_a_failure(series: Run):
    assert printed_by(series.build / "03_c.ipynb") == ["3\n"]


def test_executed_copies_lie_in_build(series: Run):
    found = sorted(path.relative_to(series.build).as_posix() for path in series.build.rglob("*.*"))
    names = ["01_a", "02_b", "03_c"]
    assert found == [f"{name}.{kind}" for name in names for kind in ("html", "ipynb", "log")]


def test_page_shows_the_output(series: Run):
    page = (series.build / "02_b.html").read_text(encoding="utf-8")
    assert "ZeroDivisionError" in page, "expected the error in build/02_b.html"


def test_notebooks_stay_as_they_are_without_store(series: Run):
    changed = [path.name for path in series.notebooks.rglob("*.ipynb") if printed_by(path)]
    assert not changed, f"run.py without --store wrote outputs into {changed}"


def test_store_keeps_outputs_and_counts(stored: Run):
    notebook = nbformat.read(stored.notebooks / "01_a.ipynb", as_version=4)
    counts = [cell.execution_count for cell in notebook.cells if cell.cell_type == "code"]
    assert (printed_by(stored.notebooks / "01_a.ipynb"), counts) == (["3\n"], [1, 2])


def test_store_drops_version_and_timing(stored: Run):
    notebook = nbformat.read(stored.notebooks / "01_a.ipynb", as_version=4)
    assert notebook.metadata.language_info.name == "python"
    assert "version" not in notebook.metadata.language_info
    timed = [cell.source for cell in notebook.cells if "execution" in cell.metadata]
    assert not timed, f"--store kept the times of the cells {timed}"


def test_store_leaves_a_failed_notebook_alone(stored: Run):
    kept = printed_by(stored.notebooks / "02_b.ipynb")
    assert not kept, f"--store wrote the outputs {kept} of a failed notebook"


def test_one_notebook_by_the_beginning_of_its_name(tmp_path: Path):
    done = run(tmp_path, {"01_a.ipynb": GOOD, "02_b.ipynb": BAD}, "01")
    built = [path.name for path in done.build.glob("*.ipynb")]
    assert (done.status, built) == (0, ["01_a.ipynb"]), done.text
