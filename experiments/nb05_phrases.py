"""Train notebook 02's model with a GRU in the place of its LSTM, for the leaderboard.

    python -m experiments.nb05_phrases        (about five minutes on two cores)

The model reads the tokens of `tasks.read_tokens`: the characters of a phrase, and then its pairs of
characters. The columns are those of nb02_phrases.
"""

from functools import partial

from keras import layers

from experiments import nb02_phrases, store

trainings = nb02_phrases.on_all_seeds
train = partial(nb02_phrases.train, layer=lambda: layers.GRU(128))

if __name__ == "__main__":
    store.fill(__file__, trainings, train)
