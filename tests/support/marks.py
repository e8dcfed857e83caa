"""Live numbers: what a cell prints with the mark ≈, and whether it asserts where that lies.

nbval does not compare what follows the mark (tools/nbval.ini), so an assertion must hold it. A
number is `≈ {field}` in an f-string, perhaps with `± {field}` after it; a text is `≈ «{field}»`.
"""

import ast
import re
from collections.abc import Collection, Iterable, Iterator

from IPython.core.inputtransformer2 import TransformerManager

MARK = "≈"
LOG_LINE = re.compile(r"^\d+/\d+ - \d+s - \d+[mu]?s/step", re.MULTILINE)

BLOCKS = ast.For | ast.While | ast.If | ast.Try | ast.FunctionDef | ast.ClassDef | ast.Lambda
COMPREHENSIONS = ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp


def parse(source: str) -> ast.Module:
    """Parse a cell; lines that begin with % or ! become calls."""
    return ast.parse(TransformerManager().transform_cell(source))


def imported(sources: Iterable[str]) -> set[str]:
    """Return the names that these cells import."""
    return {
        alias.asname or alias.name.partition(".")[0]
        for source in sources
        for node in ast.walk(parse(source))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }


def unguarded(source: str, modules: Collection[str] = ()) -> list[str]:
    """Return a complaint about each mark of a cell whose number no `assert` of it holds.

    A field is held if each variable in it is compared with something in an assertion that is
    reached whenever the field is printed. A variable is held, too, if everything that the cell
    computes it from is, and an element if its list is.

    Args:
        source: of the cell.
        modules: names that the notebook imports; `np` in `np.mean(x)` is no variable.
    """
    return Cell(source, modules).complaints() if MARK in source else []


class Cell:
    def __init__(self, source: str, modules: Collection[str]):
        self.tree = parse(source)
        self.modules = modules
        self.parents = {
            child: node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)
        }
        self.guards = {
            guard
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Assert)
            for compared in ast.walk(node.test)
            if is_comparison(compared)
            for leaf in self.leaves(compared)
            for guard in self.guards_by(leaf)
        }

    def complaints(self) -> list[str]:
        found = []
        for node in ast.walk(self.tree):
            if isinstance(node, ast.JoinedStr):
                fields, loose = marked_fields(node)
                found += [
                    f"no assert of the cell says where {ast.unparse(field)!r}, marked {MARK}, lies"
                    for field in fields
                    if not self.all_held(field)
                ]
            else:
                loose = is_text(node) and not isinstance(self.parents[node], ast.JoinedStr)
                loose = loose and MARK in node.value
            if loose:
                found.append(f"{MARK} must stand right before a field: {ast.unparse(node)}")
        return found

    def all_held(self, node: ast.AST, seen: frozenset[str] = frozenset()) -> bool:
        leaves = list(self.leaves(node))
        return bool(leaves) and all(self.is_held(leaf, seen) for leaf in leaves)

    def leaves(self, node: ast.AST) -> Iterator[ast.expr]:
        """Yield the variables in an expression: `x`, `runs["a"]`, `model.loss`, `len(wrong)`."""
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name) and node.func.id == "len":
                yield node
                return
            if isinstance(node.func, ast.Attribute) and root(node.func) not in self.modules:
                yield from self.leaves(node.func.value)
            for argument in [*node.args, *(keyword.value for keyword in node.keywords)]:
                yield from self.leaves(argument)
        elif isinstance(node, COMPREHENSIONS):
            parts = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
            for part in [*parts, *(each.iter for each in node.generators)]:
                yield from self.leaves(part)
        elif root(node):
            yield node
        else:
            for child in ast.iter_child_nodes(node):
                yield from self.leaves(child)

    def ancestors(self, node: ast.AST) -> Iterator[tuple[ast.AST, ast.AST]]:
        """Yield pairs of child and parent up to the module."""
        while node in self.parents:
            yield node, self.parents[node]
            node = self.parents[node]

    def binder(self, leaf: ast.expr) -> tuple[ast.AST | None, list[ast.expr]]:
        """Return the loop or function that names a variable, and what the loop runs over."""
        name = root(leaf)
        for child, node in self.ancestors(leaf):
            if isinstance(node, COMPREHENSIONS):
                # A loop knows the names of the loops before it: `for a in x for b in a`.
                before = node.generators.index(child) if child in node.generators else None
                loops = node.generators[:before]
                over = [loop.iter for loop in loops if name in names_in(loop.target)]
                if over:
                    return node, over
            elif isinstance(node, ast.For) and child is not node.iter:
                if name in names_in(node.target):
                    return node, [node.iter]
            elif isinstance(node, ast.FunctionDef | ast.Lambda) and name in {
                argument.arg for argument in ast.walk(node.args) if isinstance(argument, ast.arg)
            }:
                return node, []
        return None, []

    def blocks(self, node: ast.AST) -> frozenset[ast.AST]:
        """Return the blocks that decide whether a node is reached."""
        return frozenset(
            block
            for child, block in self.ancestors(node)
            if isinstance(block, BLOCKS) and child is not getattr(block, "iter", None)
        )

    def guards_by(self, leaf: ast.expr) -> Iterator[tuple[str, frozenset, ast.AST | None]]:
        """Yield what a compared variable holds: itself, and what its loop runs over."""
        binder, over = self.binder(leaf)
        if not isinstance(binder, COMPREHENSIONS):
            yield ast.unparse(leaf), self.blocks(leaf), binder
        for iterable in over:
            for each in self.leaves(iterable):
                yield from self.guards_by(each)

    def is_held(self, leaf: ast.expr, seen: frozenset[str]) -> bool:
        binder, over = self.binder(leaf)
        blocks = self.blocks(leaf)
        texts = {ast.unparse(part) for part in chain(leaf)}
        if any(
            text in texts and where <= blocks and by is binder for text, where, by in self.guards
        ):
            return True
        name = root(leaf)
        if not name or name in seen:
            return False
        if binder:
            return bool(over) and all(self.all_held(each, seen) for each in over)
        values = [
            node.value
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign)
            if name in {name for target in targets(node) for name in names_in(target)}
        ]
        return bool(values) and all(self.all_held(value, seen | {name}) for value in values)


def marked_fields(string: ast.JoinedStr) -> tuple[list[ast.expr], bool]:
    """Return the fields that a mark stands before, and whether a mark stands before none."""
    # A field becomes a character that no text of a program holds, so that patterns see both.
    fields = [part.value for part in string.values if isinstance(part, ast.FormattedValue)]
    text = "".join(part.value if is_text(part) else "\0" for part in string.values)
    found, loose = [], False
    for mark in re.finditer(MARK, text):
        rest = re.match(r" *(?:\0(?: *± *\0)?|«[^»]*\0[^»]*»)", text[mark.end() :])
        loose = loose or not rest
        first = text[: mark.end()].count("\0")
        found += fields[first : first + rest[0].count("\0")] if rest else []
    return found, loose


def is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def is_comparison(node: ast.AST) -> bool:
    if isinstance(node, ast.Call):
        return ast.unparse(node.func).rpartition(".")[2] in ("allclose", "isclose")
    return isinstance(node, ast.Compare) and not any(
        isinstance(operator, ast.Is | ast.IsNot) for operator in node.ops
    )


def chain(leaf: ast.expr) -> Iterator[ast.expr]:
    """Yield `runs["a"].loss`, `runs["a"]`, `runs`."""
    yield leaf
    while isinstance(leaf, ast.Attribute | ast.Subscript):
        leaf = leaf.value
        yield leaf


def root(node: ast.AST) -> str:
    """Return the name that a variable, its attributes and elements begin with, or nothing."""
    *_, last = chain(node)
    return last.id if isinstance(last, ast.Name) else ""


def targets(node: ast.Assign | ast.AugAssign | ast.AnnAssign) -> list[ast.expr]:
    return node.targets if isinstance(node, ast.Assign) else [node.target]


def names_in(target: ast.expr) -> set[str]:
    return {node.id for node in ast.walk(target) if isinstance(node, ast.Name)}
