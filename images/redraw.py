"""Redraw every picture: run each script of this folder that has a `draw` function.

Without `--out` the stored pictures are replaced.
"""

import argparse
import importlib
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent


def redraw(folder: Path) -> Iterator[Path]:
    """Draw all pictures into the folder, yielding each file once its script has run."""
    folder.mkdir(parents=True, exist_ok=True)
    for script in sorted(HERE.glob("*.py")):
        if script.stem not in ("redraw", "style"):
            yield from importlib.import_module(f"images.{script.stem}").draw(folder)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=HERE, metavar="FOLDER")
    for path in redraw(parser.parse_args().out):
        print(f"{path.name} ({path.stat().st_size / 1000:.0f} kB)")
