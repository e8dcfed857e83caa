"""Execute notebooks headless, several at once, with a progress line each and a table at the end.

    python -m tools.run                    the whole series
    python -m tools.run 02                 the notebook whose name begins with 02
    python -m tools.run solutions          the solutions of the exercises
    python -m tools.run --store 02         ... and keep its new outputs in the notebook itself

The environment variable JOBS says how many run at once (see tools/jobs.py). Executed copies go to
build/ as .ipynb and .html. A notebook that fails does not stop the others; the exit status then
is 1.

Each figure is compared with the stored one; see `distance`. One that differs is named and fails
nothing, since fonts and processors differ too.
"""

import argparse
import base64
import io
import os
import shutil
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import NamedTuple

import nbformat
import numpy as np
import psutil
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError
from nbconvert import HTMLExporter
from PIL import Image

from tools.jobs import jobs, share

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS, BUILD = ROOT / "notebooks", ROOT / "build"

# The largest `distance` of two figures that count as the same. With TF_ENABLE_ONEDNN_OPTS=0, which
# trains like another seed, 19 of 21 figures of notebooks 02, 03, 05, 06, 13, 15 stayed below, the
# other two came to 1.2 and 4.1. A figure of 02 without one of its two curves is 1.2 apart, without
# a line of its legend 1.7.
SAME = 1.0


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


# Progress


class Work:
    """A notebook at work: its name, cells done of cells, seconds."""

    def __init__(self, name: str, cells: int):
        self.name, self.cells, self.done = name, cells, 0
        self.start = time.monotonic()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.start

    def __str__(self) -> str:
        return f"{self.name:44} {self.done:3} of {self.cells:3} cells {self.seconds:6.1f} s"


class Progress:
    """A line per notebook. On a terminal those at work stand last and are rewritten in place."""

    def __init__(self):
        self.lock = threading.Lock()
        self.working: list[Work] = []
        self.shown = 0
        self.in_place = sys.stdout.isatty()
        if self.in_place and os.name == "nt":
            os.system("")  # makes a console of Windows obey the escape sequences below

    def begin(self, work: Work) -> None:
        with self.lock:
            self.working.append(work)
            self._draw()

    def step(self, work: Work) -> None:
        with self.lock:
            work.done += 1
            self._draw()

    def tick(self) -> None:
        """Show how time passes."""
        with self.lock:
            self._draw()

    def end(self, work: Work, *said: str) -> None:
        with self.lock:
            self.working.remove(work)
            self._draw(str(work), *said)

    def _draw(self, *said: str) -> None:
        lines = list(said)
        if self.in_place:
            # Up to the first line that may change, and away with all from there on.
            print(f"\x1b[{self.shown}F" * (self.shown > 0) + "\x1b[J", end="")
            width = shutil.get_terminal_size().columns
            lines += [str(work)[: width - 1] for work in self.working]
            self.shown = len(self.working)
        print("".join(f"{line}\n" for line in lines), end="", flush=True)


# Figures


def figures(notebook: nbformat.NotebookNode) -> dict[str, str]:
    """Return every PNG in base64 by its place: `code cell 3, figure 1`."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    found = {}
    for number, cell in enumerate(code, 1):
        pngs = [
            output.data["image/png"]
            for output in cell.outputs
            if "data" in output
            if "image/png" in output.data
        ]
        found |= {f"code cell {number}, figure {nth}": png for nth, png in enumerate(pngs, 1)}
    return found


def distance(stored: str, made: str) -> float:
    """Return how far apart two PNGs are, in per cent of the way from black to white.

    It is the root mean square of the differences between the mean colours of squares of 32 pixels.
    Pixel by pixel, points that another processor moves would weigh more than a missing curve.
    """
    old, new = (
        Image.open(io.BytesIO(base64.b64decode(png))).convert("RGB") for png in (stored, made)
    )
    squares = max(1, old.width // 32), max(1, old.height // 32)
    old, new = (
        np.asarray(each.resize(squares, Image.Resampling.BOX), float) for each in (old, new)
    )
    return 100 * float(np.sqrt(np.mean((old - new) ** 2))) / 255


def compare(stored: dict[str, str], made: dict[str, str]) -> tuple[str, list[str]]:
    """Return the table's word on the figures, and a line for each that differs."""
    lines = [f"{place} is new" for place in made if place not in stored]
    lines += [f"{place} is not drawn any more" for place in stored if place not in made]
    for place in (place for place in made if place in stored):
        apart = distance(stored[place], made[place])
        if apart > SAME:
            lines.append(f"{place} differs by {apart:.1f} % (same: up to {SAME} %)")
    same = len(stored.keys() | made.keys()) - len(lines)
    verdict = f"{same} same" + (f", {len(lines)} differ" + "s" * (len(lines) == 1)) * bool(lines)
    return verdict, lines


# Notebooks


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


def execute(
    notebook: nbformat.NotebookNode,
    folder: Path,
    target: Path,
    environment: dict[str, str] | None = None,
    step: Callable[..., None] | None = None,
) -> str:
    """Execute a notebook in place, with `folder` as its working directory.

    The executed copy goes to `target`, its page and the kernel's log beside it. `environment` is
    added to that of this process; `step` is called after each code cell. Returns what failed,
    named by code cell, or an empty text.
    """
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    client = NotebookClient(
        notebook,
        timeout=600,
        kernel_name="python3",
        record_timing=False,
        coalesce_streams=True,  # how a kernel cuts its text differs from run to run
        resources={"metadata": {"path": str(folder)}},
        # TensorFlow's C++ code writes to the file descriptor; such lines are no output of a cell.
        extra_arguments=["--IPKernelApp.capture_fd_output=False"],
        on_cell_executed=step,
    )
    target.parent.mkdir(parents=True, exist_ok=True)
    error = ""
    try:
        # The kernel's own log goes to a file: a terminal shows progress and errors only.
        with target.with_suffix(".log").open("w") as log:
            client.execute(stdout=log, stderr=log, env=os.environ | (environment or {}))
    except (CellExecutionError, CellTimeoutError, RuntimeError) as failure:
        error = describe(failure, notebook)  # a kernel that dies or does not start: RuntimeError
    strip_run(notebook)
    nbformat.write(notebook, target)
    page, _ = HTMLExporter(embed_images=True).from_notebook_node(
        notebook, resources={"metadata": {"path": str(folder), "name": target.stem}}
    )
    target.with_suffix(".html").write_text(page, encoding="utf-8")
    return error


class Row(NamedTuple):
    """A row of the table at the end."""

    name: str
    cells: str
    seconds: str
    figures: str
    status: str

    def __str__(self) -> str:
        return "{:44} {:>9} {:>8}  {:16} {}".format(*self)


def work_on(path: Path, store: bool, environment: dict[str, str], progress: Progress) -> Row:
    """Execute one notebook of the series, compare its figures and keep what it gave."""
    notebook = nbformat.read(path, as_version=4)
    stored = figures(notebook)
    work = Work(name_of(path), sum(cell.cell_type == "code" for cell in notebook.cells))
    progress.begin(work)
    error = execute(
        notebook,
        path.parent,
        BUILD / path.relative_to(NOTEBOOKS),
        environment,
        lambda **_: progress.step(work),
    )
    verdict, lines = ("", [error]) if error else compare(stored, figures(notebook))
    progress.end(work, *(f"  {path.name}, {line}" for line in lines))
    if store and not error:
        nbformat.write(notebook, path)
    status = "FAILED" if error else "stored" if store else "ok"
    return Row(work.name, f"{work.done} of {work.cells}", f"{work.seconds:.1f}", verdict, status)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("notebook", nargs="?", help="beginning of a name, such as 02")
    parser.add_argument("--store", action="store_true", help="keep the outputs in the notebook")
    options = parser.parse_args()

    paths = choose(options.notebook)
    together = min(jobs(), len(paths))
    progress = Progress()
    pool = ThreadPoolExecutor(together)
    futures = [
        pool.submit(work_on, path, options.store, share(together), progress) for path in paths
    ]
    try:
        while wait(futures, timeout=1).not_done:
            progress.tick()
    except KeyboardInterrupt:
        pool.shutdown(wait=False, cancel_futures=True)
        # A kernel leads a session of its own, where Ctrl-C does not reach it.
        while not all(future.done() for future in futures):
            for child in psutil.Process().children():
                child.kill()
            time.sleep(0.2)
        sys.exit(130)
    print("\n", Row("notebook", "cells", "seconds", "figures", "status"), sep="")
    rows = [future.result() for future in futures]
    print(*rows, sep="\n")
    print(f"\nExecuted copies: {BUILD.name}/")
    sys.exit(any(row.status == "FAILED" for row in rows))


if __name__ == "__main__":
    main()
