"""Checkers of notebook 16."""

import os
import re
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np

from course.checks import exercise


@exercise(1)
def mean_of_means(answer: float) -> None:
    found = np.asarray(answer)
    assert found.size == 1 and found.dtype.kind in "iuf", "Give one number."
    hints = {
        3: "That is the mean of all four names. Does any worker see all four?",
        8: "That is the sum of the two means.",
        12: "That is the sum of the four losses.",
        2: "That is the mean of worker 0 alone.",
        6: "That is the mean of worker 1 alone.",
    }
    number = found.item()
    assert number == 4, (
        f"{number:g} is not what they report. "
        f"{hints.get(number, 'Which two means are averaged, and how does each weigh?')}"
    )


FOLDERS = {
    "the checkpoints of the first two epochs": (["0.keras", "2.keras", "1.keras"], 8, "2.keras"),
    "more than nine epochs": (["9.keras", "10.keras", "8.keras"], 12, "10.keras"),
    "a file that is not whole": (["3.keras", "new.keras"], 8, "3.keras"),
    "other files": (["data.npz", "11.npz", "worker.py", "4.keras", "model.keras"], 8, "4.keras"),
    "a run that is done": (["8.keras", "7.keras"], 8, "8.keras"),
    "more epochs than were asked for": (["6.keras"], 4, "6.keras"),
    "no checkpoint": (["data.npz", "new.keras"], 8, None),
    "an empty folder": ([], 5, None),
}


@exercise(2)
def resume(answer: Callable) -> object:
    for name, (files, epochs, newest) in FOLDERS.items():
        given = list(files)
        try:
            found = answer(given, epochs)
        except Exception as error:
            raise AssertionError(f"With {name}, {files}, it stops: {error!r}") from error
        if found is None:
            return NotImplemented
        assert given == list(files), f"Your function changes the list that it gets, with {name}."
        assert np.size(np.asarray(found, dtype=object)) == 2, (
            f"Return two things, a name and a number; with {name} yours is {found!r}."
        )
        checkpoint, left = found
        assert checkpoint == newest, (
            f"With {name}, {files}, you choose {checkpoint!r}. Which one is the newest whole one?"
        )
        done = int(re.sub(r"\D", "", newest)) if newest else 0
        assert left == max(0, epochs - done), (
            f"With {name}, {files}, and {epochs} epochs asked for, you say that {left} are left. "
            "How many are done?"
        )
    return None


KILOBYTES, BEAT = 20, 0.70


@exercise(3)
def small_reader(answer: str | os.PathLike, x: dict, y: dict) -> None:
    """Check a LiteRT file of a step on names that did not train it.

    Args:
        answer: its path.
        x: the names of "validation" and "test", (names, steps), padded by 0 on the right.
        y: their labels. The test names are read only once the validation names are read well.
    """
    assert isinstance(answer, str | os.PathLike), 'Give the path of the file, such as "my.tflite".'
    path = Path(answer)
    assert path.is_file(), f"There is no file {path.name} in this folder."
    kilobytes = path.stat().st_size / 1000
    assert kilobytes <= KILOBYTES, (
        f"{path.name} has {kilobytes:.1f} kB, at most {KILOBYTES} are allowed. "
        "Which weights are the most, and in how many bits do they stand?"
    )
    run = interpreter(path)
    inputs = run.get_input_details().keys()
    assert inputs == {"id", "h"}, f"Inputs must be id and h, yours are {sorted(inputs)}."
    chosen = share(run, x["validation"], y["validation"])
    assert chosen > BEAT, (
        f"Right for {chosen:.1%} of the validation names; the number to beat is {BEAT:.0%}. "
        "Was the model trained, and long enough? Are its weights in the step?"
    )
    assert share(run, x["test"], y["test"]) > BEAT, (
        f"Right for {chosen:.1%} of the validation names, but at most {BEAT:.0%} of the test's. "
        "Were there many files to choose from? Then the chosen one suits the validation names best."
    )


def share(run: Callable, x: np.ndarray, y: np.ndarray) -> float:
    """Return how often a step is right at the end of each name."""
    x, y = np.asarray(x), np.asarray(y)
    state = np.zeros((len(x), run.get_input_details()["h"]["shape"][-1]), "float32")
    scores = np.zeros((len(x), 1), "float32")
    for column in x.T:
        said, after = run(id=column.astype("int32"), h=state).values()
        assert after.shape == state.shape, (
            f"The second output must be the new state, {state.shape}; yours is {after.shape}."
        )
        real = column[:, None] > 0
        scores, state = np.where(real, said, scores), np.where(real, after, state)
    return np.mean(scores.argmax(axis=1) == y)


def interpreter(path: Path) -> Callable:
    import tensorflow as tf

    with warnings.catch_warnings():  # it points to a package that is not needed here
        warnings.filterwarnings("ignore", ".*tf.lite.Interpreter is deprecated")
        try:
            return tf.lite.Interpreter(str(path), num_threads=1).get_signature_runner()
        except ValueError as error:
            raise AssertionError(f"LiteRT cannot read {path.name}: {error}") from error
