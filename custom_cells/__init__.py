"""Recurrent cells for Keras, each written once for Keras 3 and Keras 2."""

from custom_cells.abstract import AbstractRNNCell
from custom_cells.elman import SimpleRNNCell
from custom_cells.gru import GRUCell
from custom_cells.lstm import LSTMCell

__all__ = ["AbstractRNNCell", "GRUCell", "LSTMCell", "SimpleRNNCell"]
