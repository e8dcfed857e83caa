"""Name every link of the built site that leads nowhere.

    python -m tools.links

Links to other sites are not followed. The exit status is 1 if there is a dead link.
"""

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

SITE = Path(__file__).resolve().parent.parent / "build" / "site" / "html"


class Page(HTMLParser):
    """The anchors of a page, and what it leads to or shows."""

    def __init__(self, text: str):
        super().__init__()
        self.anchors, self.targets = {"", "top"}, set()
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        for name, value in attributes:
            if name == "id":
                self.anchors.add(value)
            elif name in ("href", "src"):
                self.targets.add(value or "")


def dead(site: Path) -> list[str]:
    """Return every link of a page to a file or an anchor that is not there."""
    paths = sorted(path for path in site.rglob("*.html") if "_static" not in path.parts)
    pages = {path: Page(path.read_text(encoding="utf-8")) for path in paths}
    found = []
    for path, page in pages.items():
        for target in sorted(page.targets):
            scheme, host, file, _, anchor = urlsplit(target)
            goal = (path.parent / unquote(file)).resolve() if file else path
            if scheme or host:
                continue
            if not goal.is_file():
                found.append(f"{path.relative_to(site).as_posix()}: {target} is not there")
            elif goal in pages and unquote(anchor) not in pages[goal].anchors:
                found.append(f"{path.relative_to(site).as_posix()}: {target} has no such anchor")
    return found


def main() -> None:
    found = dead(SITE)
    print(*found, sep="\n", end="\n" * bool(found))
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
