"""The tables of README.md, LEDGER.md and benchmarks/README.md, derived from what they tell.

    python -m tools.tables

writes them anew, each between <!-- name --> and <!-- /name -->; tests compare.
"""

import csv
import json
import re
from pathlib import Path

from course import leaderboard, ledger
from tools import gallery

ROOT = Path(__file__).resolve().parent.parent
README, LEDGER = ROOT / "README.md", ROOT / "LEDGER.md"
SPEED = ROOT / "benchmarks" / "README.md"

CHECK = re.compile(r'\bledger\.check\(\s*"(\w+)"')
HEADING = re.compile(r"^#+ (.+?)\s*$", re.MULTILINE)


def check_ins() -> list[tuple[str, Path, str]]:
    """Return the claim, the notebook and the heading of each call of `ledger.check`, in order."""
    found = []
    for path in sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb")):
        heading = ""
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            source = "".join(cell["source"])
            if cell["cell_type"] == "markdown":
                heading = (HEADING.findall(source) or [heading])[-1]
            elif cell["cell_type"] == "code":
                found += [(claim, path, heading) for claim in CHECK.findall(source)]
    return found


def places() -> dict[str, str]:
    """Return for each claim of the ledger a link to the place where a notebook checks it in.

    Raises:
        ValueError: if that is not exactly one place.
    """
    found = {claim: [] for claim in ledger.rows()}
    for claim, path, heading in check_ins():
        anchor = re.sub(r"[`*]", "", heading).replace(" ", "-")
        found.setdefault(claim, []).append(f"[{path.name[:2]}](notebooks/{path.name}#{anchor})")
    for claim, links in found.items():
        if len(links) != 1:
            places = ", ".join(links) or "nowhere"
            raise ValueError(f"{claim} must be checked in at one place, is: {places}")
    return {claim: link for claim, (link,) in found.items()}


def whole_ledger() -> str:
    lines = ["| # | what textbooks say | verdict | what came out | budget | notebook |"]
    lines.append("|---|---|---|---|---|---|")
    links = places()
    for claim, row in ledger.rows().items():
        cells = [claim, row["claim"], f"**{row['verdict']}**", ledger.sentence(row)]
        lines.append(f"| {' | '.join([*cells, row['budget'], links[claim]])} |")
    return "\n".join(lines) + "\n"


def surprises() -> str:
    """Return the rows that have a surprise, the greatest first."""
    lines = ["| what textbooks say | verdict | what came out |", "|---|---|---|"]
    rows, links = ledger.rows(), places()
    ranked = [claim for claim in rows if "surprise" in rows[claim]]
    for claim in sorted(ranked, key=lambda claim: rows[claim]["surprise"]["rank"]):
        row = rows[claim]
        told = row["surprise"]["sentence"].format(**row["numbers"])
        lines.append(f"| {row['claim']} ({claim}) | **{row['verdict']}** | {told} {links[claim]} |")
    return "\n".join(lines) + "\n"


def ranking() -> str:
    """Return the leaderboard, best model last."""
    lines = ["| model | notebook | parameters | test accuracy |", "|---|---|---|---|"]
    for row in sorted(leaderboard.rows(), key=lambda row: float(row["accuracy"])):
        accuracy = f"{100 * float(row['accuracy']):.1f} %"
        if int(row["seeds"]) > 1:
            accuracy += f" ± {100 * float(row['spread']):.1f}"
        cells = row["title"], row["notebook"], f"{int(row['parameters']):,}", accuracy
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def measured(name: str) -> list[dict[str, str]]:
    with (SPEED.parent / "results" / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def table_of_times() -> str:
    """Return the times of the cells by those of Keras's layers, a row for each layer and step."""
    columns = ("batch", "time", "features", "units")
    rows, sizes, kinds = measured("speed.csv"), {}, {}
    # A row that was measured again stands at the end of the file.
    for row in sorted(rows, key=lambda row: [int(row[column]) for column in columns]):
        size = " × ".join(row[column] for column in columns)
        sizes[size] = None
        xla = "yes" if row["jit_compile"] == "True" else "no"
        ratio, low, high = (float(row[f"custom_{name}"]) for name in ("ratio", "q1", "q3"))
        cells = kinds.setdefault((row["layer"], row["step"], xla), {})
        cells[size] = f"{ratio:.2f} ({low:.2f}–{high:.2f})"
    lines = [f"| layer | step | XLA | {' | '.join(sizes)} |", "|---|---|---|" + "---|" * len(sizes)]
    for kind, cells in kinds.items():
        lines.append(f"| {' | '.join([*kind, *(cells[size] for size in sizes)])} |")
    return "\n".join(lines) + "\n"


def noise_and_memory() -> str:
    """Return how far the times of equal graphs differ, and the peaks of memory."""
    noise = [float(row["keras_cell_ratio"]) for row in measured("speed.csv")]
    peaks = {}
    for row in measured("memory.csv"):
        told = f"{row['layer']} {row['custom_mib']} and {row['built_in_mib']}"
        peaks.setdefault(row["jit_compile"], []).append(told)
    plain, compiled = (", ".join(peaks[xla]) for xla in ("False", "True"))
    return (
        f"Ratios between {min(noise):.2f} and {max(noise):.2f} are noise: so far apart are layers "
        "and Keras's own cells in\n`RNN`, which compute the same graph. Training at the largest "
        "size adds to the peak of resident memory, in MiB\nfor the cell and for the layer: "
        f"{plain}; with XLA, compiler included, {compiled}.\n"
    )


BLOCKS = {
    README: {
        "ledger": surprises,
        "leaderboard": ranking,
        "cells": gallery.table,
    },
    LEDGER: {"claims": whole_ledger},
    SPEED: {"speed": table_of_times, "memory": noise_and_memory},
}


def fill(path: Path) -> str:
    """Return the page with each of its blocks as it is due.

    Raises:
        ValueError: if a block is not there exactly once.
    """
    page = path.read_text(encoding="utf-8")
    for name, write in BLOCKS[path].items():
        start, end = f"<!-- {name} -->\n", f"<!-- /{name} -->\n"
        if page.count(start) != 1 or page.count(end) != 1:
            raise ValueError(f"{path.name} must have {start.strip()} and {end.strip()} once")
        before, _, rest = page.partition(start)
        page = f"{before}{start}{write()}{end}{rest.partition(end)[2]}"
    return page


def main() -> None:
    for path in BLOCKS:
        path.write_text(fill(path), encoding="utf-8")


if __name__ == "__main__":
    main()
