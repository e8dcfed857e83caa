"""The form of every notebook: rules that return complaints, each proved on a spoiled notebook."""

import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from links import (
    ROOT,
    all_notebooks,
    headings,
    images,
    is_remote,
    links,
    parse,
    prose,
    why_broken,
)
from marks import LOG_LINE, MARK, imported, unguarded
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tools import colab

MAX_BYTES = 2_000_000
MAX_LINES = 25
MIN_WORDS = 5
MAX_TRUTHS = 4
SECTIONS = ["## Set-up", "## Summary", "## Exercises", "## References"]
TIMING = {"execution", "ExecuteTime", "executionInfo", "papermill"}
IGNORING_COMMENT = re.compile(r"NBVAL_SKIP|NBVAL_IGNORE_\w+|PYTEST_VALIDATE_IGNORE_OUTPUT", re.I)
# A letter, digit or dot before the slash makes it a part of an address or of a relative path.
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:home|root|tmp|work|Users)/[^\s\"']*|[A-Za-z]:\\+Users\S*")
TRUTH = re.compile(r"\b(?:True|False) *$", re.MULTILINE)
NAMED_TEST = re.compile(r"\b(test_\w+\.py)::(\w+)")

Rule = Callable[[NotebookNode, Path], list[str]]


def cells(notebook: NotebookNode, kind: str = "") -> Iterator[tuple[str, NotebookNode]]:
    """Yield the cells with a name that a reader can find them by: `cell 3 ('import keras')`."""
    for number, cell in enumerate(notebook.cells, 1):
        if kind in ("", cell.cell_type):
            yield f"cell {number} ({cell.source.strip().partition(chr(10))[0][:40]!r})", cell


def outputs(notebook: NotebookNode) -> Iterator[tuple[str, NotebookNode, NotebookNode]]:
    for name, cell in cells(notebook, "code"):
        for output in cell.outputs:
            yield name, cell, output


def tags(cell: NotebookNode) -> list[str]:
    return cell.metadata.get("tags", [])


def texts(node: object) -> Iterator[str]:
    """Yield every text in an output; base64 of a picture is none."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        for key, value in node.items():
            if key not in ("image/png", "image/jpeg"):
                yield from texts(value)
    elif isinstance(node, list):
        for value in node:
            yield from texts(value)


# Rules of every notebook


def execution_counts_run_from_1(notebook: NotebookNode, path: Path) -> list[str]:
    return [
        f"{name}: execution count must be {expected}, is {cell.execution_count}"
        for expected, (name, cell) in enumerate(cells(notebook, "code"), 1)
        if cell.execution_count != expected
    ]


def no_code_cell_is_empty(notebook: NotebookNode, path: Path) -> list[str]:
    return [f"{name} is empty" for name, cell in cells(notebook, "code") if not cell.source.strip()]


def no_stderr_is_stored(notebook: NotebookNode, path: Path) -> list[str]:
    return [
        f"{name} stores stderr: {output.text[:80]!r}"
        for name, _, output in outputs(notebook)
        if output.get("name") == "stderr"
    ]


def errors_are_announced(notebook: NotebookNode, path: Path) -> list[str]:
    return [
        f"{name} stores {output.ename} without the tag raises-exception"
        for name, cell, output in outputs(notebook)
        if output.output_type == "error" and "raises-exception" not in tags(cell)
    ]


def nbval_compares_everything(notebook: NotebookNode, path: Path) -> list[str]:
    found = []
    for name, cell in cells(notebook, "code"):
        plain = [tag.lower().replace("_", "-") for tag in tags(cell)]
        found += [
            f"{name}: tag {tag} hides the cell from nbval"
            for tag in plain
            if tag.startswith(("nbval-skip", "nbval-ignore"))
        ]
        found += [
            f"{name}: {mark} hides the cell from nbval"
            for mark in IGNORING_COMMENT.findall(cell.source)
        ]
    return found


def path_of_python_is_left_alone(notebook: NotebookNode, path: Path) -> list[str]:
    """What is installed or stands in the current folder is found without help."""
    return [
        f"{name} touches sys.path"
        for name, cell in cells(notebook, "code")
        if "sys.path" in cell.source
    ]


def kernel_is_python3(notebook: NotebookNode, path: Path) -> list[str]:
    found = []
    kernel = notebook.metadata.get("kernelspec", {}).get("name")
    if kernel != "python3":
        found.append(f"the kernel must be named python3, is {kernel!r}")
    version = notebook.metadata.get("language_info", {}).get("version")
    if version:
        found.append(f"metadata.language_info.version must be absent, is {version}")
    return found


def no_timing_is_stored(notebook: NotebookNode, path: Path) -> list[str]:
    return [
        f"{name}: metadata {sorted(TIMING & cell.metadata.keys())} differ from run to run"
        for name, cell in cells(notebook)
        if TIMING & cell.metadata.keys()
    ]


def no_path_of_a_machine(notebook: NotebookNode, path: Path) -> list[str]:
    return [
        f"{name} holds the path {found}"
        for name, cell in cells(notebook)
        for text in texts([cell.source, cell.get("outputs", [])])
        for found in MACHINE_PATH.findall(text)
    ]


def file_is_small(notebook: NotebookNode, path: Path) -> list[str]:
    size = path.stat().st_size
    return [f"{size:,} bytes are more than {MAX_BYTES:,}"] if size > MAX_BYTES else []


def images_are_local_and_described(notebook: NotebookNode, path: Path) -> list[str]:
    found = [
        f"{name} has <img; write ![alternative text](../images/…)"
        for name, cell in cells(notebook)
        if "<img" in cell.source
    ]
    for name, cell in cells(notebook, "markdown"):
        for text, target in images(cell.source):
            if is_remote(target):
                found.append(f"{name}: image {target} is not in this repository")
            elif why_broken(target, path):
                found.append(f"{name}: image {why_broken(target, path)}")
            if len(text.split()) < MIN_WORDS:
                found.append(f"{name}: {target} needs {MIN_WORDS} words of text, has {text!r}")
    return found


def figures_are_described(notebook: NotebookNode, path: Path) -> list[str]:
    """The alternative text of a cell's figure stands in its metadata, where a new run keeps it."""
    found = []
    for name, cell in cells(notebook, "code"):
        figures = sum("image/png" in output.get("data", {}) for output in cell.outputs)
        text = cell.metadata.get("alt", "")
        if figures > 1:
            found.append(f"{name} draws {figures} figures, but has one alternative text")
        elif figures and len(text.split()) < MIN_WORDS:
            found.append(f"{name}: metadata.alt needs {MIN_WORDS} words, has {text!r}")
        elif text and not figures:
            found.append(f"{name} has metadata.alt, but no figure")
    return found


def links_resolve(notebook: NotebookNode, path: Path) -> list[str]:
    return [
        f"{name}: {why_broken(target, path)}"
        for name, cell in cells(notebook, "markdown")
        for target in links(cell.source)
        if why_broken(target, path)
    ]


def named_tests_exist(notebook: NotebookNode, path: Path) -> list[str]:
    found = []
    for name, cell in cells(notebook, "markdown"):
        for file, test in NAMED_TEST.findall(cell.source):
            modules = [path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob(file)]
            if not any(f"\ndef {test}(" in module for module in modules):
                found.append(f"{name}: there is no test {file}::{test}")
    return found


def cell_ids_are_unique(notebook: NotebookNode, path: Path) -> list[str]:
    times = Counter(cell.get("id") for cell in notebook.cells)
    return [
        f"{name}: id {cell.get('id')} must be there and be its own"
        for name, cell in cells(notebook)
        if cell.get("id") is None or times[cell.id] > 1
    ]


def counterpart_exists(notebook: NotebookNode, path: Path) -> list[str]:
    """A notebook with exercises has solutions of the same file name, and the other way round."""
    if path.parent.name == "solutions":
        counterpart = path.parent.parent / path.name
    elif "## Exercises" in headings(prose(path)):
        counterpart = path.parent / "solutions" / path.name
    else:
        return []
    return (
        [] if counterpart.exists() else [f"{counterpart.parent.name}/{counterpart.name} is missing"]
    )


def marked_numbers_are_asserted(notebook: NotebookNode, path: Path) -> list[str]:
    modules = imported(cell.source for _, cell in cells(notebook, "code"))
    return [
        f"{name}: {complaint}"
        for name, cell in cells(notebook, "code")
        for complaint in unguarded(cell.source, modules)
    ]


def what_nbval_passes_over_comes_from_its_cell(notebook: NotebookNode, path: Path) -> list[str]:
    """A mark that a function prints would escape the rule above, an invented log line any."""
    found = []
    for name, cell, output in outputs(notebook):
        for text in texts(output):
            if MARK in text and MARK not in cell.source:
                found.append(f"{name} puts out {MARK}, which is not in its source")
            if LOG_LINE.search(text) and "verbose=2" not in cell.source:
                found.append(f"{name} puts out lines of a log without verbose=2 in its source")
    return found


def numbers_tell_more_than_true(notebook: NotebookNode, path: Path) -> list[str]:
    lines = sum(
        len(TRUTH.findall(text)) for *_, output in outputs(notebook) for text in texts(output)
    )
    return [f"{lines} lines end in True or False, at most {MAX_TRUTHS}"] * (lines > MAX_TRUTHS)


def root_of(path: Path) -> Path:
    return path.parents[2 if path.parent.name == "solutions" else 1]


def first_code_cell_finds_the_project(notebook: NotebookNode, path: Path) -> list[str]:
    name, first = next(cells(notebook, "code"))
    if first.source == colab.project_cell(colab.address(root_of(path))):
        return []
    return [f"{name} must be that of notebook 01, its address that of pyproject.toml"]


def badge_opens_the_notebook(notebook: NotebookNode, path: Path) -> list[str]:
    """There is a badge once the address of the repository is known."""
    root = root_of(path)
    address = colab.address(root)
    due = [colab.link(address, path.relative_to(root).as_posix())] if address else []
    found = [target for target in links(notebook.cells[0].source) if "colab.research" in target]
    return [] if found == due else [f"the first cell must link to {due}, links to {found}"]


# Rules of the series, from which its solutions are free


def first_cell_says_what_awaits(notebook: NotebookNode, path: Path) -> list[str]:
    first = notebook.cells[0]
    if first.cell_type != "markdown" or not first.source.startswith("# "):
        return ["the first cell must be Markdown that begins with '# '"]
    return [
        f"the first cell must say {words!r}"
        for words in ("You will learn", "You need")
        if words not in first.source
    ]


def sections_are_in_order(notebook: NotebookNode, path: Path) -> list[str]:
    found = [heading for heading in headings(prose(path)) if heading in SECTIONS]
    return [] if found == SECTIONS else [f"expected the headings {SECTIONS}, found {found}"]


def prose_leads_code(notebook: NotebookNode, path: Path) -> list[str]:
    """Two code cells may stand together, such as a class and its use; three need a sentence."""
    found, in_a_row = [], 0
    for name, cell in cells(notebook):
        in_a_row = 0 if cell.cell_type == "markdown" else in_a_row + 1
        if in_a_row == 3:
            found.append(f"{name} is the third code cell in a row without Markdown")
    return found


def code_cells_are_short(notebook: NotebookNode, path: Path) -> list[str]:
    lines = {name: len(cell.source.strip().splitlines()) for name, cell in cells(notebook, "code")}
    return [f"{name}: {n} lines, at most {MAX_LINES}" for name, n in lines.items() if n > MAX_LINES]


EVERY_NOTEBOOK: list[Rule] = [
    execution_counts_run_from_1,
    no_code_cell_is_empty,
    no_stderr_is_stored,
    errors_are_announced,
    nbval_compares_everything,
    kernel_is_python3,
    no_timing_is_stored,
    no_path_of_a_machine,
    file_is_small,
    images_are_local_and_described,
    figures_are_described,
    links_resolve,
    named_tests_exist,
    cell_ids_are_unique,
    path_of_python_is_left_alone,
    counterpart_exists,
    first_code_cell_finds_the_project,
    badge_opens_the_notebook,
    marked_numbers_are_asserted,
    what_nbval_passes_over_comes_from_its_cell,
    numbers_tell_more_than_true,
]
SERIES_ONLY: list[Rule] = [
    first_cell_says_what_awaits,
    sections_are_in_order,
    prose_leads_code,
    code_cells_are_short,
]


def rules_of(path: Path) -> list[Rule]:
    return EVERY_NOTEBOOK + (SERIES_ONLY if path.parent.name != "solutions" else [])


def misnumbered(names: list[str]) -> str:
    """Say what is wrong unless the names begin with 01_, 02_, … without a gap or a duplicate."""
    expected = [f"{number:02}_" for number in range(1, len(names) + 1)]
    found = sorted(name[:3] for name in names)
    return "" if found == expected else f"expected names that begin {expected}, found {names}"


# The notebooks themselves


def test_there_are_notebooks():
    assert all_notebooks(), "expected notebooks under notebooks/, found none"


def test_series_is_numbered():
    names = [path.name for path in all_notebooks() if path.parent.name != "solutions"]
    complaint = misnumbered(names)
    assert not complaint, complaint


@pytest.mark.parametrize(
    ("path", "rule"),
    [
        pytest.param(path, rule, id=f"{path.relative_to(ROOT).as_posix()}-{rule.__name__}")
        for path in all_notebooks()
        for rule in rules_of(path)
    ],
)
def test_notebook(path: Path, rule: Rule):
    complaints = rule(parse(path), path)
    assert not complaints, "\n".join([path.relative_to(ROOT).as_posix(), *complaints])


# Proof of the rules: a good notebook passes all of them, a spoiled one fails the rule it breaks


ADDRESS = "https://github.com/ann/rnn"


def good_notebook() -> NotebookNode:
    two = new_output("execute_result", {"text/plain": "2.0"}, execution_count=3)
    error = new_output("error", ename="ValueError", evalue="no", traceback=["ValueError: no"])
    return new_notebook(
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
        cells=[
            new_markdown_cell(
                "# Take a root\n\n[![Open this notebook in Colab](../images/colab_badge.svg)]"
                f"({colab.link(ADDRESS, 'notebooks/01_root.ipynb')})\n\n"
                "**You will learn** to count. **You need** a minute.\n\n## Set-up"
            ),
            new_code_cell(colab.project_cell(ADDRESS), execution_count=1),
            new_markdown_cell("Python can take roots."),
            new_code_cell("import math", execution_count=2),
            new_code_cell("math.sqrt(4)", execution_count=3, outputs=[two]),
            new_markdown_cell(
                "![one black dot on white ground](../images/dot.svg) [here](#Set-up) "
                "[there](../README.md#read-me) [paper](https://example.org/home/paper) "
                "`test_notebooks.py::test_numbering`"
            ),
            new_code_cell(
                "raise ValueError('no')",
                execution_count=4,
                outputs=[error],
                metadata={"tags": ["raises-exception"]},
            ),
            new_markdown_cell("## Summary\n\n## Exercises\n\n## References"),
        ],
    )


@pytest.fixture
def good(tmp_path: Path) -> Path:
    """A repository with one notebook, its solutions, one picture and a README."""
    path = tmp_path / "notebooks" / "01_root.ipynb"
    solutions = path.parent / "solutions" / path.name
    for folder in (solutions.parent, tmp_path / "images"):
        folder.mkdir(parents=True)
    for picture in ("dot.svg", "colab_badge.svg"):
        (tmp_path / "images" / picture).touch()
    (tmp_path / "README.md").write_text("# Read me\n")
    (tmp_path / "pyproject.toml").write_text(f'[project]\nurls = {{ Repository = "{ADDRESS}" }}\n')
    store(good_notebook(), path)
    store(good_notebook(), solutions)
    return path


def store(notebook: NotebookNode, path: Path) -> None:
    """Write the notebook as it is; `nbformat.write` would mend duplicate ids."""
    path.write_text(json.dumps(notebook), encoding="utf-8")


SPOILS = []


def breaks(rule: Rule):
    """Register a function that spoils the good notebook so that it breaks this rule."""

    def register(spoil):
        SPOILS.append(pytest.param(rule, spoil, id=spoil.__name__))
        return spoil

    return register


@breaks(execution_counts_run_from_1)
def count_removed(notebook, path):
    notebook.cells[4].execution_count = None


@breaks(execution_counts_run_from_1)
def counts_start_at_2(notebook, path):
    for _, cell in cells(notebook, "code"):
        cell.execution_count += 1


@breaks(no_code_cell_is_empty)
def cell_emptied(notebook, path):
    notebook.cells[4].source = "\n"


@breaks(no_stderr_is_stored)
def warning_stored(notebook, path):
    notebook.cells[4].outputs.append(new_output("stream", name="stderr", text="careful"))


@breaks(errors_are_announced)
def tag_of_error_removed(notebook, path):
    notebook.cells[6].metadata.tags = []


@breaks(nbval_compares_everything)
def skip_tag(notebook, path):
    notebook.cells[4].metadata.tags = ["nbval-skip"]


@breaks(nbval_compares_everything)
def ignore_tag_in_other_spelling(notebook, path):
    notebook.cells[4].metadata.tags = ["NBVAL_IGNORE_OUTPUT"]


@breaks(nbval_compares_everything)
def skip_comment(notebook, path):
    notebook.cells[4].source = "# NBVAL_SKIP\nmath.sqrt(4)"


@breaks(nbval_compares_everything)
def ignore_comment(notebook, path):
    notebook.cells[4].source = "# NBVAL_IGNORE_OUTPUT\nmath.sqrt(4)"


@breaks(path_of_python_is_left_alone)
def folder_added_to_the_path(notebook, path):
    notebook.cells[4].source = 'import sys\n\nsys.path.insert(0, "..")'


@breaks(kernel_is_python3)
def other_kernel(notebook, path):
    notebook.metadata.kernelspec.name = "conda-env-rnn-py"


@breaks(kernel_is_python3)
def version_of_python(notebook, path):
    notebook.metadata.language_info = {"name": "python", "version": "3.11.9"}


@breaks(no_timing_is_stored)
def times_of_a_run(notebook, path):
    notebook.cells[4].metadata.execution = {"iopub.status.busy": "2026-01-01T00:00:00Z"}


@breaks(no_path_of_a_machine)
def path_in_source(notebook, path):
    notebook.cells[4].source = "open('/home/ann/data.csv')"


@breaks(no_path_of_a_machine)
def path_in_output(notebook, path):
    notebook.cells[4].outputs[0].data["text/plain"] = "[\n/tmp/ipykernel_1/2.py]"


@breaks(no_path_of_a_machine)
def path_in_traceback(notebook, path):
    notebook.cells[6].outputs[0].traceback = [r"File C:\Users\ann\rnn.py"]


@breaks(file_is_small)
def output_of_two_megabytes(notebook, path):
    notebook.cells[4].outputs[0].data["text/plain"] = "2" * MAX_BYTES


@breaks(images_are_local_and_described)
def remote_image(notebook, path):
    notebook.cells[5].source = "![one black dot on white ground](https://example.org/dot.svg)"


@breaks(images_are_local_and_described)
def missing_image(notebook, path):
    notebook.cells[5].source = "![one black dot on white ground](../images/dots.svg)"


@breaks(images_are_local_and_described)
def image_without_text(notebook, path):
    notebook.cells[5].source = "![](../images/dot.svg)"


@breaks(images_are_local_and_described)
def image_with_one_word(notebook, path):
    notebook.cells[5].source = "![dot](../images/dot.svg)"


@breaks(images_are_local_and_described)
def image_as_html(notebook, path):
    notebook.cells[5].source = '<img src="../images/dot.svg" alt="one black dot on white ground">'


@breaks(figures_are_described)
def figure_without_text(notebook, path):
    notebook.cells[4].outputs[0].data["image/png"] = ""


@breaks(figures_are_described)
def figure_with_one_word(notebook, path):
    figure_without_text(notebook, path)
    notebook.cells[4].metadata.alt = "curve"


@breaks(figures_are_described)
def two_figures_with_one_text(notebook, path):
    figure = new_output("display_data", {"image/png": ""})
    notebook.cells[4].outputs += [figure, figure]
    notebook.cells[4].metadata.alt = "a curve that rises to 2"


@breaks(figures_are_described)
def text_without_a_figure(notebook, path):
    notebook.cells[4].metadata.alt = "a curve that rises to 2"


@breaks(links_resolve)
def link_to_missing_notebook(notebook, path):
    notebook.cells[5].source = "[next](02_next.ipynb)"


@breaks(links_resolve)
def link_to_missing_heading(notebook, path):
    notebook.cells[5].source = "[set-up](#set-up)"


@breaks(links_resolve)
def link_to_missing_heading_elsewhere(notebook, path):
    notebook.cells[5].source = "[solution](solutions/01_root.ipynb#Exercise-9)"


@breaks(links_resolve)
def link_by_name_to_missing_file(notebook, path):
    notebook.cells[5].source = "[data][1]\n\n[1]: ../data/README.md"


@breaks(named_tests_exist)
def name_of_a_missing_test(notebook, path):
    notebook.cells[5].source = "`test_notebooks.py::test_numbers`"


@breaks(named_tests_exist)
def name_of_a_missing_file_of_tests(notebook, path):
    notebook.cells[5].source = "`test_notebook.py::test_numbering`"


@breaks(cell_ids_are_unique)
def id_twice(notebook, path):
    notebook.cells[4].id = notebook.cells[3].id


@breaks(cell_ids_are_unique)
def id_removed(notebook, path):
    del notebook.cells[4]["id"]


@breaks(counterpart_exists)
def solutions_removed(notebook, path):
    (path.parent / "solutions" / path.name).unlink()


def live(source: str, text: str) -> NotebookNode:
    output = new_output("stream", name="stdout", text=text)
    return new_code_cell(source, execution_count=3, outputs=[output])


@breaks(marked_numbers_are_asserted)
def mark_without_assertion(notebook, path):
    notebook.cells[4] = live('print(f"≈ {math.pi:.1f}")', "≈ 3.1\n")


@breaks(marked_numbers_are_asserted)
def assertion_in_another_cell(notebook, path):
    notebook.cells[3].source += "\nx = math.sqrt(2)\nassert x > 1"
    notebook.cells[4] = live('print(f"≈ {x:.1f}")', "≈ 1.4\n")


@breaks(marked_numbers_are_asserted)
def assertion_on_another_number(notebook, path):
    source = 'x, y = math.sqrt(2), 2\nassert math.sqrt(y) > 1\nprint(f"≈ {math.sqrt(x):.1f}")'
    notebook.cells[4] = live(source, "≈ 1.2\n")


@breaks(what_nbval_passes_over_comes_from_its_cell)
def mark_printed_by_a_function(notebook, path):
    source = 'def show(x):\n    assert 1 < x < 2\n    print(f"≈ {x:.1f}")'
    notebook.cells[3].source += "\n" + source
    notebook.cells[4] = live("show(1.4)", "≈ 1.4\n")


@breaks(what_nbval_passes_over_comes_from_its_cell)
def mark_in_an_output_only(notebook, path):
    notebook.cells[4].outputs[0].data["text/plain"] = "≈ 2.0"


@breaks(what_nbval_passes_over_comes_from_its_cell)
def log_without_training(notebook, path):
    line = "79/79 - 3s - 41ms/step - accuracy: 0.9900"
    notebook.cells[4] = live(f"print({line!r})", f"{line}\n")


@breaks(numbers_tell_more_than_true)
def many_booleans(notebook, path):
    source = "for n in range(5):\n    print(n, n < 3)"
    notebook.cells[4] = live(source, "0 True\n1 True\n2 True\n3 False\n4 False\n")


@breaks(first_code_cell_finds_the_project)
def first_code_cell_removed(notebook, path):
    del notebook.cells[1]
    for _, cell in cells(notebook, "code"):
        cell.execution_count -= 1


@breaks(first_code_cell_finds_the_project)
def one_letter_of_it_changed(notebook, path):
    notebook.cells[1].source = notebook.cells[1].source.replace("./rnn", "rnn")


@breaks(first_code_cell_finds_the_project)
def address_of_another_repository(notebook, path):
    notebook.cells[1].source = colab.project_cell("https://github.com/bob/rnn")


@breaks(badge_opens_the_notebook)
def badge_removed(notebook, path):
    notebook.cells[0].source = colab.IN_NOTEBOOK.sub("", notebook.cells[0].source)


@breaks(badge_opens_the_notebook)
def badge_of_another_notebook(notebook, path):
    notebook.cells[0].source = notebook.cells[0].source.replace("01_root", "02_root")


@breaks(badge_opens_the_notebook)
def badge_without_an_address(notebook, path):
    (path.parents[1] / "pyproject.toml").write_text("[project]\nurls = {}\n")
    notebook.cells[1].source = colab.project_cell("")


@breaks(first_cell_says_what_awaits)
def no_title(notebook, path):
    notebook.cells[0].source = notebook.cells[0].source.removeprefix("# ")


@breaks(first_cell_says_what_awaits)
def needs_not_said(notebook, path):
    notebook.cells[0].source = notebook.cells[0].source.replace("You need", "Take")


@breaks(sections_are_in_order)
def summary_removed(notebook, path):
    notebook.cells[7].source = "## Exercises\n\n## References"


@breaks(sections_are_in_order)
def summary_at_the_end(notebook, path):
    notebook.cells[7].source = "## Exercises\n\n## References\n\n## Summary"


@breaks(sections_are_in_order)
def heading_only_in_a_code_block(notebook, path):
    notebook.cells[7].source = "```\n## Summary\n```\n\n## Exercises\n\n## References"


@breaks(prose_leads_code)
def third_code_cell(notebook, path):
    notebook.cells.insert(5, new_code_cell("1", execution_count=4))
    notebook.cells[7].execution_count = 5


@breaks(code_cells_are_short)
def long_cell(notebook, path):
    notebook.cells[3].source = "import math\n" * (MAX_LINES + 1)


@pytest.mark.parametrize("rule", EVERY_NOTEBOOK + SERIES_ONLY, ids=lambda rule: rule.__name__)
def test_good_notebook_obeys(rule: Rule, good: Path):
    assert rule(parse(good), good) == []


@pytest.mark.parametrize(("rule", "spoil"), SPOILS)
def test_spoiled_notebook_is_complained_about(rule: Rule, spoil, good: Path):
    notebook = good_notebook()
    spoil(notebook, good)
    store(notebook, good)
    complaining = [each for each in rules_of(good) if each(parse(good), good)]
    assert complaining == [rule], f"expected a complaint of {rule.__name__} and of no other rule"


def test_solutions_without_a_notebook_are_complained_about(good: Path):
    good.unlink()
    solutions = good.parent / "solutions" / good.name
    assert counterpart_exists(parse(solutions), solutions) == ["notebooks/01_root.ipynb is missing"]


def test_every_rule_is_proved():
    unproved = set(EVERY_NOTEBOOK + SERIES_ONLY) - {spoil.values[0] for spoil in SPOILS}
    assert not unproved, f"no spoiled notebook for {sorted(rule.__name__ for rule in unproved)}"


@pytest.mark.parametrize(
    ("names", "right"),
    [
        (["01_a.ipynb", "02_b.ipynb"], True),
        (["01_a.ipynb", "03_b.ipynb"], False),
        (["01_a.ipynb", "01_b.ipynb"], False),
        (["01_a.ipynb", "notes.ipynb"], False),
    ],
)
def test_numbering(names: list[str], right: bool):
    assert (not misnumbered(names)) == right


# Proof of `make nbval`: with its own options, nbval finds what it has to find


def nbval_with_options_of_make(notebook: NotebookNode, folder: Path, *more: str) -> tuple[int, str]:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    options = re.search(r"^NBVAL := \$\(PY\) -m pytest (.+)$", makefile, re.MULTILINE)
    assert options, "expected a line 'NBVAL := $(PY) -m pytest …' in the Makefile"
    options = options[1].replace("=tools/", f"={ROOT.as_posix()}/tools/").split()
    store(notebook, folder / "tiny.ipynb")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *more, "tiny.ipynb"],
        cwd=folder,
        env=os.environ | {"IPYTHONDIR": str(folder), "JUPYTER_RUNTIME_DIR": str(folder)},
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stdout


def tiny_notebook() -> NotebookNode:
    notebook = good_notebook()
    notebook.cells = notebook.cells[3:5]
    return notebook


def test_nbval_passes_a_good_notebook(tmp_path: Path):
    status, report = nbval_with_options_of_make(tiny_notebook(), tmp_path)
    assert (status, "2 passed" in report) == (0, True), report


def test_nbval_finds_a_falsified_output(tmp_path: Path):
    notebook = tiny_notebook()
    notebook.cells[1].outputs[0].data["text/plain"] = "2.1"
    status, report = nbval_with_options_of_make(notebook, tmp_path)
    assert (status, "1 failed, 1 passed" in report) == (1, True), report


def test_nbval_finds_an_exception(tmp_path: Path):
    notebook = tiny_notebook()
    notebook.cells[0].source += "\n1 / 0"
    status, report = nbval_with_options_of_make(notebook, tmp_path)
    assert (status, "ZeroDivisionError" in report) == (1, True), report


LIVE = 'x = 81.26\nassert 80 < x < 83\nprint(f"≈ {x:.1f} % of 1,051")'
LOG = "print('Epoch 1/8\\n79/79 - 3s - 41ms/step - accuracy: 0.2100 - loss: 2.1345')"
LOGGED = "Epoch 1/8\n79/79 - 3s - 41ms/step - accuracy: 0.2100 - loss: 2.1345"


def test_nbval_passes_over_live_numbers_only(tmp_path: Path):
    """Only the assertion holds what follows a mark; all around it is compared."""
    notebook, expected = tiny_notebook(), {}
    notebook.cells = []
    for case, source, stored, verdict in [
        ("stored as computed", LIVE, "≈ 81.3 % of 1,051", "PASSED"),
        ("another number", LIVE, "≈ 81.9 % of 1,051", "PASSED"),
        ("a longer number", LIVE, "≈ 101.9 % of 1,051", "PASSED"),
        ("out of the asserted range", LIVE.replace("81", "79"), "≈ 79.3 % of 1,051", "FAILED"),
        ("another unit", LIVE, "≈ 81.3 points of 1,051", "FAILED"),
        ("another number beside it", LIVE, "≈ 81.3 % of 1,052", "FAILED"),
        ("no mark in the store", LIVE, "81.9 % of 1,051", "FAILED"),
        ("other times and metrics", LOG, LOGGED.replace("41ms", "2s"), "PASSED"),
        ("other metrics", LOG, LOGGED.replace("2.1345", "8.1e-04"), "PASSED"),
        ("another epoch", LOG, LOGGED.replace("1/8", "1/9"), "FAILED"),
        ("another number of batches", LOG, LOGGED.replace("79", "78"), "FAILED"),
        ("another metric", LOG, LOGGED.replace("loss", "val_loss"), "FAILED"),
        ("a metric of nan", LOG, LOGGED.replace("2.1345", "nan"), "FAILED"),
    ]:
        expected[case] = verdict
        notebook.cells.append(live(source, f"{stored}\n"))
    _, report = nbval_with_options_of_make(notebook, tmp_path, "--verbose")
    found = re.findall(r"::Cell \d+ (PASSED|FAILED)", report)
    assert dict(zip(expected, found, strict=True)) == expected, report
