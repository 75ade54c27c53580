"""Tiles of an image that overlap, and the weights by which their outputs are blended."""

from dataclasses import dataclass
from typing import final

import numpy as np
import torch
from torch import Tensor


@final
@dataclass(frozen=True)
class TileAxis:
    """The tiles along one side of an image: `starts` and `size` in pixels, with nominally `overlap` pixels in common.

    Starts are multiples of what a strided network needs, so a tile is computed as that part of the whole image is.
    """

    starts: tuple[int, ...]
    size: int
    overlap: int

    @classmethod
    def over(cls, length: int, tile: int, overlap: int, multiple: int) -> "TileAxis":
        """Return tiles that cover `length` pixels; `length` and `tile` are multiples of `multiple`."""
        if tile >= length:
            return cls((0,), length, 0)
        step = (tile - overlap) // multiple * multiple
        return cls((*range(0, length - tile, step), length - tile), tile, overlap)

    def weights(self, scale: int) -> list[Tensor]:
        """Return for each tile the weights of its output's pixels along this side; they add up to one at each pixel.

        An inner edge has weight 0 on a quarter of the overlap, rises on half of it, and is 1 from there on. So the
        blended outputs equal those of the whole image if a pixel depends on no more than overlap / 4 pixels around it.
        """
        distance = (torch.arange(self.size * scale, dtype=torch.float64) + 0.5) / scale  # from the first edge, in input
        ramp = (2 * distance / self.overlap - 0.5).clamp(0, 1) if self.overlap else torch.ones_like(distance)
        total = torch.zeros((self.starts[-1] + self.size) * scale, dtype=torch.float64)
        weights = []
        for start in self.starts:
            weight = torch.ones_like(distance)
            if start:
                weight = weight * ramp
            if start != self.starts[-1]:
                weight = weight * ramp.flip(0)
            weights.append(weight)
            total[start * scale : (start + self.size) * scale] += weight
        return [
            (weight / total[start * scale : (start + self.size) * scale]).float()
            for start, weight in zip(self.starts, weights, strict=True)
        ]


def round_up(size: int, multiple: int) -> int:
    """Return the least multiple that is at least `size`."""
    return -(-size // multiple) * multiple


def reflect(image: Tensor, height: int, width: int) -> Tensor:
    """Continue an image (channels, h, w) by reflection at its last row and column, as often as the size needs."""
    rows, columns = (_reflected(before, after) for before, after in zip(image.shape[1:], (height, width), strict=True))
    return image[:, rows][:, :, columns]


def _reflected(before: int, after: int) -> Tensor:
    return torch.from_numpy(np.pad(np.arange(before), (0, after - before), "reflect"))
