"""Time an update that two workers share, as a share of one worker's, for notebook 16.

    python -m experiments.nb16_workers        (about ten minutes on two idle cores)

A worker is a process with one thread on a core of its own. It trains a custom cell, on TensorFlow
under MultiWorkerMirroredStrategy or on JAX, which sends gradients through Gloo. Four contenders
take turns, each for a block of updates with the same global batch:

    one       a worker with the whole batch
    two       two workers with half of it each, which exchange gradients
    apart     the same two without the exchange, which is what the cores alone allow
    threads   one process with the whole batch and both cores

There is a row for each engine and size. `… wall` is the time as a share of that of `one` in the
same round, `… cpu` the processor time of the busier worker likewise: medians over the rounds, with
quartiles. `free` is the per cent of all cores that other programs left idle before the rounds, a
median. `difference` is that of the losses of `one` and `two` after the first block.
"""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial

import numpy as np
import psutil

from experiments import store

STEPS, TOKENS, CLASSES, RATE, ROUNDS, BOTH_CORES = 24, 120, 10, 0.1, 15, 2
# The updates of a block, by units and batch
UPDATES = {(64, 64): 20, (128, 256): 6, (256, 64): 8, (256, 512): 2, (256, 2048): 1}
Update = Callable[[], float]  # makes one update and returns the loss before it


def build(units: int):
    """Return a classifier of sequences whose weights are the same in every process."""
    import keras
    from keras import layers

    from custom_cells import GRUCell

    keras.utils.set_random_seed(0)
    inputs = keras.Input((STEPS,), dtype="int32")
    hidden = layers.RNN(GRUCell(units))(layers.Embedding(TOKENS, 32)(inputs))
    return keras.Model(inputs, layers.Dense(CLASSES)(hidden))


def draw(batch: int, rank: int) -> tuple[tuple, tuple]:
    """Return the inputs and labels of a batch, and those of a worker's half."""
    rng = np.random.default_rng(0)
    x = rng.integers(0, TOKENS, (batch, STEPS)).astype("int32")
    y = rng.integers(0, CLASSES, batch).astype("int32")
    half = slice(rank * batch // 2, (rank + 1) * batch // 2)
    return (x, y), (x[half], y[half])


def on_tensorflow(rank: int, units: int, batch: int) -> dict[str, Update]:
    import keras
    import tensorflow as tf

    threads = 2 if rank == BOTH_CORES else 1
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    loss_of = tf.nn.sparse_softmax_cross_entropy_with_logits

    def make(data: tuple, size: int, strategy: tf.distribute.Strategy) -> Update:
        with strategy.scope():
            model, optimizer = build(units), keras.optimizers.SGD(RATE)
            optimizer.build(model.trainable_variables)
        x, y = map(tf.constant, data)

        def step() -> tf.Tensor:
            with tf.GradientTape() as tape:
                loss = tf.reduce_sum(loss_of(y, model(x, training=True))) / size
            weights = model.trainable_variables
            optimizer.apply(tape.gradient(loss, weights), weights)  # exchanges them before
            return loss

        @tf.function
        def update() -> tf.Tensor:
            return strategy.reduce("SUM", strategy.run(step), axis=None)

        return lambda: update().numpy()

    alone = tf.distribute.get_strategy()
    if rank == BOTH_CORES:
        return {"one": make(draw(batch, 0)[0], batch, alone)}
    together = tf.distribute.MultiWorkerMirroredStrategy()
    whole, half = draw(batch, rank)
    return {
        "one": make(whole, batch, alone),
        "apart": make(half, batch // 2, alone),
        "two": make(half, batch, together),
    }


def on_jax(rank: int, units: int, batch: int) -> dict[str, Update]:
    import jax
    import keras
    from jax.sharding import Mesh, NamedSharding, PartitionSpec

    if rank != BOTH_CORES:
        jax.config.update("jax_cpu_collectives_implementation", "gloo")
        jax.distributed.initialize(os.environ["COORDINATOR"], 2, rank)
    model = build(units)
    start = [np.array(weight) for weight in model.trainable_variables]
    others = [weight.value for weight in model.non_trainable_variables]

    def loss(weights, x, y):
        scores, _ = model.stateless_call(weights, others, x, training=True)
        return keras.losses.sparse_categorical_crossentropy(y, scores, from_logits=True).mean()

    def step(weights, x, y, exchange=lambda found: found):
        value, gradients = exchange(jax.value_and_grad(loss)(weights, x, y))
        return value, [w - RATE * g for w, g in zip(weights, gradients, strict=True)]

    def make(weights, x, y, step: Callable = step) -> Update:
        state, step = [weights], jax.jit(step)

        def update() -> float:
            value, state[0] = jax.block_until_ready(step(state[0], x, y))
            return np.asarray(value)

        return update

    here = jax.local_devices()[0]
    whole, half = draw(batch, rank % 2)
    updates = {"one": make(*jax.device_put((start, *whole), here))}
    if rank != BOTH_CORES:
        updates["apart"] = make(*jax.device_put((start, *half), here))
        mesh, same, split = Mesh(jax.devices(), "batch"), PartitionSpec(), PartitionSpec("batch")
        put = jax.make_array_from_process_local_data
        weights = [put(NamedSharding(mesh, same), weight) for weight in start]
        data = [put(NamedSharding(mesh, split), part) for part in half]
        # One exchange after the whole gradient; jit alone would put one into each step of the loop.
        mean = partial(step, exchange=lambda found: jax.lax.pmean(found, "batch"))
        specs = {"in_specs": (same, split, split), "out_specs": (same, same)}
        updates["two"] = make(
            weights, *data, jax.shard_map(mean, mesh=mesh, check_vma=False, **specs)
        )
    return updates


def work(engine: str, rank: int, units: int, batch: int) -> None:
    """Be a process that obeys the lines on stdin and answers each on stdout."""
    if hasattr(os, "sched_setaffinity") and rank != BOTH_CORES:
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {cores[rank % len(cores)]})
    updates = {"tensorflow": on_tensorflow, "jax": on_jax}[engine](rank, units, batch)
    print("ready", flush=True)
    for line in sys.stdin:
        way, times = json.loads(line)
        wall, cpu = time.perf_counter(), time.process_time()
        for _ in range(times):
            loss = updates[way]()
        taken = time.perf_counter() - wall, time.process_time() - cpu
        print(json.dumps([*taken, float(loss)]), flush=True)


def free_ports(number: int) -> list[int]:
    sockets = [socket.create_server(("localhost", 0)) for _ in range(number)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def begin(engine: str, units: int, batch: int) -> list[subprocess.Popen]:
    """Start the two workers and the process with both cores."""
    places = [f"localhost:{port}" for port in free_ports(2)]
    processes = []
    for rank in range(3):
        added = {"KERAS_BACKEND": engine, "COORDINATOR": places[0]}
        if rank != BOTH_CORES:
            task = {"type": "worker", "index": rank}
            added["TF_CONFIG"] = json.dumps({"cluster": {"worker": places}, "task": task})
            added["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
        command = [sys.executable, "-m", __spec__.name, engine, str(rank), str(units), str(batch)]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        processes.append(
            subprocess.Popen(
                command, env=os.environ | added, stderr=subprocess.DEVNULL, bufsize=1, **pipes
            )
        )
    for process in processes:
        assert hear(process) == "ready"
    return processes


def hear(process: subprocess.Popen) -> str:
    """Return the next answer; what Gloo says of its connections is none."""
    for line in process.stdout:
        if not line.startswith("[Gloo]"):
            return line.strip()
    raise RuntimeError(f"a worker stopped with {process.wait()}")


def ask(processes: list[subprocess.Popen], way: str, times: int) -> np.ndarray:
    """Let them work at once; return wall and processor seconds and the loss, the larger ones."""
    for process in processes:
        process.stdin.write(json.dumps([way, times]) + "\n")
    return np.max([json.loads(hear(process)) for process in processes], axis=0)


def measure(engine: str, units: int, batch: int) -> store.Settings:
    times = UPDATES[units, batch]
    first, second, both = processes = begin(engine, units, batch)
    contenders = {
        "one": ([first], "one"),
        "two": ([first, second], "two"),
        "apart": ([first, second], "apart"),
        "threads": ([both], "one"),
    }
    free, found = [], {name: [] for name in contenders}
    try:
        losses = {name: ask(*one, times)[2] for name, one in contenders.items()}  # compiles
        for turn in range(ROUNDS):
            free.append(100 - psutil.cpu_percent(interval=0.5))
            for name in np.roll(list(contenders), turn):
                found[name].append(ask(*contenders[name], times)[:2])
    finally:
        for process in processes:
            process.kill()
            process.wait()
    row = {
        "ms": f"{1000 * np.median(found['one'], axis=0)[1] / times:.1f}",
        "difference": f"{abs(losses['two'] - losses['one']):.1e}",
        "free": f"{np.median(free):.0f}",
    }
    for name in ("two", "apart", "threads"):
        shares = np.array(found[name]) / np.array(found["one"])
        for kind, part in zip(("wall", "cpu"), shares.T, strict=True):
            for end, q in (("", 0.5), (" low", 0.25), (" high", 0.75)):
                row[f"{name} {kind}{end}"] = f"{np.quantile(part, q):.2f}"
    return row


def trainings() -> list[store.Settings]:
    return [
        {"engine": engine, "units": units, "batch": batch}
        for engine in ("tensorflow", "jax")
        for units, batch in UPDATES
    ]


if __name__ == "__main__":
    if len(sys.argv) > 1:
        work(*sys.argv[1:2], *map(int, sys.argv[2:]))
    else:
        store.fill(__file__, trainings, measure)
