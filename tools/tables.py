"""README.md's table of cells, derived from their code and docstrings.

    python -m tools.tables

writes the table anew; test_readme.py compares.
"""

import re
import sys
from pathlib import Path

from tools import gallery

README = Path(__file__).resolve().parent.parent / "README.md"


def main() -> None:
    before, found, after = README.read_text(encoding="utf-8").partition(gallery.HEAD)
    if not found:
        sys.exit(f"README.md has no table with the head {gallery.HEAD}")
    after = re.sub(r"\A(\|.*\n)*", "", after)
    README.write_text(before + gallery.table() + after, encoding="utf-8")


if __name__ == "__main__":
    main()
