"""Execute notebooks headless, in order, with a progress line each and a table at the end.

    python -m tools.run                    the whole series
    python -m tools.run 02                 the notebook whose name begins with 02
    python -m tools.run solutions          the solutions of the exercises
    python -m tools.run --store 02         ... and keep its new outputs in the notebook itself

Executed copies go to build/ as .ipynb and .html. A notebook that fails does not stop the others;
the exit status then is 1.
"""

import argparse
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbconvert import HTMLExporter

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS, BUILD = ROOT / "notebooks", ROOT / "build"


def series() -> list[Path]:
    """Return the notebooks in reading order, the solutions after them."""
    return [
        *sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb")),
        *sorted(NOTEBOOKS.glob("solutions/[0-9][0-9]_*.ipynb")),
    ]


def name_of(path: Path) -> str:
    return path.relative_to(NOTEBOOKS).with_suffix("").as_posix()


def choose(wanted: str | None) -> list[Path]:
    """Return the notebooks whose name begins with `wanted`; without it, all but the solutions."""
    if wanted is None:
        chosen = [path for path in series() if path.parent == NOTEBOOKS]
        if not chosen:
            sys.exit("There is no notebook named NN_subject.ipynb.")
        return chosen
    chosen = [path for path in series() if name_of(path).startswith(wanted)]
    if not chosen:
        names = "\n  ".join(name_of(path) for path in series())
        sys.exit(f"No notebook's name begins with {wanted!r}. There are:\n  {names}")
    return chosen


class Progress:
    """One line: notebook, cells done of cells, seconds. Rewritten in place on a terminal."""

    def __init__(self, name: str, cells: int):
        self.name, self.cells, self.done = name, cells, 0
        self.start = time.monotonic()
        self.show()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.start

    def show(self, end: str = "") -> None:
        if sys.stdout.isatty() or end:
            line = f"{self.name:36} {self.done:3} of {self.cells:3} cells {self.seconds:6.1f} s"
            print(f"\r{line}" if sys.stdout.isatty() else line, end=end, flush=True)

    def step(self, **_) -> None:
        self.done += 1
        self.show()


def describe(error: Exception, notebook: nbformat.NotebookNode) -> str:
    """Say which code cell failed and with which exception."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for number, cell in enumerate(code, 1):
        for output in cell.get("outputs", []):
            if output.output_type == "error" and "raises-exception" not in cell.metadata.get(
                "tags", []
            ):
                return f"code cell {number}: {output.ename}: {output.evalue}"
    done = sum(cell.get("execution_count") is not None for cell in code)
    return f"code cell {done + 1}: {type(error).__name__}: {error}"


def strip_run(notebook: nbformat.NotebookNode) -> None:
    """Drop what differs from one run or machine to the next but is no output."""
    notebook.metadata.get("language_info", {}).pop("version", None)
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)


def execute(path: Path, store: bool) -> tuple[str, int, int, float, str]:
    """Execute one notebook and return its row of the table: name, cells, done, seconds, status."""
    notebook = nbformat.read(path, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for cell in code:
        cell.outputs, cell.execution_count = [], None
    progress = Progress(name_of(path), len(code))
    client = NotebookClient(
        notebook,
        timeout=600,
        kernel_name="python3",
        record_timing=False,
        resources={"metadata": {"path": str(path.parent)}},
        # TensorFlow's C++ code writes to the file descriptor; such lines are no output of a cell.
        extra_arguments=["--IPKernelApp.capture_fd_output=False"],
        on_cell_executed=progress.step,
    )
    target = BUILD / path.relative_to(NOTEBOOKS)
    target.parent.mkdir(parents=True, exist_ok=True)
    error = ""
    try:
        # The kernel's own log goes to a file: a terminal shows progress and errors only.
        with target.with_suffix(".log").open("w") as log:
            client.execute(stdout=log, stderr=log)
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as failure:
        error = describe(failure, notebook)
    progress.show(end="\n")
    if error:
        print(f"  {path.name}, {error}", flush=True)

    strip_run(notebook)
    nbformat.write(notebook, target)
    page, _ = HTMLExporter(embed_images=True).from_notebook_node(
        notebook, resources={"metadata": {"path": str(path.parent), "name": path.stem}}
    )
    target.with_suffix(".html").write_text(page, encoding="utf-8")
    if store and not error:
        nbformat.write(notebook, path)
    status = "FAILED" if error else "stored" if store else "ok"
    return name_of(path), len(code), progress.done, progress.seconds, status


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("notebook", nargs="?", help="beginning of a name, such as 02")
    parser.add_argument("--store", action="store_true", help="keep the outputs in the notebook")
    options = parser.parse_args()

    rows = [execute(path, options.store) for path in choose(options.notebook)]
    print(f"\n{'notebook':36} {'cells':>9} {'seconds':>8}  status")
    for name, cells, done, seconds, status in rows:
        print(f"{name:36} {done:3} of {cells:2} {seconds:8.1f}  {status}")
    print(f"\nExecuted copies: {BUILD.name}/")
    sys.exit(any(row[-1] == "FAILED" for row in rows))


if __name__ == "__main__":
    main()
