"""Paired data as metrics see it, and pairs of images."""

from dataclasses import dataclass

import torch
from torch import Tensor

from ganlab.core.interfaces import Spec
from ganlab.features import FeatureBatch


@dataclass
class Pairs:
    """A data set whose samples are the truths of image conditions."""

    shape: tuple[int, ...] = (3, 24, 32)
    cond: tuple[int, ...] | None = (3, 24, 32)
    paired: bool = True
    classes_available: int = 0

    @property
    def spec(self) -> Spec:
        return Spec(self.shape, self.cond, paired=self.paired)


def noisy_pairs(count: int = 5, shape: tuple[int, ...] = (3, 24, 32), sigma: float = 12) -> tuple[Tensor, Tensor]:
    """Return uint8 images, the first of them of one grey, and their truths."""
    random = torch.Generator().manual_seed(0)
    truths = torch.randint(30, 220, (count, *shape), generator=random).double()
    truths = torch.nn.functional.avg_pool2d(truths, 5, 1, 2)
    truths[0] = 128
    levels = torch.linspace(0.2, 2, count, dtype=torch.float64).view(-1, *[1] * len(shape))
    images = truths + sigma * levels * torch.randn(truths.shape, generator=random, dtype=torch.float64)
    return images.round().clamp(0, 255).to(torch.uint8), truths.round().to(torch.uint8)


def paired_batch(images: Tensor, truths: Tensor | None) -> FeatureBatch:
    return FeatureBatch(torch.zeros(len(images), 1), samples=images, truth=truths)
