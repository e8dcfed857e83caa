"""Checkers of the exercises, one module for each notebook.

A checker says nothing about an untouched stub but that it is not answered, stops a wrong answer
with an AssertionError that says what is wrong without giving the answer away, and confirms a
right one. An answer that returns nothing is a wrong one, unless its body is still empty.
"""

import functools
from collections.abc import Callable
from pathlib import Path


def exercise(number: int) -> Callable:
    """Make a checker of exercise `number` out of a function that asserts what must hold.

    The decorated function takes the answer: a value, or a function the reader wrote, and raises
    AssertionError where it is wrong, or returns NotImplemented where the reader's function returned
    None. `None`, and a function or class whose body is `...`, are stubs.
    """

    def decorate(check: Callable) -> Callable:
        @functools.wraps(check)
        def checker(answer: object, *context: object) -> None:
            if is_stub(answer):
                print(f"Exercise {number}: not answered yet.")
                return
            assert check(answer, *context) is not NotImplemented, (
                "Your function returned nothing (None). Does it end with `return`?"
            )
            print(f"Exercise {number}: right.")

        checker.exercise = number
        return checker

    return decorate


def is_stub(answer: object) -> bool:
    """Tell whether an answer is None, or a function or class whose body is `...`."""
    if isinstance(answer, type):
        return all(name.startswith("__") for name in vars(answer))

    def empty(): ...

    def documented():
        """Do nothing."""

    code = getattr(answer, "__code__", None)
    return answer is None or (
        code is not None
        and code.co_code in {stub.__code__.co_code for stub in (empty, documented)}
        and set(code.co_consts) <= {None, answer.__doc__}
    )


def find_data(name: str) -> Path:
    """Return where a file of data/ lies; in Colab this package is installed apart from it."""
    for folder in (Path.cwd(), *Path.cwd().parents, *Path(__file__).parents):
        if (path := folder / "data" / name).exists():
            return path
    raise FileNotFoundError(f"There is no data/{name} in {Path.cwd()} or above it.")
