"""Checkers of notebook 08."""

from collections.abc import Iterable

import keras
import numpy as np

from course.checks import exercise


@exercise(1)
def outputs(answer: list[float]) -> None:
    try:
        found = np.asarray(answer, dtype="float64").ravel()
    except (TypeError, ValueError):
        raise AssertionError(f"Give numbers; this is a {kind_of(answer)}.") from None
    assert found.shape == (3,), f"Give three numbers, one for each step, not {found.size}."
    assert found[0] == 8, f"The first output is not {found[0]:g}: the state begins at 0."
    assert found[1] != 5, "The 2 must not be read: the mask says so."
    assert found[1] != 0, "A masked step repeats something. What?"
    assert found[1] == 8, f"The second output is not {found[1]:g}: what was the one before it?"
    assert found[2] == 6, f"The last output is not {found[2]:g}: which state does the 4 meet?"


def kind_of(answer: object) -> str:
    return type(answer).__name__


@exercise(2)
def max_cell(answer: type | keras.layers.Layer) -> object:
    """Check a class, or a cell of it."""
    cell = answer() if isinstance(answer, type) else answer
    assert isinstance(cell, keras.layers.Layer), f"A cell is a Layer; this is a {kind_of(cell)}."
    assert hasattr(cell, "state_size"), "RNN will ask your cell for its `state_size`."
    assert np.sum(keras.tree.flatten(cell.state_size)) == 1, (
        f"The largest input so far is one number; your cell hands on {cell.state_size}."
    )
    once = cell(np.ones((1, 1), "float32"), [np.zeros((1, 1), "float32")])
    if once is None:
        return NotImplemented
    assert isinstance(once, list | tuple) and len(once) == 2, (
        "`call` returns two things: the output, and a list of the new states."
    )
    for row, where in (
        ([3, 1, 4, 1, 5], ""),
        ([-3, -1, -4], " Which first state loses against every input?"),
    ):
        xs = np.array(row, "float32").reshape(1, -1, 1)
        layer = keras.layers.RNN(cell, return_sequences=True)
        found = keras.ops.convert_to_numpy(layer(xs))
        assert found.shape == xs.shape, f"{xs.shape} went in, {found.shape} came out."
        expected = np.maximum.accumulate(xs, axis=1)
        assert np.array_equal(found, expected), (
            f"For {row} the outputs are {found.ravel().tolist()}.{where}"
        )
    return None


BEAT, UPDATES = 0.70, 4 * 79


@exercise(3)
def own_cell(
    answer: keras.Model, validation: Iterable[tuple[np.ndarray, np.ndarray]] = ()
) -> object:
    """Check a trained model on batches of names with their languages."""
    if isinstance(answer, list | tuple) and answer and isinstance(answer[0], keras.Model):
        answer = answer[0]
    assert isinstance(answer, keras.Model), f"Give the trained model; this is a {kind_of(answer)}."
    recurrent = [layer for layer in answer.layers if isinstance(layer, keras.layers.RNN)]
    assert recurrent, "The model has no layer RNN, which would run your cell."
    for layer in recurrent:
        cell = getattr(layer, "cell", layer)
        assert not type(cell).__module__.startswith(("keras.", "custom_cells.")), (
            f"{kind_of(cell)} is there already. Write a cell of your own."
        )
    assert len(recurrent) == 1, f"One layer of your cell must do it; there are {len(recurrent)}."
    assert getattr(answer, "optimizer", None) is not None, "Your model was not compiled."
    updates = int(answer.optimizer.iterations)
    assert updates > 0, "Your model has not been trained."
    assert updates <= UPDATES, (
        f"It was trained for {updates} updates; four epochs of {UPDATES // 4} are allowed."
    )
    right = []
    for ids, labels in validation:
        scores = np.asarray(answer(ids))
        assert scores.shape == (len(labels), 10), (
            f"Give ten scores for each name; {len(labels)} names gave {scores.shape}."
        )
        right += list(scores.argmax(axis=1) == np.asarray(labels))
    found = np.mean(right)
    assert found > BEAT, (
        f"Right for {found:.1%} of the names; the number to beat is {BEAT:.0%}. What decides how "
        "much of its state your cell keeps, and is the learning rate the best for it?"
    )
    return None
