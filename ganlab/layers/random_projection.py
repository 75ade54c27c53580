"""Random fixed projections of feature maps (Sauer et al. 2021, Projected GANs, section 3.2)."""

from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor, nn
from torch.nn import functional


@final
class FixedConvolution(nn.Module):
    """A convolution with He's normal random weights as a buffer, which never train."""

    weight: Tensor

    def __init__(self, inputs: int, outputs: int, kernel: int) -> None:
        super().__init__()
        weight = torch.randn(outputs, inputs, kernel, kernel) * (2 / (inputs * kernel**2)) ** 0.5
        self.register_buffer("weight", weight)

    def forward(self, maps: Tensor) -> Tensor:
        """Map (n, inputs, height, width) to (n, outputs, height, width)."""
        return functional.conv2d(maps, self.weight, padding=self.weight.shape[2] // 2)


@final
class RandomProjection(nn.Module):
    """Mixes maps across channels by 1 × 1 convolutions, and from small maps to large ones by 3 × 3 convolutions.

    `channels` are those of the maps, from large to small ones. The projected maps have `width`, 2 `width`, 4 `width`, …
    channels; each sees its own maps and all smaller ones.
    """

    def __init__(self, channels: Sequence[int], width: int) -> None:
        super().__init__()
        self.widths = [width << number for number in range(len(channels))]
        self.across_channels = nn.ModuleList(
            FixedConvolution(inputs, outputs, 1) for inputs, outputs in zip(channels, self.widths, strict=True)
        )
        self.across_scales = nn.ModuleList(
            FixedConvolution(inputs, max(inputs // 2, width), 3) for inputs in self.widths[1:]
        )

    def forward(self, maps: Sequence[Tensor]) -> list[Tensor]:
        """Return the projected maps, with the sizes of the given ones, from large to small."""
        mixed = [layer(values) for layer, values in zip(self.across_channels, maps, strict=True)]
        for number in reversed(range(len(mixed) - 1)):
            size = mixed[number].shape[2:]
            below = functional.interpolate(mixed[number + 1], size, mode="bilinear", align_corners=False)
            mixed[number] = mixed[number] + self.across_scales[number](below)
        return mixed
