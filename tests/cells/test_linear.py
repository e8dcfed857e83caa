"""Cells that are linear in their memory give what a and b say, taken for all steps at once."""

import numpy as np
import pytest
from cells import BATCH, CELLS, TIME, UNITS, close, rnn, to_numpy, to_tensor, with_random_weights

from custom_cells import LinearCell, LRUCell, MinGRUCell, MinLSTMCell, RGLRUCell, S6Cell, SRUCell
from custom_cells.abstract import flat

LINEAR = [cell for cell in CELLS if issubclass(cell, LinearCell)]


def scan(a: np.ndarray, b: np.ndarray, h: np.ndarray) -> np.ndarray:
    """Return h(t) = a(t) ∘ h(t−1) + b(t) for all steps, by products of all a in between."""
    a = np.broadcast_to(a, b.shape)
    states = []
    for t in range(b.shape[1]):
        decays = [np.prod(a[:, s + 1 : t + 1], axis=1) for s in range(-1, t + 1)]
        states.append(
            sum(d * past for d, past in zip(decays, [h, *np.moveaxis(b, 1, 0)], strict=False))
        )
    return np.stack(states, axis=1)


def complex_array(parts) -> np.ndarray:
    """Return the array of a tensor, and of a pair of them that of a complex number."""
    if isinstance(parts, tuple):
        return to_numpy(parts[0]) + 1j * to_numpy(parts[1])
    return to_numpy(parts)


def test_every_linear_cell_is_tested():
    assert set(LINEAR) == {LRUCell, MinGRUCell, MinLSTMCell, RGLRUCell, S6Cell, SRUCell}


@pytest.mark.parametrize("cell", LINEAR)
@pytest.mark.parametrize("features", [2, UNITS])
def test_coefficients_of_the_sequence_give_what_its_steps_give(cell, features: int):
    rng = np.random.default_rng(0)
    x = to_tensor(rng.normal(size=(BATCH, TIME, features)).astype("float32"))
    layer = rnn(cell(UNITS), return_state=True)
    with_random_weights(layer, (None, TIME, features))
    cell = layer.cell
    shapes = [(BATCH, width) for width in flat(cell.state_size)]
    start = [rng.normal(size=shape).astype("float32") for shape in shapes]
    outputs, *last = layer(x, initial_state=[to_tensor(state) for state in start])

    projected = cell.project(x)
    a, b = map(complex_array, cell.coefficients(projected))
    is_complex = np.iscomplexobj(b)
    states = scan(a, b, start[-2] + 1j * start[-1] if is_complex else start[-1])
    memory = [states.real, states.imag] if is_complex else [states]
    memory = [to_tensor(part.astype("float32")) for part in memory]
    close(cell.read(projected, *memory), outputs, 1e-5)
    for part, state in zip(memory[::-1], last[::-1], strict=False):
        close(part[:, -1], state, 1e-5)
