"""Keras 2 beside a notebook, and the table of notebook 17 that a message is looked up in."""

import re

import numpy as np
import pytest
from links import ROOT, parse

from course.keras2 import Process, run, show

NOTEBOOK = ROOT / "notebooks" / "17_from_keras_2_to_keras_3.ipynb"
FEWEST = 18


def test_statements_run_one_by_one():
    names = {}
    source = """
import warnings
a = 1 / 0
b = [2.0,
     3.0]
b
warnings.warn("old. Use another.")
print("printed")
raise ImportError("cannot import name 'a' from 'b' (/somewhere/b.py)")
"""
    assert run(source, names) == [
        ("import warnings", ""),
        ("a = 1 / 0", "ZeroDivisionError: division by zero"),
        ("b = [2.0, …", ""),
        ("b", "[2.0, 3.0]"),
        ('warnings.warn("old. Use another.")', "UserWarning: old"),
        ('print("printed")', "printed"),
        (
            """raise ImportError("cannot import name 'a' from 'b' (/somewhere/b.py)")""",
            "ImportError: cannot import name 'a' from 'b'",
        ),
    ]
    assert names["b"] == [2.0, 3.0]


def test_values_are_shown_alike():
    array = np.array([0.12345, 2], "float32")
    assert show((array, [array.astype(int), "a"])) == "([0.123, 2.0], [[0, 2], 'a'])"
    assert show(object()) == "<object>" and show(dict) == "<class dict>"


def test_keras_2_answers_until_it_ends():
    keras2 = Process()
    x = np.array([[[8.0], [4.0], [6.0]]], "float32")
    cell = "from keras.layers import AbstractRNNCell\nkeras.__version__[0]\ntotal = x.sum()\n1 / 0"
    said = [text for _, text in keras2.ask(cell, {"x": x})]
    assert said == ["", "'2'", "", "ZeroDivisionError: division by zero"]
    assert keras2.ask("tf.keras.layers.RNN is layers.RNN") and keras2.ask("total") == 18
    with pytest.raises(RuntimeError, match="Keras 2: NameError: name 'y' is not defined"):
        keras2.ask("y")
    keras2.process.stdin.close()
    assert keras2.process.wait(60) == 0
    with pytest.raises((RuntimeError, ValueError)):
        keras2.ask("total")


def outputs_of_sections() -> dict[str, str]:
    """Return what the cells of each section put out, by the anchor of its heading."""
    found, anchor = {}, ""
    for cell in parse(NOTEBOOK).cells:
        if cell.cell_type == "markdown":
            for heading in re.findall(r"^## (.+)$", cell.source, re.MULTILINE):
                anchor = heading.replace(" ", "-")
        else:
            texts = [output.get("text", "") for output in cell.outputs]
            found[anchor] = found.get(anchor, "") + "".join(texts)
    return found


def rows() -> list[tuple[str, str]]:
    """Return the message of each row of the table, and the anchor that it links to first."""
    (cell,) = (cell for cell in parse(NOTEBOOK).cells if "| the message |" in cell.source)
    lines = re.findall(r"^\| (.*) \|$", cell.source, re.MULTILINE)[1:]
    found = []
    for line in lines:
        message, *_, link = line.split(" | ")
        code = re.match(r"(`+) ?(.+?) ?\1(?!`)", message)
        found.append((code[2] if code else "", re.search(r"\(#(.+?)\)", link)[1]))
    return found


def test_every_message_of_the_table_is_put_out_where_it_links_to():
    outputs = outputs_of_sections()
    missing = [(text, anchor) for text, anchor in rows() if text not in outputs.get(anchor, "")]
    assert not missing
    assert len({text for text, _ in rows() if text}) >= FEWEST


def test_every_error_of_keras_3_is_in_the_table():
    """Errors that Keras 2 raises too, or that are of Python, may stay out."""
    said = re.findall(
        r"Keras 3: \w+(?:Error|Warning): (.+)$", "\n".join(outputs_of_sections().values()), re.M
    )
    messages = [text for text, _ in rows() if text]
    lost = [text for text in said if not any(one in text for one in messages)]
    assert not lost and len(said) >= FEWEST


def test_no_cell_leaves_an_empty_box():
    boxes = [
        output.data.get("text/plain", "")
        for cell in parse(NOTEBOOK).cells
        for output in cell.get("outputs", [])
        if "data" in output
    ]
    assert boxes and all(boxes)
