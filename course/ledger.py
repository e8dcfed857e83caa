"""The ledger: what textbooks say of recurrent networks, and what the notebooks measured.

ledger.toml holds a row for each claim: its words, the verdict, the budget at which it was measured,
a sentence with named placeholders, and the numbers that fill them, as they are printed. A notebook
that gives a verdict checks its row in, so that no number of the ledger can say what no notebook
computes:

    ledger.check("C2", "holds", shared=shared, each=100 * shared)

Numbers are written as in 81.2 %, −0.05, 164,106, 1.8·10⁴ or 10⁻⁶, or as a bound, less than 10⁻⁶.
"""

import math
import re
import textwrap
import tomllib
from pathlib import Path

FILE = Path(__file__).with_name("ledger.toml")
VERDICTS = ("holds", "holds in part", "fails", "not seen at this scale")

_POWER = "10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)"
_NUMBER = re.compile(rf"{_POWER}|([+−]?)(\d[\d,]*)(?:\.(\d+))?(?:·{_POWER})?")
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_LOWERED = str.maketrans("−⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "--0123456789", ",")


def rows() -> dict[str, dict]:
    """Return the row of each claim, by its number, in order."""
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


def sentence(row: dict) -> str:
    """Return the sentence of a row with its numbers in it."""
    return row["sentence"].format(**row["numbers"])


def due(text: str, measured: float, live: bool = False) -> str:
    """Return `text` if that is how to print `measured`, else what to print in its place.

    A measurement may differ from the number in `text` by half a unit of its last digit. One that is
    `live`, as it depends on a training that the notebook runs itself, may differ by two units more:
    another processor rounds otherwise and decides two phrases in a thousand the other way. A power
    of ten alone, 10⁻⁶, must be the nearest one; a bound must be kept.

    Raises:
        ValueError: if there is no number in `text`.
    """
    found = _NUMBER.search(text)
    if not found:
        raise ValueError(f"There is no number in {text!r}.")
    before, after = text[: found.start()], text[found.end() :]
    bare, sign, digits, decimals, power = found.groups()
    if bare:
        exponent = int(bare.translate(_LOWERED))
        stated = 10.0**exponent
        nearest = round(math.log10(measured)) if measured > 0 else None
        printed = "0" if nearest is None else "10" + str(nearest).translate(_RAISED)
        right = nearest == exponent
    else:
        places, scale = len(decimals or ""), 10.0 ** int((power or "0").translate(_LOWERED))
        stated = scale * float(f"{sign}{digits}.{decimals or 0}".translate(_LOWERED))
        unit = scale * 10.0**-places
        printed = f"{measured / scale:{'+' if sign == '+' else ''},.{places}f}".replace("-", "−")
        printed += f"·10{power}" if power else ""
        right = abs(measured - stated) <= unit * ((2.5 if live else 0.5) + 1e-6)
    if before.startswith("less than "):
        right = measured < stated
    elif before.startswith("more than "):
        right = measured > stated
    return text if right else f"{before}{printed}{after}"


def check(claim: str, verdict: str, **measured: float) -> None:
    """Compare the row of `claim` with a verdict and what was measured, and print the row.

    Percentages are measured in per cent: 81.2 for "81.2 %".

    Raises:
        AssertionError: if there is no such row, or one that says something else, lacks a number or
            has one too many; the message holds what is due.
    """
    row = rows().get(claim)
    assert row, f"ledger.toml has no row for {claim}; it has {', '.join(rows())}"
    wrong = []
    if row["verdict"] != verdict:
        wrong.append(f"verdict: says {row['verdict']!r}, due is {verdict!r}")
    for name in sorted(measured.keys() - row["numbers"].keys()):
        wrong.append(f"{name}: has no number, measured {float(measured[name]):.6g}")
    for name, text in row["numbers"].items():
        if name not in measured:
            wrong.append(f"{name}: says {text!r}, was not measured")
            continue
        wanted = due(text, float(measured[name]), name in row.get("live", ()))
        if wanted != text:
            wrong.append(f"{name}: says {text!r}, due is {wanted!r}")
    assert not wrong, "\n".join([f"ledger.toml, {claim}", *wrong])
    for text in (f"{claim} {verdict}: {row['claim']}.", sentence(row)):
        # A line may not end between a number and its per cent sign.
        print(textwrap.fill(text.replace(" %", "\xa0%"), 100).replace("\xa0", " "))
    print("Budget:", row["budget"])
