"""tools/run.py on notebooks without TensorFlow: what it reports, writes and leaves alone."""

import base64
import contextlib
import io
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import nbformat
import psutil
import pytest
from links import ROOT
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from PIL import Image, ImageDraw

from tools import jobs
from tools import run as runner

GOOD = ["x = 2", "print(x + 1)"]
BAD = ["x = 2", "print(x)", "1 / 0", "print('never')"]


class Run(NamedTuple):
    status: object
    text: str
    notebooks: Path
    build: Path


def write(path: Path, cells: list[str | NotebookNode]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    code = [new_code_cell(cell) if isinstance(cell, str) else cell for cell in cells]
    nbformat.write(new_notebook(cells=[new_markdown_cell("# Title"), *code]), path)


def run(folder: Path, notebooks: dict[str, list], *arguments: str, jobs: str = "2") -> Run:
    """Write the notebooks into the folder and call `main` of run.py over them."""
    place = Run(None, "", folder / "notebooks", folder / "build")
    for name, cells in notebooks.items():
        write(place.notebooks / name, cells)
    printed = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(printed):
        patch.setattr(runner, "NOTEBOOKS", place.notebooks)
        patch.setattr(runner, "BUILD", place.build)
        patch.setattr(sys, "argv", ["run.py", *arguments])
        patch.setenv("JOBS", jobs)
        # The kernel would keep its history and connection file in the home folder.
        patch.setenv("IPYTHONDIR", str(folder))
        patch.setenv("JUPYTER_RUNTIME_DIR", str(folder))
        with pytest.raises(SystemExit) as end:
            runner.main()
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


# Several at once

MEET = """
import pathlib, time
pathlib.Path("{me}").touch()
end = time.monotonic() + 60
while not pathlib.Path("{other}").exists():
    assert time.monotonic() < end, "the other notebook did not come"
    time.sleep(0.1)
"""


def test_two_run_at_once(tmp_path: Path):
    """Each waits for the other: one after the other, the first would wait in vain."""
    notebooks = {
        "01_a.ipynb": [MEET.format(me="a", other="b")],
        "02_b.ipynb": [MEET.format(me="b", other="a")],
    }
    done = run(tmp_path, notebooks, jobs="2")
    assert done.status == 0, done.text


def test_one_at_a_time_with_one_job(tmp_path: Path):
    alone = """
import pathlib, time
busy = pathlib.Path("busy")
busy.touch(exist_ok=False)
time.sleep(1)
busy.unlink()
"""
    done = run(tmp_path, {"01_a.ipynb": [alone], "02_b.ipynb": [alone]}, jobs="1")
    assert done.status == 0, done.text


@pytest.mark.parametrize("wanted", ["0", "-1", "1.5", "x"])
def test_bad_number_of_jobs_is_refused(wanted: str, tmp_path: Path):
    message = run(tmp_path, {"01_a.ipynb": GOOD}, jobs=wanted).status
    expected = f"JOBS must be a whole number from 1 up, such as JOBS=2; it is {wanted!r}."
    assert message == expected


@pytest.mark.parametrize(
    ("cores", "gigabytes", "expected"), [(2, 20, 2), (8, 7, 3), (4, 1, 1), (1, 20, 1)]
)
def test_jobs_follow_cores_and_memory(
    cores: int, gigabytes: int, expected: int, monkeypatch: pytest.MonkeyPatch
):
    class Memory(NamedTuple):
        available: int

    monkeypatch.delenv("JOBS", raising=False)
    monkeypatch.setattr(jobs, "cores", lambda: cores)
    monkeypatch.setattr(jobs.psutil, "virtual_memory", lambda: Memory(gigabytes * 2**30))
    assert jobs.jobs() == expected


class Terminal(io.StringIO):
    """Knows the two escape sequences that Progress writes."""

    def isatty(self) -> bool:
        return True

    def screen(self) -> list[str]:
        lines = []
        for up, text in re.findall(r"(?:\x1b\[(\d+)F)?\x1b\[J([^\x1b]*)", self.getvalue()):
            lines = [*lines[: len(lines) - int(up or 0)], *text.splitlines()]
        return lines


def test_terminal_shows_a_line_per_notebook(monkeypatch: pytest.MonkeyPatch):
    """What ended stands above, with what is said about it; what is at work stands once, below."""
    monkeypatch.setattr(sys, "stdout", Terminal())
    progress, (a, b, c) = runner.Progress(), [runner.Work(name, 2) for name in "abc"]
    for work in (a, b, c):
        progress.begin(work)
    progress.step(a)
    progress.tick()
    progress.step(c)
    progress.end(b, "  b failed")
    screen = [(line[:10].strip(), *re.findall(r"(\d) of", line)) for line in sys.stdout.screen()]
    assert screen == [("b", "0"), ("b failed",), ("a", "1"), ("c", "1")]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT to one process")
def test_interrupt_leaves_no_kernel(tmp_path: Path):
    write(tmp_path / "notebooks" / "01_a.ipynb", ["open('begun', 'w')", "while True: pass"])
    write(tmp_path / "notebooks" / "02_b.ipynb", ["open('begun_too', 'w')"])
    # A process that runs in the background may have been told to ignore interrupts.
    call = f"""
import signal
from pathlib import Path
from tools import run
signal.signal(signal.SIGINT, signal.default_int_handler)
run.NOTEBOOKS, run.BUILD = Path({str(tmp_path)!r}, "notebooks"), Path({str(tmp_path)!r}, "build")
run.main()
"""
    places = {"IPYTHONDIR": str(tmp_path), "JUPYTER_RUNTIME_DIR": str(tmp_path)}
    environment = os.environ | places | {"JOBS": "1"}
    process = subprocess.Popen([sys.executable, "-c", call], cwd=ROOT, env=environment)
    begun = tmp_path / "notebooks" / "begun"
    while not begun.exists() and process.poll() is None:
        time.sleep(0.1)
    kernels = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGINT)
    status = process.wait(timeout=60)
    alive = [kernel for kernel in kernels if kernel.is_running()]
    assert (status, alive) == (130, []), f"exit status {status}, kernels alive: {alive}"
    assert kernels, "expected a kernel to be interrupted"
    assert not begun.with_name("begun_too").exists(), "the next notebook began"


# Figures


def png(bars: int = 3, moved: int = 0, white: int = 255, height: int = 400) -> str:
    """Return a drawing of black bars in base64, as a notebook stores it."""
    picture = Image.new("RGB", (600, height), (white,) * 3)
    for bar in range(bars):
        left = 40 + 60 * bar + moved
        ImageDraw.Draw(picture).rectangle([left, 50, left + 8, 350], fill="black")
    file = io.BytesIO()
    picture.save(file, "png")
    return base64.b64encode(file.getvalue()).decode()


def drawing(stored: list[str], made: list[str]) -> NotebookNode:
    """Return a cell that displays the figures `made`, with `stored` among its outputs."""
    shows = [f"display(Image(data=base64.b64decode({figure!r})))" for figure in made]
    source = "\n".join(["import base64", "from IPython.display import Image", *shows])
    outputs = [new_output("display_data", {"image/png": figure}) for figure in stored]
    return new_code_cell(source, outputs=outputs)


@pytest.mark.parametrize(
    ("stored", "made", "expected"),
    [
        ([png()], [png()], []),
        ([png()], [png(white=254)], []),
        ([png()], [png(moved=1)], []),
        ([png()], [png(height=402)], []),
        ([png()], [png(white=240)], ["figure 1 differs"]),
        ([png()], [png(bars=4)], ["figure 1 differs"]),
        ([png(), png()], [png(), png(bars=4)], ["figure 2 differs"]),
        ([png()], [png(), png()], ["figure 2 is new"]),
        ([png(), png()], [png()], ["figure 2 is not drawn any more"]),
    ],
)
def test_figure_that_differs_is_found(stored: list[str], made: list[str], expected: list[str]):
    old, new = ({f"figure {n}": each for n, each in enumerate(s, 1)} for s in (stored, made))
    said = runner.compare(old, new)[1]
    assert [line.partition(" by")[0] for line in said] == expected


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Run:
    cells = ["x = 2", drawing([png(), png()], [png(white=254), png(bars=4)])]
    return run(tmp_path_factory.mktemp("drawn"), {"01_a.ipynb": cells, "02_b.ipynb": GOOD})


def test_figure_that_differs_is_named_by_notebook_and_cell(drawn: Run):
    lines = [line for line in drawn.text.splitlines() if "figure" in line and "same:" in line]
    assert len(lines) == 1, drawn.text
    assert lines[0].startswith("  01_a.ipynb, code cell 2, figure 2 differs by "), lines[0]


def test_table_counts_the_figures(drawn: Run):
    assert "1 same, 1 differs" in drawn.text.partition("status\n")[2], drawn.text


def test_figure_that_differs_fails_nothing(drawn: Run):
    assert drawn.status == 0, drawn.text
