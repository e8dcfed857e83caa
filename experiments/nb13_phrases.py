"""Train notebook 02's model with a bidirectional LSTM of nearly as many parameters.

    python -m experiments.nb13_phrases        (about five minutes on two cores)

The columns are those of nb02_phrases.
"""

from functools import partial

from keras import layers

from experiments import nb02_phrases, store

trainings = nb02_phrases.on_all_seeds
train = partial(nb02_phrases.train, layer=lambda: layers.Bidirectional(layers.LSTM(83)))

if __name__ == "__main__":
    store.fill(__file__, trainings, train)
