"""Which generator weights are sampled, scored and exported."""

from ganlab.ema.averages import EMA, HalfLife, Live

__all__ = ["EMA", "HalfLife", "Live"]
