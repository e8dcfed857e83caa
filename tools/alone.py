"""Execute notebooks as in Colab: each alone in an empty folder, with the versions that Colab has.

    python -m tools.alone                  the series and its solutions
    python -m tools.alone 02               the notebook whose name begins with 02

The last commit is cloned. Each notebook of the clone is copied into an empty folder, is given the
clone's address, and fetches and installs the project by its own first cell. Executed copies go to
build/alone/. The exit status is 1 if a notebook fails.

`make alone` sets up .venv-colab with requirements-colab.txt and points JUPYTER_PATH to its kernel.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat
from jupyter_client.kernelspec import KernelSpecManager

from tools.colab import stamp_cell
from tools.run import BUILD, NOTEBOOKS, ROOT, Progress, Work, choose, execute

COLAB = ROOT / ".venv-colab"


def colab_python() -> str:
    """Return the interpreter of the kernel that will run; exit if it is not that of .venv-colab."""
    python = KernelSpecManager().get_kernel_spec("python3").argv[0]
    if COLAB not in Path(python).parents:
        sys.exit(f"The kernel would be {python}; start `make alone`, which uses {COLAB.name}.")
    return python


def forget_project(python: str) -> None:
    """Uninstall what the notebook before has installed: in Colab each has a machine of its own."""
    subprocess.run([python, "-m", "pip", "uninstall", "-qq", "--yes", "custom-cells"], check=True)


def work_on(path: Path, clone: Path, progress: Progress) -> str:
    """Execute one notebook of the clone in an empty folder and return what failed, if anything."""
    notebook = nbformat.read(clone / "notebooks" / path, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    code[0].source = stamp_cell(code[0].source, clone.as_uri())
    work = Work(path.with_suffix("").as_posix(), len(code))
    progress.begin(work)
    with tempfile.TemporaryDirectory() as folder:
        error = execute(
            notebook,
            Path(folder),
            BUILD / "alone" / path,
            {"COLAB_RELEASE_TAG": "simulated"},
            lambda **_: progress.step(work),
        )
    progress.end(work, *([f"  {path.name}, {error}"] if error else []))
    return error


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("notebook", nargs="?", default="", help="beginning of a name, such as 02")
    wanted = parser.parse_args().notebook

    python, progress, failed = colab_python(), Progress(), []
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder, "project")
        subprocess.run(["git", "clone", "--quiet", "--depth=1", ROOT.as_uri(), clone], check=True)
        for path in choose(wanted):
            forget_project(python)
            name = path.relative_to(NOTEBOOKS)
            if work_on(name, clone, progress):
                failed.append(name.as_posix())
    print(f"\nFailed: {', '.join(failed) or 'none'}. Executed copies: build/alone/")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
