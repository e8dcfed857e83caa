"""One call that tells whether a recurrent cell will last."""

import contextlib
import copy
import functools
import importlib.util
import inspect
import io
import json
import os
import re
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from custom_cells._keras import KERAS_2, keras, to_numpy, to_tensor, untracked
from custom_cells.abstract import first_states, flat

__all__ = ["Finding", "check_cell"]

BATCH, TIME = 3, 5
BACKEND = keras.backend.backend()
# What no reader of an error needs: Keras's colours, the name of TensorFlow's node, and the mark of
# oneDNN's operations, which not every processor has.
NOISE = r"\x1b\[\d+m|\{\{.*?\}\} |_Mkl(?=[A-Z])"
# XLA takes TensorFlow a second a model, so one check alone asks for it. JAX needs it.
UNCOMPILED = {} if BACKEND == "jax" else {"jit_compile": False}


@dataclass(frozen=True)
class Finding:
    """What one check of `check_cell` found.

    Attributes:
        check: its name.
        outcome: "passes", "fails", or "not run", where a check that it builds on has failed, or
            where it has no meaning for this backend or this cell.
        expected: what a cell must do.
        got: what came instead, or why the check was not run.
        fix: the smallest change that mends it.
    """

    check: str
    outcome: str
    expected: str = ""
    got: str = ""
    fix: str = ""


class Failure(Exception):
    """Raised by a check: what came in the place of what it expects, and perhaps a nearer fix."""

    def __init__(self, got: str, fix: str = ""):
        super().__init__(got)
        self.got, self.fix = got, fix


class NoMeaning(Exception):
    """Raised by a check that tells nothing here, with the reason."""


@dataclass(frozen=True)
class Check:
    name: str
    run: Callable[["Case"], None]
    expected: str
    fix: str
    needs: tuple[str, ...]


CHECKS: list[Check] = []


def check(name: str, expected: str, fix: str, needs: str = "") -> Callable:
    """Register a check, which raises whatever a broken cell makes it raise."""

    def register(run: Callable[["Case"], None]) -> Callable[["Case"], None]:
        CHECKS.append(Check(name, run, expected, fix, tuple(needs.split(", ")) if needs else ()))
        return run

    return register


class Case:
    """The cell under check: new copies of it, inputs for it, and what runs it."""

    def __init__(self, cell: Any, features: int):
        self.given, self.features = cell, features
        rng = np.random.default_rng(0)
        self.x = rng.normal(size=(BATCH, TIME, features)).astype("float32")
        self.cls = type(self.make())

    def make(self, **options: Any) -> Any:
        """Return a new cell without weights; options take the place of those in its config."""
        if options:
            return self.cls.from_config(self.make().get_config() | options)
        if not isinstance(self.given, keras.layers.Layer):
            return self.given()
        try:
            return type(self.given).from_config(self.given.get_config())
        except Exception:
            return copy.deepcopy(self.given)

    @functools.cached_property
    def layer(self) -> Any:
        """RNN with the cell, built, and with weights that no check can take for the first ones."""
        layer = keras.layers.RNN(self.make(), return_sequences=True)
        layer(self.x)
        return with_random_weights(layer)

    @functools.cached_property
    def outputs(self) -> np.ndarray:
        """What the layer gives for x."""
        return to_numpy(self.layer(self.x))

    def states(self, cell: Any) -> list[Any]:
        """Return the first states of a cell, asked for as RNN does."""
        # RNN of Keras 2 gives its inputs too.
        inputs = to_tensor(self.x.astype(cell.compute_dtype)) if KERAS_2 else None
        dtype = cell.compute_dtype if KERAS_2 else None
        states = first_states(cell, inputs=inputs, batch_size=BATCH, dtype=dtype)
        return list(states) if isinstance(states, list | tuple) else [states]

    def model(self, layer: Any) -> Any:
        """Return a model with the layer, of any batch and any length."""
        inputs = keras.Input((None, self.features))
        return keras.Model(inputs, layer(inputs))


def with_random_weights(layer: Any) -> Any:
    rng = np.random.default_rng(1)
    # Not negative: the weight of a leak or of a variance must not be.
    layer.set_weights([rng.uniform(0.05, 0.6, w.shape) for w in layer.get_weights()])
    return layer


def sizes(size: Any) -> list[tuple[int, ...]]:
    """Return the shape of each state without its batch."""
    shapes = [getattr(part, "as_list", lambda part=part: [part])() for part in flat(size)]
    return [tuple(int(units) for units in shape) for shape in shapes]


def describe(value: Any) -> str:
    """Say what a value is: a shape of a tensor, else its type."""
    if isinstance(value, list | tuple):
        kind = type(value).__name__
        return f"a {kind} of {len(value)}: " + ", ".join(describe(part) for part in value)
    shape = getattr(value, "shape", None)
    return f"shape {tuple(shape)}" if shape is not None else f"{type(value).__name__} {value!r}"


def compare(got: Any, wanted: Any, tolerance: float = 1e-5) -> None:
    """Raise Failure unless two arrays agree."""
    got, wanted = np.asarray(to_numpy(got)), np.asarray(to_numpy(wanted))
    if got.shape != wanted.shape:
        raise Failure(f"the shapes {got.shape} and {wanted.shape}")
    difference = np.abs(got - wanted).max() if got.size else 0.0
    if not difference <= tolerance * max(1.0, np.abs(wanted).max()):
        raise Failure(f"a difference of {difference:.2g}")


# What a cell is


@check(
    "sizes",
    "state_size is an integer or a list of integers, one for each state",
    "Set self.state_size in __init__, before anything asks for it.",
)
def has_sizes(case: Case) -> None:
    cell = case.make()
    if not hasattr(cell, "state_size"):
        raise Failure("no state_size")
    try:
        shapes = sizes(cell.state_size)
    except (TypeError, ValueError):
        shapes = []
    if not shapes or any(units < 1 for shape in shapes for units in shape):
        raise Failure(f"{cell.state_size!r}")
    if any(len(shape) > 1 for shape in shapes) and not KERAS_2:
        raise Failure(
            f"{cell.state_size!r}, a state that is no vector",
            "Keep a matrix flat, (batch, rows * columns), and reshape it in call.",
        )


@check(
    "step",
    "call(inputs, states) returns the output and a list of new states, shaped as the old ones",
    "Return output, [state, …], with one state for each entry of state_size.",
    "sizes",
)
def gives_output_and_states(case: Case) -> None:
    cell = case.make()
    try:
        states = case.states(cell)
    except Exception as error:
        raise Failure(
            f"get_initial_state says: {error}",
            "Let it take what RNN gives: def get_initial_state(self, batch_size=None); on Keras 2 "
            "(self, inputs=None, batch_size=None, dtype=None).",
        ) from None
    returned = cell(to_tensor(case.x[:, 0]), states)
    if not isinstance(returned, list | tuple) or len(returned) != 2:
        raise Failure(describe(returned))
    output, new = returned
    if [tuple(state.shape)[1:] for state in flat(new)] != sizes(cell.state_size):
        raise Failure(f"state_size {cell.state_size} and, as new states, {describe(new)}")
    size = getattr(cell, "output_size", None)
    if isinstance(size, int) and tuple(output.shape) != (BATCH, size):
        raise Failure(
            f"output_size {size} and an output of shape {tuple(output.shape)}",
            "Let output_size say how wide the output is.",
        )
    if not KERAS_2 and not isinstance(new, list):
        raise Failure(
            f"new states in a {type(new).__name__}",
            "Return a list of states: JAX and stacks of cells take nothing else.",
        )


@check(
    "loop",
    "RNN gives what calling the cell step by step gives, and the same when called again",
    "Keep on self nothing that call changes: hand it on in states. Draw only where training.",
    "step",
)
def equals_the_loop(case: Case) -> None:
    cell, outputs = case.layer.cell, []
    states = case.states(cell)
    for t in range(TIME):
        output, states = cell(to_tensor(case.x[:, t]), states)
        outputs.append(to_numpy(output))
    compare(case.outputs, np.stack(outputs, axis=1))
    compare(case.layer(case.x), case.outputs)


@check(
    "batch",
    "each row of a batch is read for itself, and a batch may have one row",
    "Reduce, reshape and squeeze no first axis, and keep no tensor of one batch for the next.",
    "loop",
)
def keeps_rows_apart(case: Case) -> None:
    for row in range(BATCH):
        compare(case.layer(case.x[row : row + 1]), case.outputs[row : row + 1])


@check(
    "traced",
    "a model made of symbols gives what the layer gives, for other lengths and batches too",
    "Compute with keras.ops, not NumPy or Python's if, float and len, on what depends on inputs.",
    "batch",
)
def can_be_traced(case: Case) -> None:
    # Two lengths in one, and a last batch that is smaller.
    longer = np.concatenate([case.x, case.x], axis=1)
    got = case.model(case.layer).predict(longer, batch_size=BATCH - 1, verbose=0)
    compare(got, case.layer(longer))


@check(
    "compiled",
    "jit_compile=True gives the same numbers",
    "Let no shape depend on values, and call nothing in a step but keras.ops.",
    "traced",
)
def can_be_compiled(case: Case) -> None:
    if BACKEND != "tensorflow":
        raise NoMeaning("JAX compiles every model" if BACKEND == "jax" else "XLA is TensorFlow's")
    model = case.model(case.layer)
    model.compile(jit_compile=True)
    compare(model.predict(case.x, verbose=0), case.outputs, 1e-4)


# Weights


@check(
    "weights",
    "every variable is a weight of the cell, so that Keras trains and saves it",
    "Make it with self.add_weight(name=…, shape=…) in build.",
    "loop",
)
def tracks_its_variables(case: Case) -> None:
    cell = vars(case.layer.cell)
    for name, value in (cell | cell.get("_parameters", {})).items():  # there PyTorch has its own
        if any(untracked(leaf) for leaf in flat(value)):
            raise Failure(f"{name}, a {type(value).__name__} that is none of Keras")


@check(
    "gradients",
    "fit moves every trainable weight",
    "Use each weight in call, through functions that have a gradient. Add no loss in call.",
    "traced, weights",
)
def learns(case: Case) -> None:
    keras.utils.set_random_seed(1)
    model = case.model(keras.layers.RNN(case.make(), return_sequences=True))
    before = [to_numpy(weight).copy() for weight in model.trainable_weights]
    if not before:
        raise NoMeaning("the cell has no trainable weight")
    target = np.random.default_rng(2).normal(size=case.outputs.shape).astype("float32")
    model.compile(keras.optimizers.SGD(1.0), "mse", **UNCOMPILED)
    model.fit(case.x, target, verbose=0)
    for weight, old in zip(model.trainable_weights, before, strict=True):
        new = to_numpy(weight)
        if not np.all(np.isfinite(new)):
            raise Failure(f"{weight.name} is not finite after one update")
        if np.array_equal(new, old):
            raise Failure(f"{weight.name} did not move")


@check(
    "start",
    "the weights begin alike whether the cell is built by hand or inside fit",
    "Give the values as initializer=… of add_weight: what build assigns is lost inside fit.",
    "traced, weights",
)
def starts_alike(case: Case) -> None:
    keras.utils.set_random_seed(0)
    layer = keras.layers.RNN(case.make(), return_sequences=True)
    layer(case.x)
    keras.utils.set_random_seed(0)
    inside = keras.layers.RNN(case.make(), return_sequences=True)
    model = keras.Sequential([inside])
    model.compile(loss="mse", **UNCOMPILED)
    # It builds as fit does, and is sooner done.
    model.evaluate(case.x, case.outputs, verbose=0)
    for weight, other in zip(layer.weights, inside.weights, strict=True):
        try:
            compare(other, weight)
        except Failure as failure:
            raise Failure(f"{weight.name} with {failure.got}") from None


# How RNN runs a cell


@check(
    "masks",
    "masked steps change nothing: padding gives what the shorter sequence gives",
    "Change the states in what call returns only, so that RNN can take the change back.",
    "batch",
)
def heeds_masks(case: Case) -> None:
    layer = keras.layers.RNN(case.layer.cell)
    mask = np.array([[0, 0, 1, 1, 1], [1, 1, 1, 0, 0], [1, 0, 1, 0, 1]], bool)
    got = to_numpy(layer(case.x, mask=to_tensor(mask)))
    shorter = case.x[mask].reshape(BATCH, -1, case.features)
    wanted = to_numpy(layer(shorter))
    for real, *pair in zip(mask, got, wanted, strict=True):
        try:
            compare(*pair)
        except Failure as failure:
            steps = "".join("x" if step else "·" for step in real)
            fix = ""
            if not real[-1] and BACKEND == "jax":
                fix = "On JAX a masked step gives the first state: let the output be that state."
            raise Failure(f"{failure.got} on the steps {steps}", fix) from None


@check(
    "stateful",
    "stateful=True carries the states to the next batch, and reset_state starts anew",
    "Let states start at 0: reset_state knows no other start. Add what they lack in call.",
    "loop",
)
def carries_states(case: Case) -> None:
    layer = keras.layers.RNN(case.layer.cell, return_sequences=True, stateful=True)
    halves = [to_tensor(half) for half in np.split(case.x[:, : TIME // 2 * 2], 2, axis=1)]
    if KERAS_2:  # which asks for the batch before the call
        layer.build((BATCH, None, case.features))
    for again in range(2):
        got = np.concatenate([to_numpy(layer(half)) for half in halves], axis=1)
        try:
            compare(got, case.outputs[:, : got.shape[1]])
        except Failure as failure:
            raise Failure(failure.got + " after reset_state" * again) from None
        getattr(layer, "reset_state", getattr(layer, "reset_states", None))()


@check(
    "stack",
    "two cells in one RNN give what two layers give",
    "Give output_size where the output is not as wide as the first state.",
    "batch",
)
def can_be_stacked(case: Case) -> None:
    cells = [case.make(), case.make()]
    stack = keras.layers.RNN(cells, return_sequences=True)
    try:
        stack(case.x)
    except Exception:
        try:
            keras.layers.RNN(case.make())(case.outputs)
        except Exception as error:
            raise NoMeaning("the cell does not read what it writes") from error
        raise
    with_random_weights(stack)
    first, second = (keras.layers.RNN(cell, return_sequences=True) for cell in cells)
    compare(stack(case.x), second(first(case.x)))


@check(
    "bidirectional",
    "Bidirectional gives what two layers give, each with weights of its own",
    "Let the constructor make every layer and weight inside anew: Bidirectional copies by config.",
    "config, loop",
)
def can_be_bidirectional(case: Case) -> None:
    with custom_objects(case):
        both = keras.layers.Bidirectional(keras.layers.RNN(case.make(), return_sequences=True))
    both(case.x)
    with_random_weights(both)
    if len(both.weights) != 2 * len(case.layer.weights):
        raise Failure(f"{len(both.weights)} weights, {len(case.layer.weights)} in one direction")
    forward = to_numpy(both.forward_layer(case.x))
    backward = to_numpy(both.backward_layer(case.x))[:, ::-1]
    compare(both(case.x), np.concatenate([forward, backward], axis=-1))


# Numbers


@check(
    "float16",
    "under mixed_float16 outputs and states are float16, and finite",
    "Cast constants to self.compute_dtype, and keep them within ±65,504.",
    "batch",
)
def bears_mixed_precision(case: Case) -> None:
    policy = keras.mixed_precision if KERAS_2 else keras.config
    set_policy = policy.set_global_policy if KERAS_2 else policy.set_dtype_policy
    set_policy("mixed_float16")
    try:
        given = isinstance(case.given, keras.layers.Layer)
        cell = case.make(dtype="mixed_float16") if given else case.make()
        if cell.compute_dtype != "float16":
            raise Failure(
                f"a cell that computes in {cell.compute_dtype}",
                "Pass **kwargs of the constructor on to super().__init__.",
            )
        output, states = cell(to_tensor(case.x[:, 0].astype("float16")), case.states(cell))
        for tensor in (output, *flat(states)):
            if to_numpy(tensor).dtype != np.float16:
                raise Failure(f"{to_numpy(tensor).dtype}")
        layer = keras.layers.RNN(cell, return_sequences=True, return_state=True)
        mask = np.arange(TIME) < np.array([[TIME], [3], [0]])
        tensors = flat(list(layer(to_tensor(case.x), mask=to_tensor(mask))))
    finally:
        set_policy("float32")
    if not all(np.all(np.isfinite(to_numpy(tensor))) for tensor in tensors):
        raise Failure("infinite numbers, or none at all (NaN)")


# Keeping a cell


@check(
    "config",
    "get_config holds every argument of the constructor, as what JSON can hold",
    'def get_config(self): return super().get_config() | {"units": self.units, …}',
    "sizes",
)
def describes_itself(case: Case) -> None:
    cell = case.make()
    config = cell.get_config()
    json.dumps(config)
    named = arguments(case.cls)
    lacking = sorted(named - set(config))
    try:
        again = case.cls.from_config(config).get_config()
    except TypeError as error:
        raise Failure(f"from_config(get_config()) says: {error}") from None
    if lacking:
        raise Failure(f"no {', '.join(lacking)} in it")
    if json.dumps(again) != json.dumps(config):
        keys = [key for key in config if json.dumps(again.get(key)) != json.dumps(config[key])]
        raise Failure(f"another {', '.join(keys)} after from_config(get_config())")


def arguments(cls: type) -> set[str]:
    """Return the names that the constructors of a class and of its bases take, up to Keras's."""
    names = set()
    for base in cls.__mro__:
        if base.__module__.partition(".")[0] == keras.__name__ and base is not cls:
            break
        if "__init__" in vars(base):
            parameters = inspect.signature(base.__init__).parameters.values()
            kinds = inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD
            names |= {one.name for one in parameters if one.kind not in kinds}
    # RecurrentCell names options for all cells, and refuses those that have no use in one. LSTMCell
    # leaves out what Keras's has not, unless it is given.
    return names - {"self", *getattr(cls, "_lacking", list)(), *getattr(cls, "_unlisted", ())}


def custom_objects(case: Case) -> Any:
    """Return a context in which Keras knows the class, registered or not."""
    return keras.saving.custom_object_scope({case.cls.__name__: case.cls})


@check(
    "saved",
    "a saved model gives the same output when it is loaded",
    "Hold the cell's numbers in weights or in get_config.",
    "config, traced, weights",
)
def survives_saving(case: Case) -> None:
    with tempfile.TemporaryDirectory() as folder, custom_objects(case):
        path = Path(folder) / "model.keras"
        case.model(case.layer).save(path)
        compare(keras.models.load_model(path)(case.x), case.layer(case.x))


@check(
    "registered",
    "Keras finds the class by its name when it loads a model",
    'Decorate it with @keras.saving.register_keras_serializable(package="mine").',
    "sizes",
)
def is_registered(case: Case) -> None:
    if case.cls.__module__.partition(".")[0] == keras.__name__:
        return
    name = keras.saving.get_registered_name(case.cls)
    if keras.saving.get_registered_object(name) is not case.cls:
        raise Failure(f"no class under {name!r}")


@check(
    "elsewhere",
    "another process that imports the module loads the model and gets the same output",
    "Let the result hang on nothing but the module, the config and the weights.",
    "registered, saved",
)
def survives_another_process(case: Case) -> None:
    module = case.cls.__module__
    if module == "__main__" or not importlib.util.find_spec(module):
        raise NoMeaning("the class stands in no file; move it into one, as with %%writefile")
    with tempfile.TemporaryDirectory() as folder:
        case.model(case.layer).save(Path(folder) / "model.keras")
        np.save(Path(folder) / "x.npy", case.x)
        in_another_process(module, folder)
        compare(np.load(Path(folder) / "y.npy"), case.layer(case.x))


def in_another_process(module: str, folder: str) -> None:
    """Run `load_and_run` in a new interpreter."""
    said = subprocess.run(
        [
            sys.executable,
            "-c",
            f"from {__name__} import load_and_run; load_and_run({module!r}, {folder!r})",
        ],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "KERAS_BACKEND": BACKEND},
        capture_output=True,
        text=True,
    )
    if said.returncode:
        raise Failure(said.stderr.strip().splitlines()[-1])


def load_and_run(module: str, folder: str) -> None:
    """Load the model in the folder and write what it gives for x.npy there into y.npy."""
    importlib.import_module(module)
    model = keras.models.load_model(Path(folder) / "model.keras")
    np.save(Path(folder) / "y.npy", to_numpy(model(np.load(Path(folder) / "x.npy"))))


@check(
    "exported",
    "a SavedModel gives the same output, for other batches and lengths too",
    "Hold on self layers, numbers, strings and lists of them; call nothing of Python in a step.",
    "traced, weights",
)
def survives_export(case: Case) -> None:
    if BACKEND != "tensorflow":
        raise NoMeaning("a SavedModel is TensorFlow's")
    import tensorflow as tf

    with tempfile.TemporaryDirectory() as folder:
        logger = tf.get_logger()
        level = logger.level
        logger.setLevel("ERROR")
        try:  # TensorFlow and Keras say where the file lies
            with contextlib.redirect_stdout(io.StringIO()):
                case.model(case.layer).export(folder)
        finally:
            logger.setLevel(level)
        loaded = tf.saved_model.load(folder)
        longer = np.concatenate([case.x[:2]] * 2, axis=1)
        compare(loaded.serve(longer), case.layer(longer))


# All of them


def check_cell(cell: Any, features: int = 3, raise_error: bool = True) -> list[Finding]:
    """Run a recurrent cell through whatever breaks cells in practice, and print what was found.

    Each check that fails says what it expected, what came, and the smallest change that mends it.
    A check that builds on a failed one is not run, so mend from the top.

    Args:
        cell: a cell without weights, or a function or class that makes one when it is called with
            no arguments. It may be of this package, of Keras or your own: any Keras layer that
            `keras.layers.RNN` can run on one input. A class is looked up by another process only
            where it stands in a file, not in a notebook.
        features: the width of the inputs.
        raise_error: whether to raise at the end if a check failed.

    Returns:
        What each check found, in their order.

    Raises:
        TypeError: if `cell` is neither a Keras layer nor a function that makes one.
        ValueError: if `cell` has weights already.
        AssertionError: if a check failed, unless `raise_error` is False.

    Example:
        >>> from custom_cells import LSTMCell, check_cell
        >>> findings = check_cell(LSTMCell(4))  # doctest: +ELLIPSIS, +NORMALIZE_WHITESPACE
        LSTMCell on ...: ... checks
          passes   sizes, step, loop, ...
    """
    made = cell if isinstance(cell, keras.layers.Layer) else callable(cell) and cell()
    if not isinstance(made, keras.layers.Layer):
        raise TypeError(
            f"check_cell expects a cell, a Keras layer, or a function that makes one, got {cell!r}."
        )
    if getattr(cell, "built", False):
        raise ValueError(
            f"check_cell expects a cell without weights, got {cell.name!r}, which is built; "
            "give a function that makes one."
        )
    case, findings = Case(cell, features), []
    stopped = set()
    for one in CHECKS:
        finding = _run(one, case, [name for name in one.needs if name in stopped])
        findings.append(finding)
        if finding.outcome == "fails" or finding.got.startswith("needs "):
            stopped.add(one.name)
    _show(case.cls.__name__, findings)
    failed = [finding.check for finding in findings if finding.outcome == "fails"]
    if failed and raise_error:
        raise AssertionError(f"{case.cls.__name__} fails: {', '.join(failed)}.")
    return findings


def _run(one: Check, case: Case, missing: list[str]) -> Finding:
    if missing:
        return Finding(one.name, "not run", one.expected, f"needs {', '.join(missing)}")
    try:
        one.run(case)
    except NoMeaning as reason:
        return Finding(one.name, "not run", one.expected, str(reason))
    except Failure as failure:
        return Finding(one.name, "fails", one.expected, failure.got, failure.fix or one.fix)
    except Exception as error:
        # Keras puts a line before its messages, and what it quotes stands last.
        text = re.sub(f"{NOISE}|^Exception encountered.*", "", str(error))
        lines = [line for line in text.splitlines() if line.strip()] or [""]
        said = lines[-1 if lines[0].endswith(":") else 0]
        got = f"{type(error).__name__}: {textwrap.shorten(said, 200)}"
        return Finding(one.name, "fails", one.expected, got, one.fix)
    return Finding(one.name, "passes", one.expected)


def _show(name: str, findings: list[Finding]) -> None:
    print(f"{name} on {BACKEND}: {len(findings)} checks")
    passed = [finding.check for finding in findings if finding.outcome == "passes"]
    _fill("  passes   ", ", ".join(passed))
    for finding in findings:
        if finding.outcome == "not run":
            _fill("  not run  ", f"{finding.check}: {finding.got}")
    for finding in findings:
        if finding.outcome == "fails":
            _fill("  fails    ", finding.check)
            for label in ("expected", "got", "fix"):
                _fill(f"    {label:10}", getattr(finding, label))


def _fill(label: str, text: str) -> None:
    space = " " * len(label)
    print(textwrap.fill(text, 96, initial_indent=label, subsequent_indent=space))
