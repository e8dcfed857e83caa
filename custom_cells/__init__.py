"""Recurrent cells for Keras, each written once for Keras 3 and Keras 2."""

from custom_cells._keras import KERAS_2, DropoutRNNCell, keras
from custom_cells.abstract import AbstractRNNCell
from custom_cells.check import Finding, check_cell
from custom_cells.continuous import CfCCell, CoRNNCell, LEMCell, LMUCell, LTCCell, UnICORNNCell
from custom_cells.elman import (
    AntisymmetricRNNCell,
    CFNCell,
    FastRNNCell,
    GatedAntisymmetricRNNCell,
    IndRNNCell,
    SCRNCell,
    SimpleRNNCell,
)
from custom_cells.gru import (
    ATRCell,
    BRCell,
    FastGRNNCell,
    GRUCell,
    LiGRUCell,
    MGUCell,
    MinimalRNNCell,
    NBRCell,
    STARCell,
    UGRNNCell,
)
from custom_cells.linear import (
    LinearCell,
    LRUCell,
    MinGRUCell,
    MinLSTMCell,
    RGLRUCell,
    S6Cell,
    SRUCell,
)
from custom_cells.lstm import (
    CIFGCell,
    JANETCell,
    LSTM1997Cell,
    LSTMCell,
    MultiplicativeLSTMCell,
    NASCell,
    PeepholeLSTMCell,
    RANCell,
)
from custom_cells.matrix import (
    DeltaNetCell,
    DeltaProductCell,
    GatedDeltaNetCell,
    MLSTMCell,
    RWKV7Cell,
    SLSTMCell,
)
from custom_cells.normalized import LayerNormGRUCell, LayerNormLSTMCell, LayerNormRNNCell
from custom_cells.parallel import ParallelRNN
from custom_cells.recurrent import RecurrentCell
from custom_cells.structured import ClockworkRNNCell, RHNCell
from custom_cells.wrappers import ResidualCell, ZoneoutCell

__all__ = [
    "ATRCell",
    "AbstractRNNCell",
    "AntisymmetricRNNCell",
    "BRCell",
    "CFNCell",
    "CIFGCell",
    "CfCCell",
    "ClockworkRNNCell",
    "CoRNNCell",
    "DeltaNetCell",
    "DeltaProductCell",
    "DropoutRNNCell",
    "FastGRNNCell",
    "FastRNNCell",
    "Finding",
    "GRUCell",
    "GatedAntisymmetricRNNCell",
    "GatedDeltaNetCell",
    "IndRNNCell",
    "JANETCell",
    "LEMCell",
    "LMUCell",
    "LRUCell",
    "LSTM1997Cell",
    "LSTMCell",
    "LTCCell",
    "LayerNormGRUCell",
    "LayerNormLSTMCell",
    "LayerNormRNNCell",
    "LiGRUCell",
    "LinearCell",
    "MGUCell",
    "MLSTMCell",
    "MinGRUCell",
    "MinLSTMCell",
    "MinimalRNNCell",
    "MultiplicativeLSTMCell",
    "NASCell",
    "NBRCell",
    "ParallelRNN",
    "PeepholeLSTMCell",
    "RANCell",
    "RGLRUCell",
    "RHNCell",
    "RWKV7Cell",
    "RecurrentCell",
    "ResidualCell",
    "S6Cell",
    "SCRNCell",
    "SLSTMCell",
    "SRUCell",
    "STARCell",
    "SimpleRNNCell",
    "UGRNNCell",
    "UnICORNNCell",
    "ZoneoutCell",
    "all_cells",
    "check_cell",
]


def all_cells() -> dict[str, type[RecurrentCell]]:
    """Return the cells that compute something, by name: all but the two that wrap others.

    Example:
        >>> from custom_cells import all_cells
        >>> units = {name: cell(4).units for name, cell in all_cells().items()}
        >>> print(set(units.values()))
        {4}
    """
    public = {name: globals()[name] for name in __all__}
    return {
        name: one
        for name, one in public.items()
        if isinstance(one, type)
        and issubclass(one, RecurrentCell)
        and one not in (RecurrentCell, LinearCell)
    }


if KERAS_2:
    # Its .h5 reader looks classes up by their bare names. Where Keras has one of that name too, it
    # takes that, which has the same weights and gives the same output.
    for name in __all__:
        if name.endswith("Cell") and not hasattr(keras.layers, name):
            keras.utils.get_custom_objects()[name] = globals()[name]
