"""Checkers of notebook 02."""

import keras
import numpy as np

from course.checks import exercise


@exercise(1)
def parameters(answer: int) -> None:
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((None,)),
            layers.Embedding(500, 32),
            layers.LSTM(64),
            layers.Dense(3),
        ]
    )
    embedding, lstm, dense = (layer.count_params() for layer in model.layers)
    hints = {
        embedding + lstm // 4 + dense: "How many gates, each with weights of its own?",
        lstm + dense: "The embedding is a table of weights too.",
        embedding + lstm - 4 * 64 + dense: "The gates of the LSTM have biases.",
        embedding + lstm + dense - 3: "The last layer has biases.",
    }
    kind = type(answer).__name__
    answer = np.asarray(answer)
    assert answer.ndim == 0 and answer.dtype.kind in "iuf", f"Give a number; this is a {kind}."
    answer = answer.item()
    assert answer == model.count_params(), (
        f"The model does not have {answer} parameters. "
        f"{hints.get(answer, 'Work out the three layers one by one, as in the ledger above.')}"
    )


@exercise(2)
def pad_left(answer) -> object:
    for rows in ([[6, 5, 0, 0]], [[1, 0, 0], [3, 2, 0], [5, 4, 6]], [[8, 7]]):
        ids = np.array(rows)
        before = ids.copy()
        found = answer(ids)
        if found is None:
            return NotImplemented
        assert np.array_equal(ids, before), "Your function changes the array that it was given."
        found = np.asarray(found)
        assert found.shape == ids.shape, f"{ids.shape} went in, {found.shape} came out."
        for row, new in zip(ids, found, strict=True):
            tokens = row[row > 0]
            kept = new[new > 0]
            assert sorted(kept) == sorted(tokens), f"{row} became {new}: tokens were lost."
            assert list(kept) == list(tokens), f"{row} became {new}: the order has changed."
            assert np.all(new[len(new) - len(tokens) :] > 0), (
                f"{row} became {new}: the zeros must all stand on the left."
            )
    return None


@exercise(3)
def last_state(answer) -> object:
    rng = np.random.default_rng(0)
    layer = keras.layers.SimpleRNN(4)
    layer.build((None, None, 3))
    W, U, b = layer.get_weights()

    def step(x, h):
        return np.tanh(x @ W + h @ U + b)

    masks = {
        "no padding": [1, 1, 1, 1],
        "padding on the right": [1, 1, 0, 0],
        "padding on the left": [0, 0, 1, 1],
        "a hole": [1, 0, 1, 1],
        "nothing but padding": [0, 0, 0, 0],
    }
    for name, mask in masks.items():
        xs = rng.normal(size=(4, 3)).astype("float32")
        mask = np.array(mask, dtype=bool)
        found = answer(xs, mask, step, np.zeros(4))
        if found is None:
            return NotImplemented
        expected = keras.ops.convert_to_numpy(layer(xs[None], mask=mask[None]))[0]
        assert np.shape(found) == (4,), f"The state has shape (4,), yours {np.shape(found)}."
        assert np.allclose(found, expected, atol=1e-5), (
            f"With {name} the last state differs from that of SimpleRNN."
        )
    return None
