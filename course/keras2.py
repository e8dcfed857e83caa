"""Keras 2 in a process of its own, beside the Keras 3 of a notebook.

`%load_ext course.keras2` starts the process and brings two magics. `%%both` runs a cell under
Keras 2 and under Keras 3, one statement after the other, and shows what each of them said;
`%%keras2` runs it under Keras 2 alone. `value` fetches from there what an expression gives.
"""

import ast
import contextlib
import io
import os
import pickle
import re
import subprocess
import sys
import tempfile
import warnings
from typing import Any

import numpy as np

from course.mending import first_sentence

Said = list[tuple[str, str]]  # the first line of each statement, and what came of it


def run(source: str, names: dict[str, Any]) -> Said:
    """Run each statement of a cell, also where one before it failed.

    Args:
        source: of the cell.
        names: what the cell finds, and where it leaves what it makes.

    Returns:
        For each statement its first line, and its warnings, what it printed, and its value or its
        error; an empty text where it had nothing to say.
    """
    found = []
    for statement in ast.parse(source).body:
        line, *more = ast.get_source_segment(source, statement).splitlines()
        printed, value = io.StringIO(), None
        with (
            warnings.catch_warnings(record=True, action="always") as warned,
            contextlib.redirect_stdout(printed),
        ):
            try:
                if isinstance(statement, ast.Expr):
                    value = eval(compile(ast.Expression(statement.value), "cell", "eval"), names)
                else:
                    exec(compile(ast.Module([statement], []), "cell", "exec"), names)
                last = "" if value is None else show(value)
            except Exception as error:
                last = re.sub(r" \(/.*\)$", "", first_sentence(error))  # the path of a module
        said = [first_sentence(one.message) for one in warned if one.category is UserWarning]
        said += [printed.getvalue().rstrip(), last]
        found.append((line + " …" * bool(more), "\n".join(filter(None, said))))
    return found


def show(value: Any) -> str:
    """Write a value so that it looks alike under both: numbers rounded, objects by their kind."""
    if hasattr(value, "as_list"):  # of Keras 2's shapes
        value = tuple(value.as_list())
    if isinstance(value, list | tuple):
        inside = ", ".join(show(one) for one in value)
        return f"[{inside}]" if isinstance(value, list) else f"({inside})"
    if hasattr(value, "numpy") or isinstance(value, np.ndarray):
        array = np.asarray(value)
        return str((array.astype(float).round(3) if array.dtype.kind == "f" else array).tolist())
    if isinstance(value, float):
        value = round(value, 3)
    if isinstance(value, str | int | float | None):
        return repr(value)
    kind = value if isinstance(value, type) else type(value)
    return f"<class {kind.__name__}>" if kind is value else f"<{kind.__name__}>"


class Process:
    """Runs cells under Keras 2, and keeps what they leave, as a kernel does."""

    def __init__(self):
        self.log = tempfile.TemporaryFile()  # noqa: SIM115, open as long as the process
        settings = {"TF_USE_LEGACY_KERAS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
        settings["CUDA_VISIBLE_DEVICES"] = ""  # a GPU's memory is the notebook's
        settings["PYTHONIOENCODING"] = "utf-8"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "course.keras2"],
            env=os.environ | settings,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log,
        )

    def ask(self, source: str, given: dict[str, Any] | None = None) -> Any:
        """Return what `run` says of a cell, given some names; or the value of an expression.

        Raises:
            RuntimeError: if the process has ended, or the expression failed.
        """
        try:
            pickle.dump((source, given), self.process.stdin)
            self.process.stdin.flush()
            answer, error = pickle.load(self.process.stdout)
        except (EOFError, OSError):
            self.log.seek(0)
            answer, error = None, self.log.read().decode(errors="replace")[-2000:]
        if error:
            raise RuntimeError(f"Keras 2: {error}")
        return answer


def serve() -> None:
    """Answer the questions of a `Process`, which come through standard input."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library writes past Python is no answer
    names: dict[str, Any] = {}
    exec("import numpy as np, tensorflow as tf, tf_keras as keras", names)
    exec("layers = keras.layers", names)
    # Old code, and its imports, say `keras`.
    for name in [name for name in sys.modules if name.partition(".")[0] == "tf_keras"]:
        sys.modules[name.removeprefix("tf_")] = sys.modules[name]
    with contextlib.suppress(EOFError):  # the notebook has ended
        while True:
            source, given = pickle.load(sys.stdin.buffer)
            answer = error = None
            if given is not None:
                names.update(given)
                answer = run(source, names)
            else:
                try:
                    answer = np.asarray(eval(source, names))
                except Exception as failed:
                    error = first_sentence(failed)
            pickle.dump((answer, error), answers)
            answers.flush()


process: Process  # begun by load_ipython_extension


def value(expression: str) -> np.ndarray:
    """Return what an expression gives under Keras 2, with the names of the cells run there."""
    return process.ask(expression)


def load_ipython_extension(shell: Any) -> None:
    """Start Keras 2, and bring the magics `%%both` and `%%keras2`."""
    from IPython.utils.capture import capture_output

    global process
    process = Process()

    def given(source: str) -> dict[str, Any]:
        """Return the arrays of the notebook that a cell may name."""
        words = set(re.findall(r"\w+", source))
        arrays = {k: v for k, v in shell.user_ns.items() if isinstance(v, np.ndarray)}
        return {name: arrays[name] for name in words & arrays.keys()}

    def keras2(line: str, cell: str) -> None:
        for statement, said in process.ask(cell, given(cell)):
            if said:
                print(f">>> {statement}", f"Keras 2: {said}", sep="\n  ")

    def both(line: str, cell: str) -> None:
        old = process.ask(cell, given(cell))
        with capture_output(stdout=False, stderr=False):  # the boxes that a summary leaves
            new = run(cell, shell.user_ns)
        for (statement, before), (_, after) in zip(old, new, strict=True):
            if before == after and before:
                print(f">>> {statement}", f"both:    {indent(before)}", sep="\n  ")
            elif before or after:
                said = [
                    f"Keras {version}: {indent(text)}"
                    for version, text in ((2, before or "done"), (3, after or "done"))
                ]
                print(f">>> {statement}", *said, sep="\n  ")

    def indent(text: str) -> str:
        return text.replace("\n", "\n           ")

    for magic in (both, keras2):
        shell.register_magic_function(magic, "cell")


if __name__ == "__main__":
    serve()
