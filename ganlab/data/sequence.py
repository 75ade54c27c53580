"""Sequences: real-valued signals over time."""

import math
from functools import cached_property

import torch
from PIL import Image
from torch import Tensor

from ganlab.core.interfaces import Batch
from ganlab.core.random import Random
from ganlab.data.distribution import Distribution, check_positive
from ganlab.data.sheets import panels

PICTURED = 1000  # real sequences that fix a picture's axes


class SequenceDataSet(Distribution):
    """A distribution over sequences of shape (length, channels)."""

    @cached_property
    def bounds(self) -> tuple[float, float]:
        """Lowest and highest value of real sequences, for pictures."""
        reals = self.reference(PICTURED).sample
        return float(reals.min()), float(reals.max())

    def sheet(self, samples: Tensor) -> Image.Image:
        """Plot each sequence in a panel of its own."""
        return panels(samples, self.bounds)


class SineWaves(SequenceDataSet):
    """Sinusoids of random frequency, phase and amplitude (Esteban et al. 2017, RCGAN), independent by channel.

    `low` to `high` are cycles in a sequence. Raises ValueError where they are not in order.
    """

    def __init__(self, length: int = 32, channels: int = 1, low: float = 1.0, high: float = 4.0) -> None:
        check_positive(length=length, channels=channels, low=low)
        if high < low:
            raise ValueError(f"high must be at least low={low}, got {high}")
        super().__init__((length, channels), 1.0, ("sine_waves", length, channels, low, high), False, 0)
        self.length, self.channels, self.low, self.high = length, channels, low, high

    def draw(self, count: int, random: Random) -> Batch:
        """Draw the three numbers of each wave, and the wave."""
        shape = (count, 1, self.channels)
        cycles = self.low + (self.high - self.low) * random.uniform("data.frequency", shape)
        phase = random.uniform("data.phase", shape)
        amplitude = 0.1 + 0.8 * random.uniform("data.amplitude", shape)
        time = torch.arange(self.length)[:, None] / self.length
        return Batch(amplitude * (2 * math.pi * (cycles * time + phase)).sin())
