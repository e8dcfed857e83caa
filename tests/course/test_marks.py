"""What nbval passes over (tools/nbval.ini), and what counts as an assertion on a live number."""

import re

import pytest
from links import ROOT
from marks import unguarded
from nbval.plugin import get_sanitize_patterns

LOG = "79/79 - 3s - 41ms/step - accuracy: 0.2100 - loss: 2.1345"


def sanitize(text: str) -> str:
    patterns = get_sanitize_patterns((ROOT / "tools" / "nbval.ini").read_text(encoding="ascii"))
    for pattern, replacement in patterns:
        text = re.sub(pattern, replacement, text)
    return text


def test_sanitizer_has_its_patterns():
    assert sanitize(f"≈ 1 and ≈ «a»\n{LOG}") != f"≈ 1 and ≈ «a»\n{LOG}"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("≈ 81.3 %", "≈ 79.9 %"),
        ("≈ 9.9 %", "≈ 10.1 %"),
        ("≈ -0.3 points", "≈ 0.1 points"),
        ("≈ −0.3 points", "≈ +0.1 points"),
        ("≈ 999 names", "≈ 1,001 names"),
        ("≈ 0.00012", "≈ 9.8e-05"),
        ("≈ 1e+16", "≈ 3"),
        ("≈ 81.2 ± 0.7 %", "≈ 80.9 ± 1.1 %"),
        ("LSTM ≈  9.9 %", "LSTM ≈ 10.1 %"),
        ("LSTM  ≈ 9.9 %", "LSTM ≈ 10.1 %"),
        ("  ≈ 9.9 %", " ≈ 10.1 %"),
        ("≈ 9.9   | 7", "≈ 10.1  | 7"),
        ("a ≈ 1, b ≈ 2.", "a ≈ 3, b ≈ 10."),
        ("(≈ 1.0 to ≈ 2.0)", "(≈ 1.1 to ≈ 2.1)"),
        ("≈ «Moskau  » sv", "≈ «Kejsardömet» sv"),
        ("≈ «def f():\n    pass» end", "≈ «» end"),
        (LOG, LOG.replace("41ms", "940us").replace("0.2100", "9.8e-04")),
        (f"Epoch 1/2\n{LOG}\nEpoch 2/2\n{LOG}", f"Epoch 1/2\n{LOG}\nEpoch 2/2\n{LOG[:-1]}0"),
    ],
)
def test_sanitizer_passes_over(one: str, other: str):
    assert sanitize(one) == sanitize(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("≈ 81.3 %", "81.3 %"),
        ("≈ 81.3 %", "≈ 81.3 points"),
        ("≈ 81.3 %", "≈ 81.3%"),
        ("≈ 81.3 of 1,051", "≈ 81.3 of 1,052"),
        ("≈ 81.3, 5", "≈ 81.3, 6"),
        ("≈ 81 ± 1", "≈ 81"),
        ("≈ 81.3", "≈ nan"),
        ("≈ 81.3", "≈ inf"),
        ("≈ 1 ", "≈ 1\n"),
        ("≈ 1\n2", "≈ 1\n3"),
        ("≈ 1 2", "≈ 1 3"),
        ("a ≈ 1", "b ≈ 1"),
        ("≈ «a» sv", "≈ «a» de"),
        ("Epoch 1/8", "Epoch 2/8"),
        (LOG, LOG.replace("79", "78")),
        (LOG, LOG.replace("loss", "val_loss")),
        (LOG, LOG.replace("2.1345", "nan")),
        (LOG, f"{LOG} - loss"),
        (LOG, LOG.partition(" - loss")[0]),
        (f"a {LOG}", f"a {LOG[:-1]}0"),
        ("LSTM - accuracy: 0.2100", "LSTM - accuracy: 0.3100"),
    ],
)
def test_sanitizer_compares(one: str, other: str):
    assert sanitize(one) != sanitize(other)


@pytest.mark.parametrize(
    "source",
    [
        "print(f'≈ {x:.1f} %')\nassert 1 < x < 2",
        "assert 1 < 100 * x < 2\nprint(f'≈ {100 * x:.1f} %')",
        "assert np.all(x > 1)\nprint(f'≈ {np.mean(x):.1f}')",
        "assert np.allclose(a, b)\nprint(f'≈ {np.abs(a - b).max():.0e}')",
        "assert x.min() > 1\nprint(f'≈ {x.mean():.1f} ± {x.std():.1f}')",
        "assert h['loss'][-1] < 1\nprint(f\"≈ {h['loss'][-1]:.1f}\")",
        "assert x > 1\ntext = f'{x:.1f} points'\nprint(f'≈ {text}')",
        "gap = a - b\nassert a > 1 and b < 1\nprint(f'≈ {gap}')",
        "assert 1 < len(wrong) < 9\nprint(f'≈ {len(wrong)} of 10')",
        "assert name != answer\nprint(f'≈ «{name}: {answer}»')",
        "for name, x in runs.items():\n    assert x > 1\n    print(f'{name} ≈ {x}')",
        "for name, x in runs.items():\n    print(f'{name} ≈ {x}')\nassert min(runs.values()) > 1",
        "for x in runs:\n    assert x > 1\nprint(f'≈ {runs[0]}')",
        "assert all(x > 1 for x in runs)\nprint(f'≈ {max(runs)}')",
        "print(' '.join(f'≈ {x}' for x in runs))\nassert min(runs) > 1",
        "assert min(x) > 1\nfor x in x:\n    print(f'≈ {x}')",
        "assert min(x) > 1\nprint(' '.join(f'≈ {x}' for x in x))",
        "def show(x):\n    assert x > 1\n    print(f'≈ {x}')",
        "%matplotlib inline\nassert x > 1\nprint(f'≈ {x}')",
    ],
)
def test_held(source: str):
    assert unguarded(source, {"np"}) == []


@pytest.mark.parametrize(
    "source",
    [
        "print(f'≈ {x}')",
        "print(f'≈ {x}')\nassert x",
        "print(f'≈ {x}')\nassert x is not None",
        "print(f'≈ {x}')\nassert y > 1",
        "print(f'≈ {0.81}')\nassert y > 1",
        "x = 0.81\nprint(f'≈ {x}')",
        "x = x + 1\nprint(f'≈ {x}')",
        "assert np.all(y > 1)\nprint(f'≈ {np.mean(x)}')",
        "assert x > 1\nprint(f'≈ {x - y}')",
        "assert x > 1\nprint(f'≈ {x} ± {y}')",
        "assert x > 1\nprint(f'≈ {x}, ≈ {y}')",
        "assert h['loss'] > 1\nprint(f\"≈ {h['accuracy']}\")",
        "text = f'{x:.1f}'\nprint(f'≈ {text}')",
        "assert len(x) > 1\nprint(f'≈ {x}')",
        "assert max(wrong) > 1\nprint(f'≈ {len(wrong)}')",
        "assert a > b\nprint(f'≈ «{a}: {c}»')",
        "for x in runs:\n    print(f'≈ {x}')",
        "for x in runs:\n    print(f'≈ {x}')\nassert x > 1",
        "for x in runs:\n    print(f'≈ {x}')\nassert len(runs) == 3",
        "for x in runs:\n    assert x > 1\nfor x in others:\n    print(f'≈ {x}')",
        "print(' '.join(f'≈ {x}' for x in runs))\nassert x > 1",
        "if x > 1:\n    assert x > 1\nprint(f'≈ {x}')",
        "def check():\n    assert x > 1\nprint(f'≈ {x}')",
        "def show(x):\n    print(f'≈ {x}')\nassert x > 1",
    ],
)
def test_not_held(source: str):
    (complaint,) = unguarded(source, {"np"})
    assert "no assert of the cell says where" in complaint


@pytest.mark.parametrize(
    "source",
    [
        "print('≈', x)\nassert x > 1",
        "print('≈ %.1f' % x)\nassert x > 1",
        "print('≈ {:.1f}'.format(x))\nassert x > 1",
        "print(f'≈ about {x}')\nassert x > 1",
        "print(f'{x} ≈')\nassert x > 1",
        "print(f'≈ «{x}')\nassert x > 1",
    ],
)
def test_mark_that_holds_no_field(source: str):
    (complaint,) = unguarded(source)
    assert "right before a field" in complaint
