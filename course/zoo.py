"""Where the cells of `custom_cells` come from: the idea of each, and the year of its paper."""

import inspect
import re

import custom_cells

# What the cells of an idea change in the plain RNN. Some have two ideas; here each has one.
IDEAS = {
    "gate": "let the data say what is kept",
    "constrain": "fix the form of the recurrent weights",
    "normalise": "hold the size of what a step reads",
    "discretise": "take small steps of a differential equation",
    "linearise": "no non-linearity between the steps",
}
_CELLS = {
    "gate": """LSTM1997 LSTM PeepholeLSTM CIFG JANET RAN MultiplicativeLSTM NAS SLSTM GRU MGU
        MinimalRNN UGRNN LiGRU ATR STAR BR NBR FastGRNN RHN CFN""",
    "constrain": "IndRNN SCRN ClockworkRNN FastRNN",
    "normalise": "LayerNormRNN LayerNormGRU LayerNormLSTM",
    "discretise": "AntisymmetricRNN GatedAntisymmetricRNN CoRNN UnICORNN LEM LTC CfC LMU",
    "linearise": """SRU LRU RGLRU MinGRU MinLSTM S6 MLSTM DeltaNet GatedDeltaNet DeltaProduct
        RWKV7""",
}
_IDEA = {f"{name}Cell": idea for idea, names in _CELLS.items() for name in names.split()}


def idea(cell: str) -> str:
    """Return the idea of a cell of `custom_cells`; that of SimpleRNNCell is "plain"."""
    return "plain" if cell == "SimpleRNNCell" else _IDEA[cell]


def year(cell: str) -> int:
    """Return the year of the first paper that the docstring of a cell names."""
    if cell == "LSTMCell":
        return 2000  # its forget gate came three years after the rest
    reference = inspect.getdoc(getattr(custom_cells, cell)).partition("Reference:\n")[2]
    return int(re.search(r", (\d{4}),", " ".join(reference.split()))[1])
