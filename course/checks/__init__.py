"""Checkers of the exercises, one module for each notebook.

A checker says nothing about an untouched stub but that it is not answered, stops a wrong answer
with an AssertionError that says what is wrong without giving the answer away, and confirms a
right one.
"""

import functools
from collections.abc import Callable


def exercise(number: int) -> Callable:
    """Make a checker of exercise `number` out of a function that asserts what must hold.

    The decorated function takes the answer: a value, or a function the reader wrote, and raises
    AssertionError where it is wrong. `None`, or a function that still returns None, is a stub.
    """

    def decorate(check: Callable) -> Callable:
        @functools.wraps(check)
        def checker(answer: object, *context: object) -> None:
            if answer is None or check(answer, *context) is NotImplemented:
                print(f"Exercise {number}: not answered yet.")
            else:
                print(f"Exercise {number}: right.")

        checker.exercise = number
        return checker

    return decorate
