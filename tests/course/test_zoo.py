"""What trains every cell at once, its tasks, and where the cells come from."""

import os
import subprocess
import sys

import numpy as np
import pytest

import custom_cells
from course import zoo as origins
from experiments import tasks, zoo
from images.nb11_family import TREE, place

ALONE = """
import keras, numpy as np
from experiments import nb11_products, zoo

zoo.SEEDS, zoo.RATES = (0, 1), (0.003, 0.03)
task, starts = nb11_products.TASKS["products"], []
for seed in zoo.SEEDS:
    keras.utils.set_random_seed(seed)
    starts.append([v.numpy() for v in zoo.build(task, "GRUCell", 5).trainable_variables])
together = zoo.Members(task, "GRUCell", 5).fit(50, starts)
for i, seed in enumerate(zoo.SEEDS):
    for j, rate in enumerate(zoo.RATES):
        model = zoo.build(task, "GRUCell", 5)
        for variable, value in zip(model.trainable_variables, starts[i], strict=True):
            variable.assign(value)
        schedule = keras.optimizers.schedules.CosineDecay(rate, 50)
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(keras.optimizers.Adam(schedule, clipnorm=1.0), loss)
        for first in (0, 25):
            x, y = task.draw(25 * zoo.BATCH, [seed, first])
            model.fit(x, y, batch_size=zoo.BATCH, shuffle=False, verbose=0)
        for one, old, new in zip(together, starts[i], model.trainable_variables, strict=True):
            assert np.abs(new.numpy() - old).max() > 0.01, "nothing was learnt"
            np.testing.assert_allclose(one[i, j], new.numpy(), atol=2e-4)
"""


def test_member_learns_what_keras_teaches_it():
    run = [sys.executable, "-c", ALONE]
    said = subprocess.run(run, env=os.environ | {"KERAS_BACKEND": "jax"}, capture_output=True)
    assert said.returncode == 0, said.stderr.decode()


@pytest.mark.parametrize("cell", ["SimpleRNNCell", "ClockworkRNNCell", "LMUCell", zoo.CHRONO])
def test_units_are_the_most_that_fit(cell: str):
    x, y = tasks.draw_products(2, 4, 0)
    task = zoo.Task(lambda rows, seed: (x[:rows], y[:rows]), None, classes=6, reach=4)
    units = zoo.fit_units(task, cell)
    step = 4 if cell == "ClockworkRNNCell" else 1
    few, many = (zoo.build(task, cell, n).count_params() for n in (units, units + step))
    assert 1500 < few <= zoo.PARAMETERS < many


def test_what_is_to_be_added_is_marked():
    x, y = tasks.draw_adding(1000, 21, 0)
    numbers, marks = x[..., 0], x[..., 1]
    assert set(np.unique(marks)) == {0, 1}
    assert (marks[:, :10].sum(axis=1) == 1).all() and (marks[:, 10:].sum(axis=1) == 1).all()
    np.testing.assert_allclose((numbers * marks).sum(axis=1), y)
    assert abs(np.mean((y - 1) ** 2) - 1 / 6) < 0.02
    assert (marks[:, :20].sum(axis=0) > 0).all(), "any place may be marked"


def test_scattered_symbols_are_due_in_their_order():
    x, y = tasks.draw_selective_copy(50, 3, 8, 0)
    assert x.shape == (50, 11, 10) and y.shape == (50, 3)
    read = x.argmax(axis=-1)
    assert (read[:, 8:] == 9).all()
    assert all((row[row < 8] == due).all() for row, due in zip(read, y, strict=True))
    assert len(np.unique(read[:, :8] < 8, axis=0)) > 10, "places are drawn anew"


def test_symbols_are_due_after_the_bell():
    x, y = tasks.draw_copy_memory(50, 3, 8, 0)
    assert x.shape == (50, 14, 10) and y.shape == (50, 14)
    read = x.argmax(axis=-1)
    assert (read[:, 3:10] == 8).all() and (read[:, 10] == 9).all() and (read[:, 11:] == 8).all()
    np.testing.assert_array_equal(y[:, -3:], read[:, :3])
    assert (y[:, :-3] == 8).all(), "before that a blank is due"
    assert {*read[:, :3].flat} == set(range(8))


def test_pixels_come_in_one_order():
    digits, pixels = tasks.read_digits(), tasks.read_shuffled_pixels()
    for split, (x, labels) in pixels.items():
        assert x.shape == (len(labels), 64, 1)
        whole = digits[split][0].reshape(len(x), 64)
        assert {*map(tuple, x[..., 0].T)} == {*map(tuple, whole.T)}, "one order for all digits"
        assert (x[..., 0] != whole).any(), "and not that of reading"


def test_every_cell_has_an_idea_a_year_and_a_place():
    cells = custom_cells.all_cells()
    assert {origins.idea(cell) for cell in cells} == {*origins.IDEAS, "plain"}
    assert all(1990 <= origins.year(cell) <= 2026 for cell in cells)
    drawn = [f"{name}Cell" for column in TREE for name, _ in place(column)]
    assert sorted([*drawn, "SimpleRNNCell"]) == sorted(cells)


def test_a_child_is_not_older_than_its_parent():
    def pairs(tree: dict, parent: str):
        for name, below in tree.items():
            yield parent, name
            yield from pairs(below, name)

    for column in TREE:
        for parent, child in pairs(column, "SimpleRNN"):
            assert origins.year(f"{parent}Cell") <= origins.year(f"{child}Cell"), (parent, child)
