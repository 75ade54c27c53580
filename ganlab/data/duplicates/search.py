"""The search for near-duplicates: proposed by coarse layouts, or by a caller, and confirmed by aligned pixels."""

from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor
from torch.nn import functional

from ganlab.core.progress import progress
from ganlab.data.duplicates.alignment import align
from ganlab.data.duplicates.layouts import propose_pairs
from ganlab.data.duplicates.threshold import correlation_threshold
from ganlab.data.readers.image_storage import Images

FINE, COARSE = 32, 16  # pixels on a side of thumbnails
SLACK = 3.0  # coarse thumbnails of near-duplicates are up to so many times further apart
CHUNK = 512  # images read at a time


@final
@dataclass(frozen=True)
class NearDuplicates:
    """Pairs of images that show the same picture: table indices `pairs` (m, 2), first below second, most alike first.

    `correlation` (m,) is that of their aligned pixels, 1 for equal images, and `mirrored` (m,) says whether one is the
    mirror image of the other. `threshold` is the least correlation in this set.
    """

    pairs: Tensor
    correlation: Tensor
    mirrored: Tensor
    threshold: float

    def __len__(self) -> int:
        return len(self.pairs)


def read_thumbnails(images: Images, rows: Tensor, side: int = FINE) -> Tensor:
    """Return the images at `rows` (n,) reduced to squares, uint8 (n, channels, side, side)."""
    bar = progress(rows.split(CHUNK), "reading thumbnails", "chunk")
    parts = [reduce_images(images.take(part), side) for part in bar]
    return torch.cat(parts) if parts else torch.empty(0, images.shape[0], side, side, dtype=torch.uint8)


def reduce_images(images: Tensor, side: int) -> Tensor:
    """Resize uint8 images (n, channels, height, width) to squares."""
    size = (side, side)
    resized = functional.interpolate(images.float(), size, mode="bilinear", antialias=True, align_corners=False)
    return resized.round_().clamp_(0, 255).to(torch.uint8)


def find_near_duplicates(thumbnails: Tensor, proposed: Tensor | None = None) -> NearDuplicates:
    """Return the near-duplicates among uint8 thumbnails (n, channels, side, side), such as `read_thumbnails` returns.

    A copy may be a crop that keeps at least 80 % of the sides, mirrored, compressed, or of other brightness. `proposed`
    (m, 2) are further pairs to compare, such as neighbours in a feature space.
    """
    pairs = propose_pairs(thumbnails)
    if proposed is not None and len(proposed):
        pairs = torch.cat([pairs, proposed.sort(dim=1).values]).unique(dim=0)
    if not len(pairs):
        return NearDuplicates(pairs, torch.empty(0), torch.empty(0, dtype=torch.bool), 1.0)
    small = reduce_images(thumbnails, COARSE)
    threshold = correlation_threshold(small)
    equal = (thumbnails[pairs[:, 0]] == thumbnails[pairs[:, 1]]).flatten(1).all(1)
    likely = align(small, pairs)[0] >= 1 - SLACK * (1 - threshold)
    pairs, equal = pairs[likely | equal], equal[likely | equal]
    correlation, mirrored = align(thumbnails, pairs)
    correlation, mirrored = correlation.masked_fill(equal, 1.0), mirrored & ~equal
    order = correlation.argsort(descending=True, stable=True)
    order = order[correlation[order] >= threshold]
    return NearDuplicates(pairs[order], correlation[order], mirrored[order], threshold)
