"""How many notebooks or test processes run at once, and each one's share of threads.

    eval "$(python -m tools.jobs)"      sets `jobs` and the threads, for a shell

The environment variable JOBS decides; without it, one a core, as far as the free memory goes. Each
has a TensorFlow of its own. Left to itself, each would start a thread a core, and these would
spend processor time waiting for work: the matrices of this series are small.
"""

import os
import sys

import psutil

MEMORY = 2 * 2**30  # bytes of a process that trains; the largest notebook takes 1.6 GB


def cores() -> int:
    """Return how many cores this process may use."""
    try:
        return len(psutil.Process().cpu_affinity())
    except AttributeError:  # psutil has none on macOS
        return os.cpu_count() or 1


def jobs() -> int:
    """Return the number that JOBS sets, or else what this machine bears; exit on a bad JOBS."""
    wanted = os.environ.get("JOBS")
    if not wanted:
        return max(1, min(cores(), psutil.virtual_memory().available // MEMORY))
    if not (wanted.isdecimal() and int(wanted)):
        sys.exit(f"JOBS must be a whole number from 1 up, such as JOBS=2; it is {wanted!r}.")
    return int(wanted)


def share(together: int) -> dict[str, str]:
    """Return what gives each of `together` processes its share of threads, for its environment."""
    threads = str(max(1, cores() // together))
    return {"TF_NUM_INTRAOP_THREADS": threads, "OMP_NUM_THREADS": threads}


if __name__ == "__main__":
    together = jobs()
    exports = (f"export {name}={value}" for name, value in share(together).items())
    print(f"jobs={together}", *exports, sep="; ")
