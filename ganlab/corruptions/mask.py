"""Images with holes, which a generator fills."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import ClassVar, final

import torch
from torch import Tensor

from ganlab.core.random import Random
from ganlab.corruptions.base import Baseline, DrawnCorruption, ImageShape
from ganlab.corruptions.filling import fill_biharmonic, fill_by_diffusion, fill_mean

VISIBLE = 255  # in the last channel, the opacity; 0 where there is a hole
GREY = 128  # in the image's channels where there is a hole
ASPECTS = (0.5, 2.0)  # of rectangles, height by width, relative to the image's


def draw_rectangles(count: int, height: int, width: int, share: float, cell: int, random: Random) -> Tensor:
    """Return a rectangle of about the given share of the area for every cell of an image, bool (count, height, width).

    An image is one cell if its sides are about `cell` pixels or less, else as many of equal size as fit.
    """
    grid = [max(1, round(side / cell)) for side in (height, width)]
    rows, columns = height // grid[0], width // grid[1]
    draws = (count, grid[0] * grid[1])
    low, high = ASPECTS
    aspect = low * (high / low) ** random.uniform("corruption.aspect", draws)
    tall = (rows * (share * aspect).sqrt()).round().clamp(1, rows)
    wide = (columns * (share / aspect).sqrt()).round().clamp(1, columns)
    top = (random.uniform("corruption.top", draws) * (rows - tall + 1)).floor()
    left = (random.uniform("corruption.left", draws) * (columns - wide + 1)).floor()
    inside = _between(top, tall, rows)[..., None] & _between(left, wide, columns)[..., None, :]
    cells = inside.view(count, *grid, rows, columns).transpose(2, 3)
    holes = torch.zeros(count, height, width, dtype=torch.bool)
    holes[:, : grid[0] * rows, : grid[1] * columns] = cells.reshape(count, grid[0] * rows, grid[1] * columns)
    return holes


def draw_pixels(count: int, height: int, width: int, share: float, cell: int, random: Random) -> Tensor:
    """Return single pixels, each with the probability `share`, bool (count, height, width)."""
    return random.uniform("corruption.pixels", (count, height, width)) < share


def _between(start: Tensor, length: Tensor, size: int) -> Tensor:
    """Return which of `size` positions lie in each interval, bool of the shape of `start` and one more dimension."""
    positions = torch.arange(size)
    return (positions >= start[..., None]) & (positions < (start + length)[..., None])


PATTERNS: Mapping[str, Callable[[int, int, int, float, int, Random], Tensor]] = {
    "rectangle": draw_rectangles,
    "pixels": draw_pixels,
}


@final
@dataclass(frozen=True)
class Mask(DrawnCorruption):
    """Hides a `share` of every image: one "rectangle", or single "pixels", as `pattern` says.

    Larger images have a rectangle in every cell of about `cell` pixels. There is one more channel, the opacity: 0 where
    the image is hidden and grey, so a photograph with erased parts is such an input. Raises ValueError for an unknown
    pattern, a share outside of (0, 1) and a cell below 4.
    """

    pattern: str = "rectangle"
    share: float = 0.2
    cell: int = 64
    name: ClassVar[str] = "mask"

    def __post_init__(self) -> None:
        if self.pattern not in PATTERNS:
            raise ValueError(f"corruption.pattern must be one of {', '.join(PATTERNS)}, got {self.pattern!r}")
        if not 0 < self.share < 1:
            raise ValueError(f"corruption.share must be above 0 and below 1, got {self.share}")

        if self.cell < 4:
            raise ValueError(f"corruption.cell must be at least 4 pixels, got {self.cell}")

    def shape(self, image: ImageShape) -> ImageShape:
        """Return a shape with one more channel."""
        channels, height, width = image
        return channels + 1, height, width

    def corrupt(self, images: Tensor, random: Random) -> Tensor:
        """Hide another part of every image."""
        count, _, height, width = images.shape
        holes = PATTERNS[self.pattern](count, height, width, self.share, self.cell, random)[:, None]
        hidden = torch.where(holes, torch.full_like(images, GREY), images)
        return torch.cat([hidden, (~holes).to(torch.uint8) * VISIBLE], 1)

    def baselines(self, examples: Tensor, corrupted: Tensor) -> Mapping[str, Baseline]:
        """Return the mean of the visible pixels, diffusion and, with scikit-image, biharmonic filling."""
        own = {"mean": fill_mean, "diffusion": fill_by_diffusion}
        return own | ({"biharmonic": fill_biharmonic} if find_spec("skimage") else {})
