"""The labels of Python source that notebook 13 learns: one letter a character, below its source."""

import pytest

from course.python_source import (
    CLASSES,
    LONGEST,
    cut,
    label,
    read_files,
    read_pieces,
    without_docstrings,
)

LETTERS = dict(zip(CLASSES, ".kncaos#0+", strict=True))


def letters(source: str) -> str:
    return "".join(LETTERS[CLASSES[number]] for number in label(source))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("x = f(y)", "n.+.c+n+"),
        ("def f(x): pass", "kkk.n+n++.kkkk"),
        ("class A(B): x = 1", "kkkkk.n+n++.n.+.0"),
        ("a.b.c(d.e)", "n+a+c+n+a+"),
        ("a.b().c", "n+c+++a"),
        ("a[0](1)(2)", "n+0++0++0+"),
        ("(f)(x)", "+c++n+"),
        ("(a.b)(x)", "+n+c++n+"),
        ("f(x=g)", "c+n+n+"),
        ("@a.b\ndef f(): 1", "+n+a.kkk.n+++.0"),
        ("@f(1)\ndef g(): 1", "+c+0+.kkk.n+++.0"),
        ("import a.b as c", "kkkkkk.n+n.kk.n"),
        ("if not x: None", "kk.kkk.n+.kkkk"),
        ("print('a', \"b\")", "ccccc+oss+.oss+"),
        ("x = rb'a\\'b'", "n.+.ooosssss"),
        ('x = """a\n"b""" + ""', "n.+.ooosssssss.+.os"),
        ("'a' 'b'", "oss.oss"),
        ("x = 1_0.5e-3  # no", "n.+.00000000..####"),
        ("x = \\\n 2", "n.+....0"),
        ("é = 'ü'; é.ö(é.ß)", "n.+.oss+.n+c+n+a+"),
        ("match(match)", "ccccc+nnnnn+"),
    ],
)
def test_labels(source: str, expected: str):
    assert letters(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("x = f'a{b}c'", "n.+.oossssss"),
        ("f(f'{g(h.i)}', j)", "c+oosssssssss+.n+"),
        ("f'{{}}' + a.b", "oosssss.+.n+a"),
        ("rf'{x!r:>{w}}'", "ooosssssssssss"),
        ("f'{f\"{a}\"}'; b", "oosssssssss+.n"),
        ("f'é{x}é' + a.é()", "oossssss.+.n+c++"),
        ("f'''a\n{b(1)}\n'''.c()", "oooos" + "s" * 11 + "+c++"),
        ("f'a' 'b' f'{c}'", "ooss.oss.oossss"),
    ],
)
def test_code_in_an_f_string_is_string_in_every_python(source: str, expected: str):
    assert letters(source) == expected


def test_lines_of_docstrings_are_dropped():
    source = '"""One."""\ndef f():\n    """Two\n    lines."""\n    return """no docstring"""\n'
    text, labels = without_docstrings(source)
    assert text == 'def f():\n    return """no docstring"""\n'
    assert len(labels) == len(text)
    assert [CLASSES[n] for n in labels[:5]] == ["keyword"] * 3 + ["space", "name"]


def test_pieces_are_whole_lines_and_nothing_is_lost():
    source = "".join(f"x{n} = {n}\n" for n in range(100))
    pieces = cut(source, label(source))
    assert "".join(text for text, _ in pieces) == source
    assert all(len(text) == len(labels) <= LONGEST for text, labels in pieces)
    assert all(text.endswith("\n") for text, _ in pieces)


def test_each_split_has_a_folder_and_its_files_stay_apart():
    files, pieces = read_files(), read_pieces()
    lines = {
        "train": ("class Dense(Layer):", "class Embedding(Layer):"),
        "validation": ("class Adam(optimizer.Optimizer):", "class SGD(optimizer.Optimizer):"),
        "test": ("class EarlyStopping(MonitorCallback):", "class History(Callback):"),
    }
    for split, some in files.items():
        texts = ["".join(text for text, _ in one) for one in some]
        assert all(texts)
        assert "".join(texts) == "".join(text for text, _ in pieces[split])
        for name, pair in lines.items():
            found = [[n for n, text in enumerate(texts) if line in text] for line in pair]
            assert [len(places) for places in found] == [int(name == split)] * 2, (split, name)
            assert name != split or found[0] != found[1]
