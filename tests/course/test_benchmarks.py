"""README.md tells of the speed and memory of the cells what benchmarks/results says."""

import csv

from links import ROOT, prose

README = prose(ROOT / "README.md")


def read_results(name: str) -> list[dict[str, str]]:
    with (ROOT / "benchmarks" / "results" / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_readme_tells_the_measured_ratios():
    rows = read_results("speed.csv")
    columns = ("batch", "time", "features", "units")
    # A row that was measured again stands at the end of the file.
    rows.sort(key=lambda row: [int(row[column]) for column in columns])
    gated = [row for row in rows if row["layer"] != "SimpleRNN"]
    sizes = dict.fromkeys(tuple(row[column] for column in columns) for row in gated)
    lines: dict[tuple[str, ...], str] = {
        ("layer", "step", "XLA"): " | ".join(" × ".join(size) for size in sizes)
    }
    for row in gated:
        head = row["layer"], row["step"], "yes" if row["jit_compile"] == "True" else "no"
        ratio, q1, q3 = (f"{float(row[f'custom_{name}']):.2f}" for name in ("ratio", "q1", "q3"))
        cell = f"{ratio} ({q1}–{q3})"
        lines[head] = f"{lines[head]} | {cell}" if head in lines else cell
    missing = [
        line
        for head, cells in lines.items()
        if (line := f"| {' | '.join(head)} | {cells} |") not in README
    ]
    for ratio, chosen, text in (
        ("keras_cell_ratio", gated, "{:.2f} to {:.2f}"),
        ("custom_ratio", [row for row in rows if row not in gated], "between {:.2f} and {:.2f}"),
    ):
        ratios = [float(row[ratio]) for row in chosen]
        missing += [line for line in [text.format(min(ratios), max(ratios))] if line not in README]
    assert not missing, "README.md lacks of the ratios\n" + "\n".join(missing)


def test_readme_tells_the_measured_memory():
    rows = read_results("memory.csv")
    peaks = [f"{row['layer']} {row['custom_mib']} and {row['built_in_mib']}" for row in rows]
    missing = [peak for peak in peaks if peak not in README]
    assert not missing, f"README.md's sentence on memory lacks {missing}"
