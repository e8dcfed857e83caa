"""What the site is made of: pages and their links, equations of docstrings. Sphinx is not run."""

import inspect
import re
from pathlib import Path

import pytest
from links import ROOT, all_notebooks, images, is_remote, links, parse, prose

import custom_cells
from tools import docstrings, site
from tools.links import dead

NOTEBOOKS = [path.relative_to(ROOT).as_posix() for path in all_notebooks()]

# Pages


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with every page of the site as Sphinx reads it."""
    folder = tmp_path_factory.mktemp("site")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(site, "PAGES", folder)
        site.lay_all()
    return folder


def test_every_link_leads_to_a_page(pages: Path):
    dead = [
        f"{page.relative_to(pages)}: {target}"
        for page in pages.rglob("*")
        if page.suffix in site.PROSE
        for target in [*links(prose(page)), *(file for _, file in images(prose(page)))]
        if not is_remote(target) and not target.startswith("#")
        if not (page.parent / target.partition("#")[0]).is_file()
    ]
    assert not dead, "\n".join(dead)


def test_every_page_of_the_navigation_is_there(pages: Path):
    lists = re.findall(r"```\{toctree\}\n(.*?)```", prose(pages / "index.md"), re.DOTALL)
    entries = [line for text in lists for line in text.splitlines() if line and line[0] != ":"]
    names = [re.sub(r".*<(.*)>", r"\1", entry).removesuffix(".md") for entry in entries]
    there = {page.relative_to(pages).with_suffix("").as_posix() for page in pages.rglob("*.*")}
    assert set(names) <= there
    series = [name.removesuffix(".ipynb") for name in NOTEBOOKS if "solutions" not in name]
    assert [name for name in names if re.match(r"notebooks/\d", name)] == series


def test_readme_is_there_once(pages: Path):
    for heading, page in site.SECTIONS.items():
        assert prose(pages / page).startswith(f"# {heading}\n")
        assert f"## {heading}\n" not in prose(pages / "index.md")


def test_every_public_name_is_in_the_reference_once(pages: Path):
    text = "".join(page.read_text(encoding="utf-8") for page in (pages / "custom_cells").iterdir())
    listed = re.findall(r"^\.\. auto\w+:: custom_cells\.(\w+)$", text, re.MULTILINE)
    borrowed = {"DropoutRNNCell"}  # Keras's own
    assert sorted(listed) == sorted(set(custom_cells.__all__) - borrowed)


def test_cells_of_the_table_lead_to_their_reference(pages: Path):
    linked = re.findall(
        r"^\| \{py:class\}`(\w+) <custom_cells\.\1>`", prose(pages / site.CELLS), re.M
    )
    assert set(custom_cells.all_cells()) <= set(linked)


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_notebook_keeps_code_and_outputs(name: str, pages: Path):
    laid, stored = parse(pages / name), parse(ROOT / name)
    for new, old in zip(laid.cells, stored.cells, strict=True):
        if old.cell_type == "code":
            assert (new.source, new.outputs) == (old.source, old.outputs)
        if "alt" in old.metadata:
            assert new.metadata.mystnb.image.alt == old.metadata.alt
    (original,) = re.findall(r"^\{download\}`.*<(.*)>`$", laid.cells[0].source, re.MULTILINE)
    assert original.endswith(f"/{name}")


NOTEBOOK, SOLUTION = ROOT / "notebooks" / "01_a.ipynb", ROOT / "notebooks/solutions/01_a.ipynb"


@pytest.mark.parametrize(
    ("source", "target", "due"),
    [
        (NOTEBOOK, "https://example.org/a.py#L1", "https://example.org/a.py#L1"),
        (NOTEBOOK, "02_b.ipynb#Keep-the-order,-twice", "02_b.ipynb#keep-the-order-twice"),
        (NOTEBOOK, "#Set-up", "01_a.ipynb#set-up"),
        (NOTEBOOK, "../README.md", "../index.md"),
        (NOTEBOOK, "../README.md#the-series", "../index.md#the-series"),
        (NOTEBOOK, "../README.md#the-leaderboard", "../leaderboard.md"),
        (NOTEBOOK, "../images/dot.svg", "../images/dot.svg"),
        (NOTEBOOK, "../data/co2.csv", "../data/co2.csv"),
        (NOTEBOOK, "../data/README.md", "../data/README.md"),
        (NOTEBOOK, "../experiments/nb01.py", "../experiments/nb01.py.md"),
        (NOTEBOOK, "../custom_cells", "../custom_cells/index.md"),
        (SOLUTION, "../../LICENSE", "../../LICENSE.md"),
        (site.README, "custom_cells/__init__.py", "custom_cells/__init__.py.md"),
    ],
)
def test_link_is_turned(source: Path, target: str, due: str):
    assert site.turned(target, source, site.place(source), set()) == due


def test_code_has_no_links():
    code = "`a[0](b)` and\n\n```python\na[0](b)\n```\n"
    assert (
        site.with_links(f"{code}[c](c.py)", site.README, "index.md", set()) == f"{code}[c](c.py.md)"
    )


def test_dead_link_of_the_site_is_found(tmp_path: Path):
    (tmp_path / "a.html").write_text('<h1 id="top-of-a">A</h1><a href="b.html#second">b</a>')
    (tmp_path / "b.html").write_text('<h1 id="first">B</h1><a href="a.html#top-of-a">a</a>')
    assert dead(tmp_path) == ["a.html: b.html#second has no such anchor"]
    (tmp_path / "b.html").write_text('<a href="https://example.org">there</a><img src="c.png">')
    assert "b.html: c.png is not there" in dead(tmp_path)


# Docstrings


@pytest.mark.parametrize(
    ("formula", "due"),
    [
        ("σ(x(t) W_z + b_z)", r"σ(x(t)\,W_{z} + b_{z})"),
        ("f(t) ∘ tanh(h(t−1))", r"f(t) \circ  \operatorname{tanh}(h(t-1))"),
        ("s_(l−1)(t) U_zl + S_j−1 W_k,j", r"s_{l-1}(t)\,U_{zl} + S_{j-1}\,W_{k,j}"),
        (
            "√(mean(a) + ε) / √key_dim",
            r"\sqrt{\operatorname{mean}(a) + ε} / \sqrt{\texttt{key\_dim}}",
        ),
        ("dh/dt + dt z(t)", r"\mathrm d h/\mathrm d t + \mathrm d t\,z(t)"),
        ("k(t)ᵀ v(t) / ‖a‖", r"k(t)^\top \,v(t) / \Vert a\Vert "),
        ("e^(−1/2) + ỹ(t) · Σ_i h_i", r"e^{-1/2} + \tilde y(t) \cdot  \sum_{i}\,h_{i}"),
        ("where T_j divides n(t−1)", r"\text{where }T_{j}\text{ divides }n(t-1)"),
        ("reset_after=True", r"\texttt{reset\_after=True}"),
    ],
)
def test_formula_in_tex(formula: str, due: str):
    assert docstrings.tex(formula) == due


def test_equations_stand_below_each_other_with_conditions_behind_them():
    lines = ["An idea.", "", "    h = a      if a", "    h = b      otherwise", "", "More."]
    *_, equations, _, more, _ = docstrings.restructured(lines)
    rows = (r"h &= a \qquad \text{if }a", r"h &= b \qquad \text{otherwise}")
    assert equations == rf"    \begin{{aligned}}{rows[0]} \\ {rows[1]}\end{{aligned}}"
    assert more == "More."


def test_indented_names_become_a_list():
    lines = ["They are:", "", "    blocks: letters,", "        in order.", "    states: more."]
    assert docstrings.restructured(lines)[2:-1] == [
        "``blocks``",
        "    letters,",
        "    in order.",
        "``states``",
        "    more.",
    ]


@pytest.mark.parametrize(
    ("line", "due"),
    [
        ("keeps |u| small", r"keeps \|u\| small"),
        ("    *args, **kwargs: more", r"    \*args, \*\*kwargs: more"),
        ("    S. Hochreiter, Memory", r"    \S. Hochreiter, Memory"),
        ("1997, doi:10.1/a;", "1997, `doi:10.1/a <https://doi.org/10.1/a>`__;"),
        ("2018, arXiv:1804.11188", "2018, `arXiv:1804.11188 <https://arxiv.org/abs/1804.11188>`__"),
    ],
)
def test_text_is_no_markup(line: str, due: str):
    assert docstrings.restructured(["Args:", line])[1] == due


def test_code_of_an_example_is_kept():
    lines = ["Example:", "    >>> print(*[1 | 2])", "    3 | *", "", "    *Now*"]
    assert docstrings.restructured(lines) == [*lines[:-1], r"    \*Now\*", ""]


@pytest.mark.parametrize("cell", custom_cells.all_cells().values(), ids=lambda cell: cell.__name__)
def test_equations_of_every_cell_are_set(cell: type):
    lines = docstrings.restructured(inspect.getdoc(cell).split("\n"))
    (equations,) = (line for line in lines if "aligned" in line)
    assert not re.findall(r"[−·∘…ᵀ‖√]|_[^{]", equations.replace(r"\_", ""))
    assert equations.count("{") == equations.count("}")
