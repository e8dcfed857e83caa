"""Pin in requirements.lock all that requirements.txt and the groups but PyTorch's lead to.

    python -m tools.lock

pip resolves them without the old lock and installs nothing. requirements.txt reads the lock as
constraints: what another system does not need is not installed there.
"""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
HEAD = "# Written by make lock: what the packages pinned elsewhere need in their turn.\n"


def resolve() -> list[str]:
    """Return `name==version` of what pip would install into an empty environment."""
    options = ["--dry-run", "--ignore-installed", "--quiet", "--report=-"]
    groups = ["--group=dev", "--group=site", "--group=browser"]
    wanted = ["--requirement=requirements.txt", *groups]
    done = subprocess.run(
        [sys.executable, "-m", "pip", "install", *options, *wanted],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        check=True,
    )
    report = json.loads(done.stdout)
    return sorted(
        "{name}=={version}".format(**package["metadata"]).lower()
        for package in report["install"]
        if "dir_info" not in package["download_info"]  # the project itself
    )


def main() -> None:
    old = LOCK.read_text(encoding="utf-8")
    LOCK.write_text(HEAD, encoding="utf-8")
    try:
        pins = resolve()
    except subprocess.CalledProcessError as failure:
        LOCK.write_text(old, encoding="utf-8")
        sys.exit(failure.returncode)
    LOCK.write_text(HEAD + "\n".join(pins) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
