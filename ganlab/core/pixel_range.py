"""The range of images: stored as uint8, seen by networks as float32 in [−1, 1]."""

import torch
from torch import Tensor

from ganlab.core import tree
from ganlab.core.tree import Tree


def to_network_range(samples: Tree) -> Tree:
    """Convert uint8 leaves to float32 in [−1, 1]; labels and floats stay as they are."""
    return tree.map(_to_unit_range, samples)


def _to_unit_range(x: Tensor) -> Tensor:
    return x.float().div_(127.5).sub_(1) if x.dtype == torch.uint8 else x
