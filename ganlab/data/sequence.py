"""`SequenceDataSet`, the base class of distributions over real-valued sequences, and sine waves."""

import math

import torch

from ganlab.core.interfaces import Batch
from ganlab.core.random import Random
from ganlab.data.distribution import Distribution, check_positive


class SequenceDataSet(Distribution):
    """Base class of distributions over sequences of shape (length, channels); a subclass defines `draw`.

    >>> class Steps(SequenceDataSet):
    ...     def __init__(self, length=4):
    ...         super().__init__((length, 1), scale=1.0, identity=("steps", length), labels=False, classes=0)
    ...         self.length = length
    ...
    ...     def draw(self, count, random):
    ...         return Batch(random.normal("data.steps", (count, self.length, 1)).cumsum(1))
    >>> Steps().draw(3, Random(seed=0)).sample.shape
    torch.Size([3, 4, 1])
    """


class SineWaves(SequenceDataSet):
    """Sinusoids of random frequency, phase and amplitude (Esteban et al. 2017, RCGAN), independent by channel.

    A sequence has `low` to `high` cycles. Raises ValueError if `high` is below `low`, or if a setting is not positive.
    """

    def __init__(self, length: int = 32, channels: int = 1, low: float = 1.0, high: float = 4.0) -> None:
        check_positive(length=length, channels=channels, low=low)
        if high < low:
            raise ValueError(f"high must be at least low={low}, got {high}")
        super().__init__((length, channels), 1.0, ("sine_waves", length, channels, low, high), False, 0)
        self.length, self.channels, self.low, self.high = length, channels, low, high

    def draw(self, count: int, random: Random) -> Batch:
        """Draw frequency, phase and amplitude of each wave, and compute the wave."""
        shape = (count, 1, self.channels)
        cycles = self.low + (self.high - self.low) * random.uniform("data.frequency", shape)
        phase = random.uniform("data.phase", shape)
        amplitude = 0.1 + 0.8 * random.uniform("data.amplitude", shape)
        time = torch.arange(self.length)[:, None] / self.length
        return Batch(amplitude * (2 * math.pi * (cycles * time + phase)).sin())
