"""Phase shuffle: random shifts of a discriminator's feature maps of sound."""

from typing import final

import torch
from torch import Tensor, nn
from torch.nn import functional


@final
class PhaseShuffle(nn.Module):
    """Shifts the maps of each sample by −`shift` to `shift` positions in time (Donahue et al. 2019, section 3.3).

    Missing positions are filled by reflection. Each sample has its own shift, equal for all of its channels, drawn from
    torch's default generator on the CPU, which a trainer seeds before each step. In evaluation mode nothing is shifted.
    """

    def __init__(self, shift: int) -> None:
        super().__init__()
        self.shift = shift

    def forward(self, maps: Tensor) -> Tensor:
        """Return maps (n, channels, 1, positions) of the same shape."""
        if not self.shift or not self.training:
            return maps
        starts = torch.randint(2 * self.shift + 1, (len(maps),), device="cpu").tolist()
        length = maps.shape[-1]
        padded = functional.pad(maps, (self.shift, self.shift, 0, 0), mode="reflect").unbind(0)
        return torch.stack([row.narrow(-1, start, length) for row, start in zip(padded, starts, strict=True)])
