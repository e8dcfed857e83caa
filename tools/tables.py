"""The tables of README.md, LEDGER.md and benchmarks/README.md, derived from what they tell.

    python -m tools.tables

writes them anew, each between <!-- name --> and <!-- /name -->, and benchmarks/results/bench.json;
tests compare.
"""

import json
import re
from pathlib import Path

from course import leaderboard, ledger
from tools import gallery, measured

ROOT = Path(__file__).resolve().parent.parent
README, LEDGER = ROOT / "README.md", ROOT / "LEDGER.md"
BENCHMARKS = ROOT / "benchmarks" / "README.md"

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


BLOCKS = {
    README: {
        "ledger": surprises,
        "leaderboard": ranking,
        "cells": gallery.table,
    },
    LEDGER: {"claims": whole_ledger},
    BENCHMARKS: {
        "speed": measured.speed,
        "memory": measured.noise_and_memory,
        "cells": measured.cells,
        "lengths": measured.lengths,
        "scan": measured.scan,
        "unrolled": measured.unrolled,
    },
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
    measured.JSON.write_text(measured.as_json(), encoding="utf-8")


if __name__ == "__main__":
    main()
