"""GLOSSARY.md: in order, each term once, and each linked to where the course explains it.

What counts as using a term is text: the Markdown of a notebook without its references, and of a
link or a span of code only what a reader takes for words. A word that is also an everyday one has
its sense in brackets, `cell (of a network)`; there the first notebook that sets it in bold counts.
"""

import itertools
import re
from collections import Counter
from typing import NamedTuple

import pytest
from links import ROOT, all_notebooks, headings, prose

GLOSSARY = ROOT / "GLOSSARY.md"
ROW = re.compile(
    r"^- \*\*(?P<term>[^*(]+?)(?P<sense> \([^*]*\))?\*\*: (?P<said>.+?) "
    r"\[\d\d\]\((?P<goal>[^)#]+)#(?P<anchor>[^)]+)\)"
    r"(?:, named in \[\d\d\]\((?P<named>[^)]+)\))?$"
)
REFERENCES = re.compile(r"^## References$.*?(?=^## |\Z)", re.DOTALL | re.MULTILINE)
TARGET = re.compile(r"\]\([^)\s]*\)")
CODE = re.compile(r"`([\w.]*)[^`\n]*`")  # what it begins with is a name: `stateful=True`


class Entry(NamedTuple):
    term: str
    sense: str | None
    said: str
    goal: str
    anchor: str
    named: str | None


def entries(page: str) -> list[Entry]:
    """Return the entries of the list; one of another form is an error."""
    rows = re.findall(r"^- .*$", page, re.MULTILINE)
    found = [ROW.match(row) for row in rows]
    odd = [row for row, one in zip(rows, found, strict=True) if not one]
    assert not odd, "\n".join(["no entry of a glossary:", *odd])
    return [Entry(**one.groupdict()) for one in found]


def words(markdown: str) -> str:
    """Return what a reader takes for words; bold stays marked."""
    return CODE.sub(r"\1", TARGET.sub("]", REFERENCES.sub("", markdown)))


def uses(term: str, markdown: str, bold: bool = False) -> bool:
    """Tell whether a text has the term, in the singular or the plural, or has it in bold."""
    pattern = r"[\s-]+".join(re.escape(word) for word in re.split(r"[\s-]", term))
    text = words(markdown)
    if bold:
        return bool(re.search(rf"\*\*{pattern}s?\*\*", text, re.IGNORECASE))
    return bool(re.search(rf"(?<!\w){pattern}s?(?!\w)", text.replace("*", ""), re.IGNORECASE))


def section(anchor: str, markdown: str) -> str:
    """Return a heading and what follows it up to the next; an empty text if there is none."""
    lines = headings(markdown)
    named = [re.sub(r"[`*]", "", line.lstrip("# ")).replace(" ", "-") for line in lines]
    if anchor not in named:
        return ""
    rest = markdown[markdown.index(f"{lines[named.index(anchor)]}\n") :]
    return re.split(r"^#{1,6} ", rest, maxsplit=2, flags=re.MULTILINE)[1]


def faults(page: str, series: dict[str, str]) -> list[str]:
    """Return what is wrong with a glossary.

    Args:
        page: its Markdown.
        series: the Markdown of each notebook by its path, in the order of reading.
    """
    found, order = [], list(series)
    rows = entries(page)
    terms = [row.term.casefold() for row in rows]
    found += [f"{term} stands {n} times" for term, n in Counter(terms).items() if n > 1]
    found += [
        f"{one} stands before {other}" for one, other in itertools.pairwise(terms) if one > other
    ]
    for term, sense, _, goal, anchor, named in rows:
        if goal not in series:
            found.append(f"{term}: there is no {goal}")
            continue
        if not uses(term, section(anchor, series[goal])):
            found.append(f"{term}: {goal}#{anchor} does not use it")
        using = [path for path in order if uses(term, series[path], bold=bool(sense))]
        first = using[0] if using else "none"
        if sense:
            if first != goal:
                found.append(f"{term}: {first} is the first to set it in bold, not {goal}")
            early = order[: order.index(goal)]
            if named and not (named in early and uses(term, series[named])):
                found.append(f"{term}: {named} does not name it before {goal}")
        elif first != (named or goal):
            found.append(f"{term}: {first} is the first to use it, not {named or goal}")
        elif named == goal:
            found.append(f"{term}: {goal} both explains and names it")
    return found


@pytest.fixture(scope="module")
def series() -> dict[str, str]:
    paths = [path for path in all_notebooks() if path.parent.name != "solutions"]
    return {path.relative_to(ROOT).as_posix(): prose(path) for path in paths}


def test_glossary_is_right(series: dict[str, str]):
    found = faults(prose(GLOSSARY), series)
    assert not found, "\n".join(["GLOSSARY.md:", *found])


def test_number_of_a_link_is_that_of_its_notebook():
    links = re.findall(r"\[(\d\d)\]\(notebooks/(\d\d)_", prose(GLOSSARY))
    assert links and all(said == due for said, due in links)


@pytest.mark.parametrize("row", entries(prose(GLOSSARY)), ids=lambda row: row.term)
def test_entry_is_short(row: Entry):
    sentences = re.split(r"(?<=[.?!]) (?=[A-Z`])", row.said)
    assert len(sentences) <= 2 and row.said.endswith((".", "?")), row.said


# The test itself

SMALL = {
    "01.ipynb": "# Loops\n\nA **step** is one turn of the [loop](scan.md), `step(gate=1)`.\n"
    "## References\n\n- Gates and scans.\n",
    "02.ipynb": "# Gates\n\nThe cell below prints.\n\n## Open\n\nA *gate* opens in a step.\n"
    "## Shut\n\nGates shut.\n",
    "03.ipynb": "# Cells\n\n## Build\n\nA **cell** is one step; a gate-wise scan needs `a.cell`.\n",
}
RIGHT = {
    "cell (of a network)": "[03](03.ipynb#Build), named in [02](02.ipynb)",
    "gate": "[02](02.ipynb#Open)",
    "scan": "[03](03.ipynb#Build)",
    "step": "[01](01.ipynb#Loops)",
}


def page(rows: dict[str, str]) -> str:
    lines = [f"- **{term}**: It is so. {link}" for term, link in rows.items()]
    return "\n".join(["# Glossary", "", *lines, ""])


def test_right_glossary_passes():
    assert not faults(page(RIGHT), SMALL)


@pytest.mark.parametrize(
    ("changed", "due"),
    [
        ({"gate": "[03](03.ipynb#Build)"}, "02.ipynb is the first to use it, not 03.ipynb"),
        ({"gate": "[02](02.ipynb#Loops)"}, "02.ipynb#Loops does not use it"),
        ({"gate": "[09](09.ipynb#Open)"}, "there is no 09.ipynb"),
        (
            {"gate": "[02](02.ipynb#Open), named in [01](01.ipynb)"},
            "is the first to use it, not 01",
        ),
        ({"gate": "[02](02.ipynb#Open), named in [02](02.ipynb)"}, "both explains and names it"),
        ({"scan": "[03](03.ipynb#Build), named in [02](02.ipynb)"}, "is the first to use it, not"),
        ({"cell (of a network)": "[02](02.ipynb#Gates)"}, "the first to set it in bold, not 02"),
        ({"cell (of a network)": "[03](03.ipynb#Build), named in [01](01.ipynb)"}, "not name it"),
        ({"zebra": "[03](03.ipynb#Build)"}, "03.ipynb#Build does not use it"),
        ({"loop": "[01](01.ipynb#Loops)"}, "step stands before loop"),
        ({"Gate": "[02](02.ipynb#Shut)"}, "gate stands 2 times"),
    ],
)
def test_fault_is_found(changed: dict[str, str], due: str):
    found = faults(page(RIGHT | changed), SMALL)
    assert any(due in fault for fault in found), found


def test_entry_of_another_form_is_refused():
    with pytest.raises(AssertionError, match="no entry of a glossary"):
        entries(page({"gate": "notebook 02"}))
