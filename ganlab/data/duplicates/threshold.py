"""The correlation from which two images count as near-duplicates, by how alike unrelated images of the set are."""

import torch
from torch import Tensor

from ganlab.core.random import derive
from ganlab.data.duplicates.alignment import align

# 1 - correlation up to which photographs are near-duplicates: scripts/benchmarks/near_duplicates.py counts errors.
LARGEST_DISTANCE = 0.04
RANDOM_PAIRS = 400  # of the set
# The median distance of random pairs of photographs and of emoji is 0.46. Where it is below this, as for digits (0.22),
# chance brings pairs as close as copies, and the bound falls with its third power.
ORDINARY_MEDIAN = 0.4


def correlation_threshold(small: Tensor) -> float:
    """Return the least correlation of near-duplicates among thumbnails (n, channels, side, side), which must be ≥ 2."""
    generator = torch.Generator().manual_seed(derive("random pairs"))
    pairs = torch.randint(0, len(small), (RANDOM_PAIRS, 2), generator=generator)
    correlation, _ = align(small, pairs[pairs[:, 0] != pairs[:, 1]])
    if not len(correlation):
        return 1 - LARGEST_DISTANCE
    return 1 - LARGEST_DISTANCE * min(1.0, float((1 - correlation).median()) / ORDINARY_MEDIAN) ** 3
