"""Coarse layouts of images, by which pairs that may be near-duplicates are proposed."""

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.nn import functional

from ganlab.core.progress import progress

SIDE = 8  # pixels of a layout
KEPT = 0.85  # share of the sides in the regions that are compared with whole images
PROPOSALS = 5  # per image
BLOCK = 2048  # images compared with each other at a time


def propose_pairs(thumbnails: Tensor, proposals: int = PROPOSALS, block: int = BLOCK) -> Tensor:
    """Return pairs of indices (m, 2), first below second, of images that may show the same picture.

    The whole of each of the uint8 `thumbnails` (n, channels, side, side) and five regions of it, as they are and
    mirrored, are compared with all others as a whole; the `proposals` most similar others make a pair each. Time grows
    with n².
    """
    count = len(thumbnails)
    wanted = min(proposals, count - 1)
    if wanted < 1:
        return torch.empty(0, 2, dtype=torch.int64)
    layouts = torch.cat([layout(part) for part in thumbnails.split(block)])
    pairs = []
    for start in progress(range(0, count, block), "comparing layouts", "block"):
        part = thumbnails[start : start + block]
        views = torch.stack([layout(view) for mirrored in (part, part.flip(-1)) for view in regions(mirrored)])
        pairs.append(_nearest(views, layouts, start, wanted, block))
    return torch.cat(pairs).sort(dim=1).values.unique(dim=0)


def layout(images: Tensor) -> Tensor:
    """Return images (n, channels, height, width) as unit vectors without their mean, float32 (n, channels · 64)."""
    small = functional.interpolate(images.float(), (SIDE, SIDE), mode="bilinear", antialias=True, align_corners=False)
    vectors = small.flatten(1)
    return functional.normalize(vectors - vectors.mean(1, keepdim=True), dim=1)


def regions(images: Tensor) -> Iterator[Tensor]:
    """Yield the images whole, and their corners and centre with KEPT of each side."""
    yield images
    side = images.shape[-1]
    kept = round(side * KEPT)
    rest = side - kept
    for top, left in ((0, 0), (0, rest), (rest, 0), (rest, rest), (rest // 2, rest // 2)):
        yield images[..., top : top + kept, left : left + kept]


def _nearest(views: Tensor, layouts: Tensor, start: int, wanted: int, block: int) -> Tensor:
    """Return (query, index) of the most similar images of queries from `start` on, by any of their views (v, q, d)."""
    queries = torch.arange(start, start + views.shape[1])
    best, found = torch.empty(len(queries), 0), torch.empty(len(queries), 0, dtype=torch.int64)
    for first in range(0, len(layouts), block):
        part = layouts[first : first + block]
        similarity = torch.stack([view @ part.T for view in views]).amax(0)
        indices = torch.arange(first, first + len(part)).expand(len(queries), -1)
        similarity = similarity.masked_fill(indices == queries[:, None], -2.0)
        values, columns = similarity.topk(min(wanted, len(part)), dim=1)
        best, order = torch.cat([best, values], 1).sort(dim=1, descending=True, stable=True)
        found = torch.cat([found, columns + first], 1).gather(1, order)[:, :wanted]
        best = best[:, :wanted]
    return torch.stack([queries.repeat_interleave(wanted), found.flatten()], 1)
