"""Recurrent cells for Keras, each written once for Keras 3 and Keras 2."""

from custom_cells._keras import DropoutRNNCell
from custom_cells.abstract import AbstractRNNCell
from custom_cells.check import Finding, check_cell
from custom_cells.elman import IndRNNCell, SimpleRNNCell
from custom_cells.gru import GRUCell, LiGRUCell, MGUCell
from custom_cells.linear import MinGRUCell
from custom_cells.lstm import CIFGCell, JANETCell, LSTM1997Cell, LSTMCell, PeepholeLSTMCell
from custom_cells.normalized import LayerNormGRUCell, LayerNormLSTMCell, LayerNormRNNCell
from custom_cells.recurrent import RecurrentCell
from custom_cells.wrappers import ResidualCell, ZoneoutCell

__all__ = [
    "AbstractRNNCell",
    "CIFGCell",
    "DropoutRNNCell",
    "Finding",
    "GRUCell",
    "IndRNNCell",
    "JANETCell",
    "LSTM1997Cell",
    "LSTMCell",
    "LayerNormGRUCell",
    "LayerNormLSTMCell",
    "LayerNormRNNCell",
    "LiGRUCell",
    "MGUCell",
    "MinGRUCell",
    "PeepholeLSTMCell",
    "RecurrentCell",
    "ResidualCell",
    "SimpleRNNCell",
    "ZoneoutCell",
    "check_cell",
]
