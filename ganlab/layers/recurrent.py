"""Recurrences that can be differentiated twice and spectrally normalised, which the fused ones of torch cannot."""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

from ganlab.layers.checks import at_least, look_up


class GRU(nn.Module):
    """One layer of gated recurrent units (Cho et al. 2014), with the reset gate after the product as in cuDNN."""

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        self.inputs, self.hidden = nn.Linear(inputs, 3 * width), nn.Linear(width, 3 * width)
        self.width = width

    def forward(self, sequence: Tensor) -> Tensor:
        """Map (n, length, inputs) to hidden states (n, length, width)."""
        # A parametrized weight is computed at every access: fetch it once for all time steps.
        weight, bias = self.hidden.weight, self.hidden.bias
        state = sequence.new_zeros(len(sequence), self.width)
        states = []
        for step in self.inputs(sequence).unbind(1):
            reset_in, update_in, new_in = step.chunk(3, 1)
            reset_h, update_h, new_h = functional.linear(state, weight, bias).chunk(3, 1)
            update = torch.sigmoid(update_in + update_h)
            new = torch.tanh(new_in + torch.sigmoid(reset_in + reset_h) * new_h)
            state = new + update * (state - new)
            states.append(state)
        return torch.stack(states, 1)


class LSTM(nn.Module):
    """One layer of long short-term memory (Hochreiter & Schmidhuber 1997; forget gate of Gers et al. 2000)."""

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        self.inputs, self.hidden = nn.Linear(inputs, 4 * width), nn.Linear(width, 4 * width)
        self.width = width

    def forward(self, sequence: Tensor) -> Tensor:
        """Map (n, length, inputs) to hidden states (n, length, width)."""
        weight, bias = self.hidden.weight, self.hidden.bias  # once, as above
        state = cell = sequence.new_zeros(len(sequence), self.width)
        states = []
        for step in self.inputs(sequence).unbind(1):
            admit, forget, new, emit = (step + functional.linear(state, weight, bias)).chunk(4, 1)
            cell = torch.sigmoid(forget) * cell + torch.sigmoid(admit) * torch.tanh(new)
            state = torch.sigmoid(emit) * torch.tanh(cell)
            states.append(state)
        return torch.stack(states, 1)


CELLS: Mapping[str, Callable[[int, int], nn.Module]] = {"gru": GRU, "lstm": LSTM}


def recurrent_stack(cell: str, inputs: int, width: int, layers: int) -> nn.Sequential:
    """Build recurrent layers (n, length, inputs) → (n, length, width).

    Raises ValueError for an unknown cell, or a width or number of layers below 1.
    """
    at_least("width", width, 1)
    at_least("layers", layers, 1)
    build = look_up("cell", cell, CELLS)
    return nn.Sequential(*(build(inputs if layer == 0 else width, width) for layer in range(layers)))
