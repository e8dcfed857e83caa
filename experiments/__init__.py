"""Trainings too long for a notebook: a script for each, and what they share.

store.py keeps their results, tasks.py has the data, recipe.py trains a model many times.
"""

import os

# TensorFlow's C++ log lines tell a reader nothing; Python errors still show.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
