"""Recurrent cells for Keras, each written once for Keras 3 and Keras 2."""

from custom_cells.abstract import AbstractRNNCell
from custom_cells.elman import SimpleRNNCell

__all__ = ["AbstractRNNCell", "SimpleRNNCell"]
