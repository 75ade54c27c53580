"""Averages of the generator's weights: the network that is sampled, scored and exported."""

from ganlab.ema.averages import EMA, HalfLife, Live

__all__ = ["EMA", "HalfLife", "Live"]
