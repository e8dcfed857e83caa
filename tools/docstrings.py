"""Docstrings of custom_cells as the site sets them: their equations in TeX, the rest in reST.

The docstrings write equations in Unicode, one a line, as an indented block:

    z(t) = σ(x(t) W_z + b_z)
    h(t) = h(t−1)                  where z(t) is 0
"""

import re
import unicodedata

from tools.gallery import ADDRESSES

SECTION = re.compile("(Args|Attributes|Call arguments|Returns|Raises|Example|Reference):")
SIGNS = {"−": "-", "·": r"\cdot ", "∘": r"\circ ", "…": r"\ldots ", "ᵀ": r"^\top ", "‖": r"\Vert "}
TOKEN = re.compile(
    r"""√\((?P<root>(?:[^()]|\([^()]*\))*)\) | √(?P<bare_root>\w+)
    |(?P<code>[a-z]{2,}(?:_[a-z]+)+(?:=\w+)?)                 # reset_after=True
    |(?P<letter>\w)_(?P<index>\([^()]*\)|\w+(?:[,−]\w+)*)     # W_i, S_j−1, s_(l−1)
    |\^\((?P<power>[^()]*)\)
    |(?P<tilde>\w)\u0303
    |\bd(?P<change>[a-z])\b
    |(?P<function>[A-Za-z]{2,})(?=\()
    |(?P<words>[ ,]*\b(?!d[a-z]\b)[a-z]{2,}\b(?![(_])(?:\ [a-z]{2,}\b(?![(_]))*\ ?)
    |(?P<product>(?<=[\w)\]ᵀ‖|])\ (?=[\w([√‖]))
    |(?P<sign>[−·∘…ᵀ‖])""",
    re.VERBOSE,
)
WRITE = {
    "root": lambda text: rf"\sqrt{{{tex(text)}}}",
    "bare_root": lambda text: rf"\sqrt{{{tex(text)}}}",
    "code": lambda text: rf"\texttt{{{text}}}".replace("_", r"\_"),
    "letter": lambda text: text.replace("Σ", r"\sum"),
    "index": lambda text: f"_{{{text.strip('()')}}}".replace("−", "-"),
    "power": lambda text: f"^{{{tex(text)}}}",
    "tilde": lambda text: rf"\tilde {text}",
    "change": lambda text: rf"\mathrm d {text}",
    "function": lambda text: rf"\operatorname{{{text}}}",
    "words": lambda text: rf"\text{{{text}}}",
    "product": lambda text: r"\,",
    "sign": SIGNS.get,
}


def tex(formula: str) -> str:
    """Return a formula in TeX."""

    def written(token: re.Match) -> str:
        return "".join(WRITE[name](text) for name, text in token.groupdict().items() if text)

    return TOKEN.sub(written, unicodedata.normalize("NFD", formula))


def aligned(lines: list[str]) -> str:
    """Return equations in TeX, one below the other at their first =, conditions behind them."""
    rows = []
    for line in lines:
        formula, *condition = re.split(r" {3,}", line.strip(), maxsplit=1)
        left, equals, right = formula.partition(" = ")
        row = f"{tex(left)} &= {tex(right)}" if equals else f"& {tex(left)}"
        rows.append(" ".join([row, *(rf"\qquad {tex(text)}" for text in condition)]))
    return r"\begin{aligned}" + r" \\ ".join(rows) + r"\end{aligned}"


def block(lines: list[str]) -> list[str]:
    """Return an indented block in reST: equations, or what it says of each of some names."""
    if " = " in lines[0]:
        return [".. math::", "", f"    {aligned(lines)}"]
    entries = "\n".join(line.removeprefix("    ") for line in lines)
    return re.sub(r"^(\S[^:\n]*): +", r"``\1``\n    ", entries, flags=re.MULTILINE).split("\n")


def escaped(line: str) -> str:
    """Return a line of text as reST understands it, with links for DOIs and arXiv's numbers."""

    def link(found: re.Match) -> str:
        return f"`{found[0]} <{ADDRESSES[found[1]]}{found[2]}>`__"

    # An initial at the beginning of a line is no item of a list.
    line = re.sub(r"^( *)(?=[A-Z]\. )", r"\1\\", line)
    # |u| is no substitution, *args no emphasis.
    line = re.sub(r"[|*]", r"\\\g<0>", line)
    return re.sub(rf"({'|'.join(ADDRESSES)})([^\s;]+[^\s;,.)])", link, line)


def restructured(lines: list[str]) -> list[str]:
    """Return a docstring in reST, but for its sections, which napoleon knows."""
    new, part, in_sections, in_code = [], [], False, False
    for line in [*lines, ""]:
        in_sections = in_sections or bool(SECTION.fullmatch(line))
        in_code = ">>>" in line or (in_code and bool(line))
        if line.startswith("    ") and not in_sections:
            part.append(line)
            continue
        if part:
            new += block(part)
            part = []
        new.append(line if in_code else escaped(line))
    return new
