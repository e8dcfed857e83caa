"""A notebook opened alone: what its first cell does where, and what `make colab` stamps."""

import difflib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from links import ROOT, all_notebooks, parse
from test_notebooks import rules_of

from tools import colab

ADDRESS = "https://github.com/ann/rnn"

# What `make colab` stamps


@pytest.fixture(scope="module")
def stamped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the whole project, stamped once."""
    left_out = shutil.ignore_patterns(".*", "build", "*.egg-info", "__pycache__")
    copy = shutil.copytree(ROOT, tmp_path_factory.mktemp("whole") / "copy", ignore=left_out)
    stamp(copy, "ann/rnn")
    return copy


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the first notebook, its solutions and the two pages."""
    for path in [path for path in colab.notebooks(ROOT) if path.name.startswith("01_")]:
        target = tmp_path / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    for page in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / page, tmp_path)
    return tmp_path


def texts(root: Path) -> dict[str, str]:
    """Return the text of every file that has the address, by its path in the project."""
    paths = [root / "pyproject.toml", root / "README.md", *colab.notebooks(root)]
    return {path.relative_to(root).as_posix(): path.read_text(encoding="utf-8") for path in paths}


def stamp(root: Path, *arguments: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(colab, "ROOT", root)
        patch.setattr(sys, "argv", ["colab.py", *arguments])
        colab.main()


def test_no_notebook_is_forgotten():
    assert set(colab.notebooks(ROOT)) == set(all_notebooks())


def test_stamp_changes_the_address_and_the_badge_alone(copy: Path):
    stamp(copy, "ann/first")
    before = texts(copy)
    stamp(copy, "ann/rnn")
    for name, text in texts(copy).items():
        lines = difflib.ndiff(before[name].splitlines(), text.splitlines())
        changed = [line for line in lines if line.startswith(("-", "+"))]
        places = 2 if name.endswith(".ipynb") else 1
        assert len(changed) == 2 * places, f"{name}:\n" + "\n".join(changed)
        assert all("ann/first" in line or "ann/rnn" in line for line in changed), changed


def test_first_stamp_adds_nothing_else(stamped: Path):
    before = texts(ROOT)
    for name, text in texts(stamped).items():
        lines = difflib.ndiff(before[name].splitlines(), text.splitlines())
        added = [line for line in lines if line.startswith("+")]
        strange = [line for line in added if "ann/rnn" not in line and line.strip("+ ") != '"\\n",']
        assert added and not strange, f"{name}: {strange}"


def test_stamping_again_changes_nothing(copy: Path):
    stamp(copy, "ann/rnn")
    once = texts(copy)
    stamp(copy, "ann/rnn")
    assert texts(copy) == once


def test_another_name_replaces_the_first(copy: Path):
    stamp(copy, "bob/rnn-2.0")
    there = texts(copy)
    stamp(copy, "ann/rnn")
    stamp(copy, "bob/rnn-2.0")
    assert texts(copy) == there


@pytest.mark.parametrize("path", colab.notebooks(ROOT), ids=lambda path: path.stem)
def test_stamped_notebook_keeps_the_rules(path: Path, stamped: Path):
    new = stamped / path.relative_to(ROOT)
    for rule in rules_of(new):
        # What is wrong before, test_notebooks.py tells.
        assert rule(parse(new), new) in ([], rule(parse(path), path))


def test_address_is_that_of_the_project(stamped: Path):
    assert colab.address(stamped) == ADDRESS


def test_badge_of_the_readme_opens_the_first_notebook(stamped: Path):
    link = colab.link(ADDRESS, "notebooks/01_sequences_and_recurrence.ipynb")
    readme = (stamped / "README.md").read_text(encoding="utf-8")
    assert f"(images/colab_badge.svg)]({link})" in readme


def test_link_is_one_that_colab_understands():
    expected = "https://colab.research.google.com/github/ann/rnn/blob/main/notebooks/01_a.ipynb"
    assert colab.link(ADDRESS, "notebooks/01_a.ipynb") == expected


@pytest.mark.parametrize("name", ["", "rnn", "ann/rnn/x", "ann/rnn.git", ADDRESS, "ann rnn"])
def test_bad_name_gets_one_sentence(name: str, copy: Path):
    before = texts(copy)
    with pytest.raises(SystemExit) as end:
        stamp(copy, *name.split())
    assert end.value.code == f"Say `make colab REPO=owner/name` as on GitHub; got {name!r}."
    assert texts(copy) == before


# What the first cell does


MISSING = "ModuleNotFoundError: Get the project, run `make lab` in it, and open me from there."
UNKNOWN = "AssertionError: Write the address of the project's repository between the quotes above."
# Stands in for the package that is not installed, and for pip, which would install it.
PRELUDE = """
import os, sys
if not {installed}:
    sys.modules["custom_cells"] = None

def pip(line):
    print("pip", line)
    if os.path.isdir("rnn"):
        del sys.modules["custom_cells"]

get_ipython().register_magic_function(pip, "line")
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with what the first cell looks at, in a repository."""
    folder = tmp_path / "project"
    for path in (
        "custom_cells/__init__.py",
        "notebooks/01_a.ipynb",
        "notebooks/solutions/01.ipynb",
    ):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).touch()
    for command in (
        ["init", "--quiet"],
        ["add", "."],
        ["-c", "user.name=ann", "-c", "user.email=", "commit", "--quiet", "--message=All"],
    ):
        subprocess.run(["git", *command], cwd=folder, check=True)
    return folder


def run_cell(
    folder: Path,
    address: str = "",
    colab_there: bool = False,
    installed: bool = True,
    times: int = 1,
) -> list[str]:
    """Execute the first cell in a folder; return what it prints, and where it ends up."""
    script = PRELUDE.format(installed=installed)
    script += f"\n{colab.project_cell(address)}\n" * times + '\nprint("in", Path.cwd())\n'
    file = folder / "cell.ipy"
    file.write_text(script, encoding="utf-8")
    environment = os.environ | {"IPYTHONDIR": str(folder / ".ipython"), "PYTHONPATH": ""}
    environment.pop("COLAB_RELEASE_TAG", None)
    done = subprocess.run(
        [sys.executable, "-u", "-m", "IPython", "--colors=NoColor", "--no-banner", file.name],
        cwd=folder,
        env=environment | ({"COLAB_RELEASE_TAG": "release"} if colab_there else {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    file.unlink()
    return done.stdout.strip().splitlines()


@pytest.mark.parametrize("place", [".", "notebooks", "notebooks/solutions"])
def test_cell_finds_the_project_around_it(place: str, project: Path):
    assert run_cell(project / place, times=2) == [f"in {project / 'notebooks'}"]


def test_cell_outside_any_project_says_what_to_do(tmp_path: Path):
    assert run_cell(tmp_path)[-1] == MISSING


def test_cell_with_a_kernel_that_lacks_the_project_says_what_to_do(project: Path):
    assert run_cell(project, installed=False)[-1] == MISSING


def test_unstamped_cell_in_colab_says_what_to_do(tmp_path: Path):
    assert run_cell(tmp_path, colab_there=True, installed=False)[-1] == UNKNOWN


def test_cell_in_colab_fetches_and_installs_the_project_once(project: Path, tmp_path: Path):
    (tmp_path / "content").mkdir()
    lines = run_cell(
        tmp_path / "content", project.as_uri(), colab_there=True, installed=False, times=2
    )
    home = tmp_path / "content" / "rnn" / "notebooks"
    assert lines == ["pip install --quiet --no-deps ./rnn", f"in {home}"]


def test_cell_in_colab_after_a_restart_installs_nothing(project: Path, tmp_path: Path):
    shutil.copytree(project, tmp_path / "content" / "rnn")
    lines = run_cell(tmp_path / "content", project.as_uri(), colab_there=True)
    assert lines == [f"in {tmp_path / 'content' / 'rnn' / 'notebooks'}"]


def test_cell_in_colab_installs_what_is_fetched_already(project: Path, tmp_path: Path):
    shutil.copytree(project, tmp_path / "content" / "rnn")
    nowhere = (tmp_path / "gone").as_uri()
    lines = run_cell(tmp_path / "content", nowhere, colab_there=True, installed=False)
    assert lines == [
        "pip install --quiet --no-deps ./rnn",
        f"in {tmp_path / 'content' / 'rnn' / 'notebooks'}",
    ]


def test_cell_in_colab_that_fetches_nothing_says_so(tmp_path: Path):
    nowhere = (tmp_path / "gone").as_uri()
    lines = run_cell(tmp_path, nowhere, colab_there=True, installed=False)
    assert any(line.startswith("fatal:") for line in lines), lines
    assert lines[-1] == MISSING
