"""The layer that runs a linear cell over all steps at once."""

import operator
from collections.abc import Callable
from typing import Any

from custom_cells._keras import KERAS_2, keras, ops
from custom_cells.linear import LinearCell

__all__ = ["ParallelRNN"]


@keras.saving.register_keras_serializable(package="custom_cells")
class ParallelRNN(keras.layers.RNN):
    """`keras.layers.RNN` for linear cells, which computes all steps at once.

        h(t) = a(t) ∘ h(t−1) + b(t)

    a and b see the input only, so they are computed for all steps first. Then two steps in a row
    make one, of a(t+1) ∘ a(t) and a(t+1) ∘ b(t) + b(t+1), and so on until one is left, and the
    states between are filled in on the way back: 2 log₂ T rounds for T steps, and 2.5 times the
    arithmetic of a loop. A masked step has a = 1 and b = 0. Nothing is divided, so logarithms are
    not needed.

    This saves what the loop itself costs, and no arithmetic. On a CPU it pays for small batches and
    few units, and on PyTorch, which loops in Python. With a batch of 32 and 128 units a training
    step took 0.8 to 1.4 times that of `RNN` on TensorFlow and JAX, and inference that is compiled
    1.3 to 5.3 times (benchmarks/README.md): measure before you choose.

    Arguments, call arguments, returns, states and masks are those of `RNN`, and so are the
    results, up to rounding. The loop of `RNN` runs where the number of steps is unknown while a
    graph is traced, and where cell and layer compute in different dtypes.

    Args:
        cell: a `LinearCell`: MinGRUCell, MinLSTMCell, SRUCell, LRUCell, RGLRUCell, S6Cell, or one
            of your own.
        *args, **kwargs: what `keras.layers.RNN` takes, but no `unroll=True`.

    Raises:
        ValueError: if `cell` is another cell or a list of cells, or if `unroll` is True.
        NotImplementedError: on Keras 2.

    Example:
        >>> import keras
        >>> import numpy as np
        >>> from custom_cells import MinGRUCell, ParallelRNN
        >>> cell, x = MinGRUCell(4), np.ones((2, 100, 3), "float32")
        >>> outputs = [layer(cell)(x) for layer in (keras.layers.RNN, ParallelRNN)]
        >>> loop, parallel = map(keras.ops.convert_to_numpy, outputs)
        >>> print(parallel.shape, f"{np.abs(parallel - loop).max():.5f}")
        (2, 4) 0.00000

    Reference:
        G. E. Blelloch, Prefix sums and their applications, 1990, CMU-CS-90-190;
        E. Martin and C. Cundy, Parallelizing linear recurrent neural nets over sequence length,
        2018, arXiv:1709.04057
    """

    def __init__(self, cell: LinearCell, *args: Any, **kwargs: Any):
        if KERAS_2:
            raise NotImplementedError("ParallelRNN needs Keras 3; on Keras 2 use RNN.")
        if not isinstance(cell, LinearCell):
            raise ValueError(
                "ParallelRNN expects one cell that is linear in its memory, such as MinGRUCell, "
                f"got {cell!r}. RNN runs every cell."
            )
        super().__init__(cell, *args, **kwargs)
        if self.unroll:
            raise ValueError(
                "ParallelRNN expects unroll=False, got True; it has no loop that could be unrolled."
            )

    def inner_loop(
        self, sequences: Any, initial_state: list[Any], mask: Any, training: bool = False
    ) -> tuple[Any, Any, list[Any]]:
        """Return the last output, the outputs and the last states, as the loop of `RNN` does."""
        steps = sequences.shape[1]
        if steps is None or self.cell.compute_dtype != self.compute_dtype:
            return super().inner_loop(sequences, initial_state, mask, training)
        if self.stateful:
            # PyTorch overwrites what the variables hold before it computes gradients from it.
            initial_state = [ops.copy(state) for state in initial_state]
        if self.go_backwards:
            sequences = ops.flip(sequences, axis=1)
            mask = None if mask is None else ops.flip(mask, axis=1)

        x = self.cell.project(sequences, training)
        a, b = (c if isinstance(c, tuple) else (c,) for c in self.cell.coefficients(x))
        parts = len(b)
        has_output_state = len(initial_state) > parts
        if mask is not None:
            real = ops.cast(mask, "bool")
            real = real if len(real.shape) == 3 else real[..., None]
            # A masked step multiplies by 1 and adds 0.
            a = [ops.where(real, part, one) for part, one in zip(a, (1, 0), strict=False)]
            b = [ops.where(real, part, 0) for part in b]
        elif len(a[0].shape) == 1:
            a = [ops.broadcast_to(part, (1, steps, part.shape[0])) for part in a]
        a, b, h = map(side_by_side, (a, b, initial_state[-parts:]))
        memory = scan(a, b, h, operator.mul if parts == 1 else times_complex)
        memory = ops.split(memory, parts, axis=-1)
        states = [part[:, -1] for part in memory]

        if mask is None and not self.return_sequences:
            x, memory = x[:, -1:], [part[:, -1:] for part in memory]
        outputs = self.cell.read(x, *memory)
        if has_output_state and mask is not None:
            # A masked step repeats the output, which is such a recurrence as well.
            repeats = ops.cast(ops.logical_not(real), outputs.dtype)
            outputs = scan(repeats, ops.where(real, outputs, 0), initial_state[0])
        if has_output_state:
            states = [outputs[:, -1], *states]
        if mask is not None and self.zero_output_for_mask:
            outputs = ops.where(real, outputs, 0)
        elif mask is not None and keras.backend.backend() in ("tensorflow", "torch"):
            # Before the first real step they give zeros, and JAX the first state.
            outputs = ops.where(ops.cumsum(ops.cast(real, "int32"), axis=1) > 0, outputs, 0)
        return outputs[:, -1], outputs, states


def side_by_side(parts: Any) -> Any:
    """Return real and imaginary part as one tensor, and a single part as it is."""
    return parts[0] if len(parts) == 1 else ops.concatenate(parts, axis=-1)


def scan(a: Any, b: Any, h: Any, times: Callable[[Any, Any], Any] = operator.mul) -> Any:
    """Return h(t) = a(t) ∘ h(t−1) + b(t) for all steps, which are axis 1, from h = h(−1).

    Two steps in a row make one, with a(t+1) ∘ a(t) and a(t+1) ∘ b(t) + b(t+1). So a sequence half
    as long gives every second h, and from each of these one more step gives the next. This needs
    the products of pairs only. `ops.associative_scan` would compute those from the first step on
    too, and that of Keras 3.15 on TensorFlow does not compile by XLA.
    """
    steps = b.shape[1]
    if steps == 1:
        return times(a, h[:, None]) + b
    if steps % 2:
        most = scan(a[:, :-1], b[:, :-1], h, times)
        last = times(a[:, -1:], most[:, -1:]) + b[:, -1:]
        return ops.concatenate([most, last], axis=1)
    # On TensorFlow slices [:, ::2] would take six times as long.
    (a_0, a_1), (b_0, b_1) = (
        ops.unstack(ops.reshape(c, (-1, steps // 2, 2, c.shape[-1])), 2, axis=2) for c in (a, b)
    )
    second = scan(times(a_1, a_0), times(a_1, b_0) + b_1, h, times)
    before = ops.concatenate([h[:, None], second[:, :-1]], axis=1)
    first = times(a_0, before) + b_0
    return ops.reshape(ops.stack([first, second], axis=2), (-1, steps, b.shape[-1]))


def times_complex(a: Any, h: Any) -> Any:
    """Return the product of numbers whose real and imaginary parts stand side by side."""
    (p, q), (r, s) = ops.split(a, 2, axis=-1), ops.split(h, 2, axis=-1)
    return ops.concatenate([p * r - q * s, p * s + q * r], axis=-1)
