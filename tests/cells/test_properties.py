"""Whatever the shapes, masks, states and options: a layer equals a loop over its cell."""

import numpy as np
from cells import close, draw_states, every_form, rnn, to_numpy, to_tensor, with_random_weights
from hypothesis import example, given, settings
from hypothesis import strategies as st

sizes = st.integers(1, 4)
# A row is padded left or right, or has holes; it may be masked altogether.
paddings = st.sampled_from(["left", "right", "holes"])
rows = st.tuples(paddings, st.integers(0, 4), st.integers(0, 15))


def mask_of(row: tuple[str, int, int], time: int) -> np.ndarray:
    padding, length, holes = row
    if padding == "holes":
        return np.array([holes >> t & 1 for t in range(time)], bool)
    kept = np.arange(time) < length
    return kept if padding == "right" else kept[::-1]


def loop(cell, x: np.ndarray, mask: np.ndarray, states: list[np.ndarray]) -> tuple:
    """Return the output after each step and the last states; a masked step changes neither."""
    output = np.zeros((len(x), cell.output_size), "float32")
    outputs = []
    for t in range(x.shape[1]):
        kept = mask[:, t, None]
        new_output, new_states = cell(x[:, t], [to_tensor(state) for state in states])
        output = np.where(kept, to_numpy(new_output), output)
        states = [np.where(kept, to_numpy(n), s) for n, s in zip(new_states, states, strict=True)]
        outputs.append(output)
    return np.stack(outputs, axis=1), states


def everything(**options):
    """Return an example with all that a sequence can have at once."""
    lines = [("right", 2, 0), ("left", 3, 0), ("holes", 0, 5), ("left", 0, 0)]
    drawn = {"time": 4, "features": 3, "units": 2, "masked": True, "lines": lines}
    drawn |= {"zero_start": False, "activation": "tanh", "use_bias": True}
    return example(**drawn, **options)


@every_form
@settings(derandomize=True, deadline=None, max_examples=5, database=None)
@given(
    time=sizes,
    features=sizes,
    units=sizes,
    masked=st.booleans(),
    lines=st.lists(rows, min_size=1, max_size=4),
    zero_start=st.booleans(),
    activation=st.sampled_from(["tanh", "relu", "softsign", "linear"]),
    use_bias=st.booleans(),
    unroll=st.booleans(),
    go_backwards=st.booleans(),
    return_sequences=st.booleans(),
)
@everything(unroll=False, go_backwards=True, return_sequences=True)
@everything(unroll=True, go_backwards=True, return_sequences=False)
def test_layer_equals_a_loop_over_its_cell(
    make, time, features, units, masked, lines, zero_start, activation, use_bias, **options
):
    rng = np.random.default_rng(0)
    batch = len(lines)
    x = rng.normal(size=(batch, time, features)).astype("float32")
    mask = np.array([mask_of(line, time) for line in lines]) if masked else None
    given = {"activation": activation, "use_bias": use_bias}
    cell = make(units, **{name: given[name] for name in given if name in make(1).get_config()})
    states = [state.astype("float32") for state in draw_states(cell, batch)]
    states = [0 * state for state in states] if zero_start else states
    layer = rnn(cell, return_state=True, **options)
    with_random_weights(layer, shape=x.shape)
    start = None if zero_start else [to_tensor(state) for state in states]
    output, *last = layer(x, mask=mask, initial_state=start)

    order = slice(None, None, -1 if options["go_backwards"] else 1)
    seen = np.ones((batch, time), bool) if mask is None else mask
    outputs, expected = loop(cell, x[:, order], seen[:, order], states)
    close(output, outputs if options["return_sequences"] else outputs[:, -1], 1e-5)
    for got, state in zip(last, expected, strict=True):
        close(got, state, 1e-5)
