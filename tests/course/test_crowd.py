"""A member of a crowd learns what Keras would teach it alone."""

import keras
import numpy as np
import pytest
from keras import layers
from keras.optimizers.schedules import CosineDecay

from experiments.crowd import Crowd
from experiments.recipe import shuffled

UPDATES, BATCH = 25, 8
RATES, SEEDS = (0.003, 0.03), (0, 1)


def gru() -> keras.Model:
    return keras.Sequential([keras.Input((6, 1)), layers.GRU(4), layers.Dense(2)])


def decoder() -> keras.Model:
    return keras.Sequential(
        [
            keras.Input((6, 1)),
            layers.GRU(4),
            layers.RepeatVector(2),
            layers.GRU(4, return_sequences=True),
            layers.Dense(1),
            layers.Flatten(),
        ]
    )


def window() -> keras.Model:
    dense = [layers.Dense(4, "tanh"), layers.Dense(2)]
    return keras.Sequential([keras.Input((6, 1)), layers.Flatten(), *dense])


def squared(y, found):
    return keras.ops.mean((y - found) ** 2, axis=(1, 2))


@pytest.mark.parametrize(
    ("build", "model"), [(gru, "GRU"), (decoder, "decoder"), (window, "window")]
)
def test_member_learns_what_keras_teaches_it(build, model: str):
    x = np.random.default_rng(0).normal(size=(40, 6, 1)).astype("float32")
    y = np.sin(x[:, -2:, 0])
    crowd = Crowd(build, model, squared, x, y, BATCH, RATES, SEEDS)
    learnt = crowd.fit(UPDATES)
    member = crowd.members.index((0.03, 1))
    keras.utils.set_random_seed(1)
    alone = build()
    before = alone.get_weights()
    alone.compile(keras.optimizers.Adam(CosineDecay(0.03, UPDATES)), "mse")
    order = shuffled(np.arange(40), UPDATES * BATCH, np.random.default_rng(1))
    alone.fit(x[order], y[order], batch_size=BATCH, shuffle=False, verbose=0)
    for got, wanted, old in zip(learnt, alone.get_weights(), before, strict=True):
        assert not np.allclose(wanted, old, atol=1e-2), "nothing was learnt"
        np.testing.assert_allclose(got[member].reshape(wanted.shape), wanted, atol=1e-4)
