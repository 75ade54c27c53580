"""Smooth paths in time: sines whose frequencies and phases differ from sample to sample."""

from math import tau

import torch
from torch import Tensor, nn
from torch.nn import functional

HIDDEN, SLOPE = 64, 0.2
STEEPNESS = 4.0  # of the frequencies' sigmoid, so that they differ between samples from the start
FASTEST = 0.2  # cycles per step


class SinePaths(nn.Module):
    """Sines a sin(2π (f t + φ)) over steps t, with a, f and φ from a hidden layer (after Skorokhodov et al. 2022).

    Their motion codes are sines of time with frequencies, phases and amplitudes from noise (section 3.1); here one set
    lasts for the whole clip. Frequencies are below 0.2 cycles per step, so paths are smooth before anything is learnt.
    """

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        self.width = width
        self.hidden, self.waves = nn.Linear(inputs + width, HIDDEN), nn.Linear(HIDDEN, 3 * width)

    def forward(self, sequence: Tensor, start: Tensor) -> Tensor:
        """Map the means over time of (n, length, inputs), and `start` (n, width), to paths (n, length, width)."""
        hidden = functional.leaky_relu(self.hidden(torch.cat([start, sequence.mean(1)], 1)), SLOPE)
        frequency, phase, amplitude = self.waves(hidden).unsqueeze(1).chunk(3, 2)
        steps = torch.arange(sequence.shape[1], device=sequence.device)[:, None]
        cycles = FASTEST * torch.sigmoid(STEEPNESS * frequency) * steps + phase
        return (1 + amplitude) * torch.sin(tau * cycles)
