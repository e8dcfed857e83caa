"""Compare every cell, and PyTorch's layers, with `keras.layers.LSTM`: time and memory.

    python -m benchmarks.cells        (25 minutes on two idle cores; Linux only)

A row has one contender:

- `layer` "Keras": `keras.layers.LSTM(units)` or GRU. The row of LSTM compares it with another of
  its kind, so its ratio shows what is noise;
- "RNN": `keras.layers.RNN(cell)`, for every cell of `custom_cells`;
- "ParallelRNN": `custom_cells.ParallelRNN(cell)`, for every linear cell;
- "PyTorch": `torch.nn.LSTM` or GRU, in eager mode, with the smallest numbers rounded to 0.

All have the same batch, features and units, so not equally many weights. Every cell runs over
COMMON steps, some contenders over further lengths. Each returns its last output. `forward` is a
call, `training` a step with Adam and the squared error; with Keras either is one `tf.function`
without XLA, as in benchmarks/speed.py.

Each row has a fresh process, which sees no GPU. `mib` is by how much five training steps lift the
peak of its memory, as in benchmarks/memory.py. Then contender and LSTM take turns: a ratio is the
median over the rounds of the contender's time by that of LSTM in the same round, `q1` and `q3` are
the quartiles of these ratios. Times in ms depend on the machine and on its load.
"""

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from importlib.util import find_spec
from multiprocessing import get_context

import tensorflow as tf
from keras import layers

import custom_cells
from benchmarks.memory import measure_peak
from benchmarks.speed import STEPS, make_batch, make_model, make_step
from experiments import store
from experiments.turns import milliseconds, ratios, take_turns

ROUNDS, SECONDS = 7, 2
COMMON, TIMES = 256, (64, 256, 1024, 4096)
SIZE = {"batch": 32, "features": 32, "units": 64}
# What runs at every length.
LONG = [
    ("Keras", "LSTM"),
    ("Keras", "GRU"),
    ("RNN", "LSTMCell"),
    ("RNN", "GRUCell"),
    ("RNN", "MinGRUCell"),
    ("ParallelRNN", "MinGRUCell"),
    ("PyTorch", "LSTM"),
    ("PyTorch", "GRU"),
]
Step = Callable[[], object]


def torch_steps(kind: str, x: tf.Tensor, y: tf.Tensor) -> dict[str, Step]:
    import torch

    # As TensorFlow does: gradients that fade over many steps would take ten times as long.
    torch.set_flush_denormal(True)
    x, y = torch.tensor(x.numpy()), torch.tensor(y.numpy())
    layer = getattr(torch.nn, kind)(x.shape[-1], y.shape[-1], batch_first=True)
    optimizer = torch.optim.Adam(layer.parameters())

    def forward() -> torch.Tensor:
        outputs, _ = layer(x)
        return outputs[:, -1]

    def train() -> None:
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(forward(), y).backward()
        optimizer.step()

    return {"forward": torch.no_grad()(forward), "training": train}


def make_steps(layer: str, cell: str, size: dict[str, int]) -> dict[str, Step]:
    """Return what runs a contender forward, and what trains it."""
    units = size["units"]
    if layer == "PyTorch":
        return torch_steps(cell, *make_batch(size))
    if layer == "Keras":
        model = make_model(getattr(layers, cell)(units), size)
    else:
        run = custom_cells.ParallelRNN if layer == "ParallelRNN" else layers.RNN
        model = make_model(run(getattr(custom_cells, cell)(units)), size)
    # The output of SCRNCell is wider than its units.
    batch = make_batch(size | {"units": model.output_shape[-1]})
    return {step: partial(make_step(model, step, jit_compile=False), *batch) for step in STEPS}


def compare(layer: str, cell: str, **size: int) -> store.Settings:
    """Return the columns of a row, memory first, while nothing else has run in this process."""
    steps = make_steps(layer, cell, size)
    row: store.Settings = {"mib": f"{measure_peak(steps['training']):.0f}"}
    lstm = make_steps("Keras", "LSTM", size)
    for step in STEPS:
        contenders = {step: steps[step], "lstm": lstm[step]}
        for run in contenders.values():
            run()
            run()
        took = take_turns(contenders, ROUNDS, SECONDS)
        row |= {f"{step}_ms": milliseconds(took[step])} | ratios(step, took, "lstm")
    return row


def compare_apart(**settings: str | int) -> store.Settings:
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(compare, **settings).result()


def trainings() -> list[store.Settings]:
    cells = custom_cells.all_cells()
    linear = [name for name in cells if issubclass(cells[name], custom_cells.LinearCell)]
    every = [("RNN", cell) for cell in cells] + [("ParallelRNN", cell) for cell in linear]
    runs = [(*one, time) for time in TIMES for one in LONG] + [(*one, COMMON) for one in every]
    return [
        {"layer": layer, "cell": cell, "time": time} | SIZE
        for layer, cell, time in dict.fromkeys(runs)
    ]


if __name__ == "__main__":
    wanted = trainings()
    if not find_spec("torch"):
        print("torch is not installed, so its rows are left out.")
        wanted = [row for row in wanted if row["layer"] != "PyTorch"]
    store.fill(__file__, lambda: wanted, compare_apart)
