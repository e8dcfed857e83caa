"""Recurrent cells for Keras, each written once for Keras 3 and Keras 2."""

from custom_cells.abstract import AbstractRNNCell

__all__ = ["AbstractRNNCell"]
