"""What notebook 09 needs to break a file of Python and to mend it before the reader's eyes."""

import contextlib
import difflib
import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from custom_cells.check import NOISE


def first_sentence(error: Exception | Warning) -> str:
    """Return the kind of an error and the first sentence of its message.

    The frame that Keras puts around a message is left out, and so are noise and addresses.
    """
    text = re.sub(rf"{NOISE}|^<unknown>.*\)\): ", "", str(error))
    text = text.split("Exception encountered: ")[-1].strip()
    text = re.sub(r"^Exception encountered when .*\n+", "", text).partition("\n")[0]
    return f"{type(error).__name__}: " + re.split(r"\. (?=\w)| \[Op:", text)[0]


@contextlib.contextmanager
def fails() -> Iterator[None]:
    """Expect an error, and print its first sentence without the frame that Keras puts around it.

    Raises:
        AssertionError: if nothing fails.
    """
    try:
        yield
    except Exception as error:
        print(first_sentence(error))
    else:
        raise AssertionError("nothing failed: your version of Keras has removed this trap")


def mend(module: ModuleType, changes: dict[str, str]) -> None:
    """Replace pieces of a module's file, print the lines that changed, and import it anew.

    Args:
        module: the module, imported from a file.
        changes: what to put in the place of each piece, which must stand there once.
    """
    path = Path(module.__file__)
    before = after = path.read_text(encoding="utf-8")
    for old, new in changes.items():
        assert after.count(old) == 1, f"{old!r} stands there {after.count(old)} times"
        after = after.replace(old, new)
    path.write_text(after, encoding="utf-8")
    for line in difflib.unified_diff(before.splitlines(), after.splitlines(), n=0):
        if not line.startswith(("---", "+++", "@@")):
            print(line)
    # Python could mistake one version for another that it compiled in the same second.
    Path(importlib.util.cache_from_source(path)).unlink(missing_ok=True)
    importlib.reload(module)


def fresh(lines: str, **environment: str) -> None:
    """Run lines of Python in a new process, and print what they print.

    Args:
        lines: the program.
        environment: variables to set for it, such as KERAS_BACKEND.

    Raises:
        AssertionError: if the process stops with an error.
    """
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", lines],
        env=os.environ | {"PYTHONIOENCODING": "utf-8"} | environment,
        capture_output=True,
        encoding="utf-8",
    )
    print(done.stdout, end="")
    assert done.returncode == 0, done.stderr
