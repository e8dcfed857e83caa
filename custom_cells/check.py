"""One call that tells whether a recurrent cell will last."""

import copy
import importlib.util
import inspect
import json
import multiprocessing
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from custom_cells._keras import KERAS_2, accepted, keras, to_numpy, to_tensor

__all__ = ["Finding", "check_cell"]

BATCH, TIME = 3, 5
BACKEND = keras.backend.backend()


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
    """The cell under check: new copies of it, inputs for it, and models around it."""

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

    def layer(self, cell: Any = None, **options: Any) -> Any:
        """Return RNN with a cell, built and with weights that no check can take for the first."""
        cell = self.make() if cell is None else cell
        layer = keras.layers.RNN(cell, **{"return_sequences": True} | options)
        layer(self.x)
        return with_random_weights(layer)

    def model(self, *layers: Any) -> Any:
        """Return a model of any batch and any length."""
        x = keras.Input((None, self.features))
        y = x
        for layer in layers or [keras.layers.RNN(self.make(), return_sequences=True)]:
            y = layer(y)
        return keras.Model(x, y)

    def states(self, cell: Any) -> Any:
        """Return the first states of a cell, as RNN asks for them."""
        if not hasattr(cell, "get_initial_state"):
            dtype = cell.compute_dtype
            shapes = [(BATCH, *shape) for shape in sizes(cell.state_size)]
            return [to_tensor(np.zeros(shape, dtype)) for shape in shapes]
        arguments = {"batch_size": BATCH, "dtype": cell.compute_dtype}
        return cell.get_initial_state(**accepted(cell.get_initial_state, arguments))


def with_random_weights(layer: Any) -> Any:
    rng = np.random.default_rng(1)
    # Not negative: the weight of a leak or of a variance must not be.
    layer.set_weights([rng.uniform(0.05, 0.6, w.shape) for w in layer.get_weights()])
    return layer


def flat(states: Any) -> list[Any]:
    """Return the tensors of nested states."""
    if isinstance(states, list | tuple):
        return [state for part in states for state in flat(part)]
    return [states]


def sizes(size: Any) -> list[tuple[int, ...]]:
    """Return the shape of each state without its batch."""
    if isinstance(size, list | tuple):
        return [shape for part in size for shape in sizes(part)]
    shape = getattr(size, "as_list", lambda: [size])()
    return [tuple(int(units) for units in shape)]


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
    "call(inputs, states) returns the output and the new states, shaped as the old ones",
    "Return output, [state, …], with one state for each entry of state_size.",
    "sizes",
)
def gives_output_and_states(case: Case) -> None:
    cell = case.make()
    states = case.states(cell)
    returned = cell(to_tensor(case.x[:, 0]), states)
    if not isinstance(returned, list | tuple) or len(returned) != 2:
        raise Failure(describe(returned))
    output, new = returned
    wanted = sizes(cell.state_size)
    if [tuple(state.shape)[1:] for state in flat(new)] != wanted:
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
    layer = case.layer()
    cell, outputs = layer.cell, []
    states = case.states(cell)
    for t in range(TIME):
        output, states = cell(to_tensor(case.x[:, t]), states)
        outputs.append(to_numpy(output))
    compare(layer(case.x), np.stack(outputs, axis=1))
    compare(layer(case.x), np.stack(outputs, axis=1))  # nothing may stay behind


@check(
    "batch",
    "each row of a batch is read for itself, and a batch may have one row",
    "Keep the first axis apart: reduce, reshape and squeeze other axes by their number only.",
    "loop",
)
def keeps_rows_apart(case: Case) -> None:
    layer = case.layer()
    whole = to_numpy(layer(case.x))
    for row in range(BATCH):
        compare(layer(case.x[row : row + 1]), whole[row : row + 1])


@check(
    "traced",
    "a model made of symbols gives what the layer gives",
    "Compute with keras.ops, not NumPy or Python's if, float and len, on what depends on inputs.",
    "loop",
)
def can_be_traced(case: Case) -> None:
    model = case.model()
    layer = case.layer()
    model.set_weights(layer.get_weights())
    if len(model.get_weights()) != len(layer.weights):
        raise Failure(f"{len(model.get_weights())} weights, {len(layer.weights)} by hand")
    for x in (case.x, np.repeat(case.x, 2, axis=1)):
        compare(model.predict(x, verbose=0), layer(x))


@check(
    "compiled",
    "jit_compile=True gives the same numbers",
    "Let no shape depend on values, and call nothing in a step but keras.ops.",
    "traced",
)
def can_be_compiled(case: Case) -> None:
    if BACKEND == "torch":
        raise NoMeaning("PyTorch compiles in its own way")
    model = case.model()
    wanted = with_random_weights(model)(case.x)
    model.compile(jit_compile=True)
    compare(model.predict(case.x, verbose=0), wanted, 1e-4)


# Weights


@check(
    "weights",
    "every variable is a weight of the cell, so that Keras trains and saves it",
    "Make it with self.add_weight(name=…, shape=…) in build.",
    "loop",
)
def tracks_its_variables(case: Case) -> None:
    cell = case.layer().cell
    known = {id(getattr(weight, "_value", weight)) for weight in cell.weights}
    known |= {id(weight) for weight in cell.weights}
    for name, value in vars(cell).items():
        module = type(value).__module__
        variable = "Variable" in type(value).__name__ or type(value).__name__ == "Parameter"
        if variable and id(value) not in known and not name.startswith("_"):
            raise Failure(f"{name}, a {type(value).__name__} of {module.partition('.')[0]}")


@check(
    "gradients",
    "one update moves every trainable weight",
    "Use each weight in call, through functions that have a gradient; or trainable=False.",
    "traced, weights",
)
def learns(case: Case) -> None:
    keras.utils.set_random_seed(1)
    model = case.model()
    before = [to_numpy(weight).copy() for weight in model.trainable_weights]
    target = np.random.default_rng(2).normal(size=model(case.x).shape).astype("float32")
    model.compile(keras.optimizers.SGD(1.0), "mse")
    x, y = np.concatenate([case.x] * 4), np.concatenate([target] * 4)
    model.fit(x, y, batch_size=len(x), verbose=0)
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
    starts = []
    for by_hand in (True, False):
        keras.utils.set_random_seed(0)
        layer = keras.layers.RNN(case.make())
        model = keras.Sequential([layer])
        if by_hand:
            width = layer(case.x).shape[-1]
            keras.utils.set_random_seed(0)
            layer = keras.layers.RNN(case.make())
            layer(case.x)
        else:
            model.compile(keras.optimizers.SGD(0.0), "mse")
            model.fit(case.x, np.zeros((BATCH, width), "float32"), verbose=0)
        starts.append([to_numpy(weight) for weight in layer.cell.weights])
    for weight, one, two in zip(layer.cell.weights, *starts, strict=True):
        try:
            compare(two, one)
        except Failure as failure:
            raise Failure(f"{weight.name} with {failure.got}") from None


# How RNN runs a cell


@check(
    "masks",
    "masked steps change nothing: padding gives what the shorter sequence gives",
    "Change the states in what call returns only, so that RNN can take the change back.",
    "loop",
)
def heeds_masks(case: Case) -> None:
    layer = case.layer(return_sequences=False)
    mask = np.array([[0, 0, 1, 1, 1], [1, 1, 1, 0, 0], [1, 0, 1, 0, 1]], bool)
    for row, real in enumerate(mask):
        x = case.x[row : row + 1]
        try:
            compare(layer(x, mask=to_tensor(real[None])), layer(x[:, real]))
        except Failure as failure:
            steps = "".join("x" if step else "·" for step in real)
            fix = ""
            if not real[-1] and BACKEND == "jax":
                fix = "On JAX a masked step gives the first state: let the output be that state."
            raise Failure(f"{failure.got} on the steps {steps}", fix) from None


@check(
    "stateful",
    "stateful=True carries the states to the next batch",
    "Return every state from call, and let get_initial_state take batch_size.",
    "loop",
)
def carries_states(case: Case) -> None:
    whole = case.layer()
    halves = keras.layers.RNN(case.make(), return_sequences=True, stateful=True)
    x = to_tensor(case.x)
    if KERAS_2:
        halves.build(case.x.shape)
    halves(x[:, :2])
    halves.set_weights(whole.get_weights())
    getattr(halves, "reset_state", getattr(halves, "reset_states", None))()
    got = [to_numpy(halves(x[:, :2])), to_numpy(halves(x[:, 2:]))]
    compare(np.concatenate(got, axis=1), whole(x))


@check(
    "stack",
    "two cells in one RNN give what two layers give",
    "Return the states in a list, and give output_size where it is not the first state's.",
    "traced",
)
def can_be_stacked(case: Case) -> None:
    wide = case.layer()(case.x).shape[-1]
    if wide != case.features:
        case = Case(case.given, case.features)
    cells = [case.make(), case.make()]
    try:
        layers = [keras.layers.RNN(cell, return_sequences=True) for cell in cells]
        two = case.model(*layers)
    except Exception as error:
        raise NoMeaning("the cell does not read what it writes") from error
    one = case.model(keras.layers.RNN([case.make(), case.make()], return_sequences=True))
    with_random_weights(two)
    one.set_weights(two.get_weights())
    compare(one.predict(case.x, verbose=0), two.predict(case.x, verbose=0))


@check(
    "bidirectional",
    "Bidirectional gives what two layers give",
    "Make get_config complete: Bidirectional copies the layer by it.",
    "config, traced",
)
def can_be_bidirectional(case: Case) -> None:
    layer = keras.layers.RNN(case.make(), return_sequences=True)
    both = keras.layers.Bidirectional(layer)
    with custom_objects(case):
        both(case.x)
    with_random_weights(both)
    forward = to_numpy(both.forward_layer(case.x))
    backward = to_numpy(both.backward_layer(case.x))[:, ::-1]
    compare(both(case.x), np.concatenate([forward, backward], axis=-1))


# Numbers


@check(
    "float16",
    "under mixed_float16 outputs and states are float16, and finite",
    "Cast constants to self.compute_dtype, and keep them within ±65,504.",
    "traced",
)
def bears_mixed_precision(case: Case) -> None:
    policy = keras.mixed_precision if KERAS_2 else keras.config
    set_policy = policy.set_global_policy if KERAS_2 else policy.set_dtype_policy
    set_policy("mixed_float16")
    try:
        cell = case.make() if not isinstance(case.given, keras.layers.Layer) else None
        cell = cell or case.make(dtype="mixed_float16")
        if cell.compute_dtype != "float16":
            raise Failure(
                f"a cell that computes in {cell.compute_dtype}",
                "Pass **kwargs of the constructor on to super().__init__.",
            )
        layer = keras.layers.RNN(cell, return_sequences=True, return_state=True)
        mask = np.arange(TIME) < np.array([[TIME], [3], [1]])
        tensors = flat(list(layer(to_tensor(case.x), mask=to_tensor(mask))))
        output, states = cell(to_tensor(case.x[:, 0].astype("float16")), case.states(cell))
        tensors += [output, *flat(states)]
    finally:
        set_policy("float32")
    for tensor in tensors:
        array = to_numpy(tensor)
        if array.dtype != np.float16:
            raise Failure(f"{array.dtype}")
        if not np.all(np.isfinite(array)):
            raise Failure("infinite numbers, or none at all (NaN)")


@check(
    "last batch",
    "fit takes a last batch that is smaller",
    "Store no tensor on self in call: it outlives the batch that it was made for.",
    "traced",
)
def takes_a_smaller_last_batch(case: Case) -> None:
    model = case.model()
    x = np.concatenate([case.x, case.x])[:5]
    y = np.zeros(model(x).shape, "float32")
    model.compile("sgd", "mse")
    model.fit(x, y, batch_size=3, verbose=0)
    model.predict(x, batch_size=4, verbose=0)


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
    # RecurrentCell names options for all cells, and refuses those that have no use in one.
    return names - {"self", *getattr(cls, "_lacking", list)()}


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
    model = with_random_weights(case.model())
    wanted = model.predict(case.x, verbose=0)
    with tempfile.TemporaryDirectory() as folder, custom_objects(case):
        path = Path(folder) / "model.keras"
        model.save(path)
        compare(keras.models.load_model(path).predict(case.x, verbose=0), wanted)


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
    found = module != "__main__" and importlib.util.find_spec(module)
    if not found:
        raise NoMeaning("the class stands in no file; move it into one, as with %%writefile")
    model = with_random_weights(case.model())
    wanted = model.predict(case.x, verbose=0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        model.save(path)
        spawn = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(1, spawn) as pool:
            compare(pool.submit(predict, module, str(path), case.x, sys.path).result(), wanted)


def predict(module: str, path: str, x: np.ndarray, where: list[str]) -> np.ndarray:
    sys.path[:] = where
    importlib.import_module(module)
    return keras.models.load_model(path).predict(x, verbose=0)


@check(
    "exported",
    "a SavedModel gives the same output, for other batches and lengths too",
    "Call nothing of Python in a step; let sizes come from keras.ops.shape.",
    "traced, weights",
)
def survives_export(case: Case) -> None:
    if BACKEND != "tensorflow":
        raise NoMeaning("a SavedModel is TensorFlow's")
    import tensorflow as tf

    model = with_random_weights(case.model())
    with tempfile.TemporaryDirectory() as folder:
        if KERAS_2:
            model.export(folder)
        else:
            model.export(folder, verbose=False)
        loaded = tf.saved_model.load(folder)
        for x in (case.x, np.concatenate([case.x[:1]] * 2, axis=1)):
            compare(loaded.serve(x), model(x))


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
        AssertionError: if a check failed, unless `raise_error` is False.

    Example:
        >>> from custom_cells import LSTMCell, check_cell
        >>> findings = check_cell(LSTMCell(4))  # doctest: +ELLIPSIS
        LSTMCell ... 18 checks ...
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
    start = time.perf_counter()
    for one in CHECKS:
        bad = {finding.check for finding in findings if finding.outcome == "fails"}
        bad |= {f.check for f in findings if f.outcome == "not run" and f.got.startswith("needs")}
        findings.append(_run(one, case, [name for name in one.needs if name in bad]))
    seconds = time.perf_counter() - start
    _show(case.cls.__name__, findings, seconds)
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
        said = next((line for line in str(error).splitlines() if line.strip()), "")
        got = f"{type(error).__name__}: {textwrap.shorten(said, 200)}"
        return Finding(one.name, "fails", one.expected, got, one.fix)
    return Finding(one.name, "passes", one.expected)


def _show(name: str, findings: list[Finding], seconds: float) -> None:
    counts = {
        outcome: sum(finding.outcome == outcome for finding in findings)
        for outcome in ("passes", "fails", "not run")
    }
    words = ", ".join(f"{count} {outcome}" for outcome, count in counts.items() if count)
    print(f"{name} on {BACKEND}: {len(findings)} checks, {words}")
    for finding in findings:
        line = f"  {finding.check:14} {finding.outcome}"
        print(line + (f": {finding.got}" if finding.outcome == "not run" else ""))
        if finding.outcome == "fails":
            for label, text in (
                ("expected", finding.expected),
                ("got", finding.got),
                ("fix", finding.fix),
            ):
                print(
                    textwrap.fill(
                        text, 96, initial_indent=f"      {label:9} ", subsequent_indent=" " * 16
                    )
                )
