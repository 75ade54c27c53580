"""Recurrent layers with second derivatives and spectral normalisation, which torch's fused ones do not support."""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

from ganlab.layers.checks import check_at_least, look_up


class GRU(nn.Module):
    """A GRU layer (Cho et al. 2014) with the reset gate applied after the matrix product, as in cuDNN."""

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        self.inputs, self.hidden = nn.Linear(inputs, 3 * width), nn.Linear(width, 3 * width)
        self.width = width

    def forward(self, sequence: Tensor, start: Tensor | None = None) -> Tensor:
        """Map (n, length, inputs) to hidden states (n, length, width), after the state `start` (n, width), or 0."""
        # A parametrized weight is recomputed at every access: read it once for all time steps.
        weight, bias = self.hidden.weight, self.hidden.bias
        state = sequence.new_zeros(len(sequence), self.width) if start is None else start
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
    """An LSTM layer (Hochreiter & Schmidhuber 1997) with a forget gate (Gers et al. 2000)."""

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        self.inputs, self.hidden = nn.Linear(inputs, 4 * width), nn.Linear(width, 4 * width)
        self.width = width

    def forward(self, sequence: Tensor, start: Tensor | None = None) -> Tensor:
        """Map (n, length, inputs) to hidden states (n, length, width), after the state `start` (n, width), or 0."""
        weight, bias = self.hidden.weight, self.hidden.bias  # once for all time steps
        state = cell = sequence.new_zeros(len(sequence), self.width) if start is None else start
        states = []
        for step in self.inputs(sequence).unbind(1):
            input_gate, forget_gate, new, output_gate = (step + functional.linear(state, weight, bias)).chunk(4, 1)
            cell = torch.sigmoid(forget_gate) * cell + torch.sigmoid(input_gate) * torch.tanh(new)
            state = torch.sigmoid(output_gate) * torch.tanh(cell)
            states.append(state)
        return torch.stack(states, 1)


@torch.no_grad()
def remember(cell: nn.Module, bias: float) -> None:
    """Set the bias of the gate that keeps the former state: the GRU's update gate, or the LSTM's forget gate.

    The larger it is, the more slowly the states change at first (Jozefowicz et al. 2015, section 2.2).
    """
    _, gate, *_ = cell.inputs.bias.split(cell.width)  # type: ignore[union-attr, operator]
    gate.fill_(bias)


CELLS: Mapping[str, Callable[[int, int], nn.Module]] = {"gru": GRU, "lstm": LSTM}


def build_recurrent_stack(cell: str, inputs: int, width: int, layers: int) -> nn.Sequential:
    """Build recurrent layers (n, length, inputs) → (n, length, width).

    Raises ValueError if the cell is unknown, or if `width` or `layers` is below 1.
    """
    check_at_least("width", width, 1)
    check_at_least("layers", layers, 1)
    build = look_up("cell", cell, CELLS)
    return nn.Sequential(*(build(inputs if layer == 0 else width, width) for layer in range(layers)))
