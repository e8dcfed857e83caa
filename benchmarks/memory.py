"""Compare the cells in `keras.layers.RNN` with Keras's built-in layers: peak memory.

    python -m benchmarks.memory        (three minutes on two busy cores; Linux only)

A row trains five steps, as benchmarks/speed.py does, each contender in a fresh process, and gives
in MiB by how much the peak of the resident memory lies above the peak at the time when model and
batch were built: the median of three processes. It includes what tracing takes and, with
`jit_compile`, what XLA's compiler takes, which varies from process to process.
"""

import re
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from benchmarks.speed import CONTENDERS, KINDS, SIZES, make_batch, make_model, make_step
from experiments import store


def read_peak() -> float:
    """Return the peak of this process's resident memory in MiB.

    `ru_maxrss` would not do: a child inherits it from the larger process that started it.
    """
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1024


def measure_peak(train: Callable[[], object]) -> float:
    """Return by how many MiB five steps lift the peak; model and batch are there already."""
    built = read_peak()
    for _ in range(5):
        train()
    return read_peak() - built


def measure_apart(contender: str, layer: str, jit_compile: bool, size: dict[str, int]) -> float:
    model = make_model(CONTENDERS[contender](layer, size["units"]), size)
    return measure_peak(partial(make_step(model, "training", jit_compile), *make_batch(size)))


def compare_memory(layer: str, jit_compile: bool, **size: int) -> store.Settings:
    row = {}
    for contender in ("built_in", "custom"):
        peaks = []
        for _ in range(3):
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
                peak = pool.submit(measure_apart, contender, layer, jit_compile, size)
                peaks.append(peak.result())
        row[f"{contender}_mib"] = f"{np.median(peaks):.0f}"
    return row


def trainings() -> list[store.Settings]:
    return [SIZES[-1] | kind for kind in KINDS if kind["layer"] != "SimpleRNN"]


if __name__ == "__main__":
    store.fill(__file__, trainings, compare_memory)
