"""Dropout that takes a CPU a quarter of torch.nn.Dropout's time."""

from typing import final

import torch
from torch import Tensor, nn

LEVELS = 1 << 16  # one 16-bit random number decides about one value


@final
class Dropout(nn.Dropout):
    """Sets values to zero with probability p in training, and scales the others to keep the mean.

    On a CPU, torch.nn.Dropout draws one number of double precision per value, which is a fifth of the time of a small
    DCGAN's step. Here a draw of 64 bits from the same generator, torch's default one, decides about four values, and p
    is rounded to a multiple of 2⁻¹⁶. On other devices, and for p below 2⁻¹⁷, the layer is torch.nn.Dropout.
    """

    def forward(self, samples: Tensor) -> Tensor:
        """Return values of the same shape."""
        dropped_levels = round(self.p * LEVELS)
        if not self.training or samples.device.type != "cpu" or not 0 < dropped_levels < LEVELS:
            return super().forward(samples)
        scale = LEVELS / (LEVELS - dropped_levels)
        return samples * draw_mask(samples, dropped_levels).to(samples.dtype).mul_(scale)


def draw_mask(like: Tensor, dropped_levels: int) -> Tensor:
    """Return a bool mask in the shape and memory layout of a tensor, False with probability dropped_levels / 2¹⁶."""
    count = like.numel()
    words = torch.empty((count + 3) // 4, dtype=torch.int64).random_(-(1 << 63), None)  # all 64 bits
    # A view as int16 has its lowest value at -2^15.
    kept = words.view(torch.int16)[:count] >= dropped_levels - LEVELS // 2
    if like.ndim == 4 and like.is_contiguous(memory_format=torch.channels_last):
        batch, channels, height, width = like.shape
        return kept.view(batch, height, width, channels).permute(0, 3, 1, 2)
    return kept.view(like.shape)
