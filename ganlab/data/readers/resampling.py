"""Conversion of sounds to another rate."""

import math
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

BETA = 5.0  # of the Kaiser window, as scipy.signal.resample_poly has it by default
FILTER = f"scipy.signal.resample_poly, Kaiser window of beta {BETA:g}"  # in score files
HALF_WIDTH = 10  # of the filter, in samples of the lower of the two rates


def ratio(source: int, rate: int) -> tuple[int, int]:
    """Return the smallest numbers of samples at `rate` and at the rate `source` that take equally long."""
    common = math.gcd(source, rate)
    return rate // common, source // common


def resampled_length(samples: int, source: int, rate: int) -> int:
    """Return how many samples `resample` makes of so many."""
    up, down = ratio(source, rate)
    return -(-samples * up // down)


def margin(source: int, rate: int) -> int:
    """Return how many samples at the rate `source` next to a part of a sound its resampling depends on."""
    up, down = ratio(source, rate)
    return 0 if up == down else HALF_WIDTH * max(up, down) // up + 1


def resample(sound: Tensor, source: int, rate: int) -> Tensor:
    """Return a sound (samples, channels) at the rate `source`, at `rate` hertz, float32 of (new samples, channels).

    A polyphase filter of linear phase removes what is above half of the lower rate; before the start and after the end
    there is silence. Levels and delays are kept.
    """
    up, down = ratio(source, rate)
    if up == down or not len(sound):
        return sound
    from scipy.signal import resample_poly  # takes a second to import, which only sound is worth

    return torch.from_numpy(resample_poly(sound.numpy(), up, down, axis=0, window=_design_filter(max(up, down))))


@lru_cache(maxsize=64)
def _design_filter(factor: int) -> Any:
    """Return the filter that resample_poly designs at every call, for the larger of its two factors."""
    from scipy.signal import firwin

    return firwin(2 * HALF_WIDTH * factor + 1, 1 / factor, window=("kaiser", BETA)).astype("float32")
