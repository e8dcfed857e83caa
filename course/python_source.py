"""Python source with a label for every character, for notebook 13 and its experiment.

The labels are exact: `tokenize` says where a word, a string or a comment begins and ends, `ast`
whether a word is called or is an attribute. The sources are read from the installed package keras,
not copied.
"""

import ast
import io
import re
import token
import tokenize
from importlib.util import find_spec
from keyword import iskeyword
from pathlib import Path

import numpy as np

CLASSES = (
    "space",
    "keyword",
    "name",
    "call",
    "attribute",
    "opening",
    "string",
    "comment",
    "number",
    "operator",
)
# Whole folders, since files of one folder resemble each other.
FOLDERS = {"train": "layers", "validation": "optimizers", "test": "callbacks"}
LONGEST = 96
OPENING = re.compile(r"[A-Za-z]*('''|\"\"\"|'|\")")
Piece = tuple[str, np.ndarray]  # a text and the label of each of its characters
KINDS = {"COMMENT": "comment", "NUMBER": "number", "OP": "operator", "STRING": "string"}


def line_starts(source: str) -> list[int]:
    starts = [0]
    for line in source.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    return starts


def word_roles(source: str) -> dict[tuple[int, int], str]:
    """Return where names end, as line and column, that are called or are attributes.

    Code inside an f-string is part of the string, so it is not looked at.
    """
    lines = source.split("\n")
    roles = {}

    def visit(node: ast.AST, called: bool = False) -> None:
        if isinstance(node, ast.JoinedStr):
            return
        if isinstance(node, ast.Attribute) or (called and isinstance(node, ast.Name)):
            # ast counts bytes of UTF-8, tokenize counts characters.
            before = lines[node.end_lineno - 1].encode()[: node.end_col_offset]
            roles[node.end_lineno, len(before.decode())] = "call" if called else "attribute"
        for child in ast.iter_child_nodes(node):
            visit(child, called=isinstance(node, ast.Call) and child is node.func)

    visit(ast.parse(source))
    return roles


def label(source: str) -> np.ndarray:
    """Return the number of the class, in CLASSES, of each character of a Python source.

    - keyword: also True, False and None; `match` and its kind count as names
    - call: the name right before the parentheses, `fit` in `model.fit(x)`; not in a definition
    - attribute: the name after a dot, unless it is called
    - opening: the prefix and the opening quotes of a string, `f"` or three quotes
    - string: the rest of it, the closing quotes and the code in an f-string included
    - operator: brackets, commas, colons and dots too
    """
    starts, roles = line_starts(source), word_roles(source)
    labels = np.full(len(source), CLASSES.index("space"))
    # Before Python 3.12 an f-string is one token, since then it is many between a start and an end.
    depth, opened = 0, 0
    for found in tokenize.generate_tokens(io.StringIO(source).readline):
        kind = token.tok_name[found.type]
        begin, end = (starts[line - 1] + column for line, column in (found.start, found.end))
        if kind == "FSTRING_START":
            opened = begin if depth == 0 else opened
            depth += 1
            continue
        if kind == "FSTRING_END":
            depth -= 1
            kind, begin = "STRING", opened
        if depth or (kind != "NAME" and kind not in KINDS):
            continue
        if kind == "NAME":
            name = "keyword" if iskeyword(found.string) else roles.get(found.end, "name")
        else:
            name = KINDS[kind]
        labels[begin:end] = CLASSES.index(name)
        if name == "string":
            quotes = OPENING.match(source, begin).end()
            labels[begin:quotes] = CLASSES.index("opening")
    return labels


def without_docstrings(source: str) -> tuple[str, np.ndarray]:
    """Return source and labels without the lines of docstrings, which are prose and no code."""
    dropped = set()
    for node in ast.walk(ast.parse(source)):
        documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
        if isinstance(node, documented) and ast.get_docstring(node, clean=False) is not None:
            dropped |= set(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    starts = line_starts(source)
    kept = [n for n in range(1, len(starts)) if n not in dropped]
    labels = label(source)
    text = "".join(source[starts[n - 1] : starts[n]] for n in kept)
    return text, np.concatenate([labels[starts[n - 1] : starts[n]] for n in kept])


def cut(source: str, labels: np.ndarray) -> list[Piece]:
    """Cut a source into pieces of whole lines, each of at most LONGEST characters.

    Blank pieces are dropped, and the few lines that are longer by themselves.
    """

    def keep(text: str) -> bool:
        return bool(text.strip()) and len(text) <= LONGEST

    pieces, begin, end = [], 0, 0
    for line in source.splitlines(keepends=True):
        if end + len(line) - begin > LONGEST:
            pieces.append((begin, end))
            begin = end
        end += len(line)
    pieces.append((begin, end))
    return [(source[a:b], labels[a:b]) for a, b in pieces if keep(source[a:b])]


def read_files() -> dict[str, list[list[Piece]]]:
    """Return the labelled pieces of each file of each split; a file without any is left out."""
    root = Path(find_spec("keras").origin).parent / "src"
    files = {
        split: [
            cut(*without_docstrings(path.read_text(encoding="utf-8")))
            for path in sorted((root / folder).rglob("*.py"), key=Path.as_posix)
            if not path.name.endswith("_test.py")
        ]
        for split, folder in FOLDERS.items()
    }
    return {split: [pieces for pieces in some if pieces] for split, some in files.items()}


def read_pieces() -> dict[str, list[Piece]]:
    """Return the labelled pieces of each split, file after file."""
    return {
        split: [piece for pieces in files for piece in pieces]
        for split, files in read_files().items()
    }
