"""Data of image pairs for tests of networks: digits, and each one inverted, or half as large, as its condition."""

from dataclasses import replace
from typing import Any

from torch import Tensor
from torch.nn import functional

from ganlab.core.interfaces import Batch, Conditions, Spec
from ganlab.core.random import Random
from ganlab.data import Digits

# Generators that make images from images.
FROM_IMAGES = ("unet_translator", "resnet_translator", "srresnet", "rrdb", "residual_unet")


class InvertedDigits(Digits):
    """Digits, whose conditions are the same images with black and white exchanged."""

    shrink = 1  # side of a sample / side of its condition

    def __init__(self, resolution: int = 28, **settings: Any) -> None:
        super().__init__(resolution, **settings)
        self.spec = self.preview(resolution=resolution)

    @classmethod
    def preview(cls, **settings: Any) -> Spec:
        spec = Digits.preview(**{**settings, "labels": False})
        channels, height, width = spec.sample
        return replace(spec, cond=(channels, height // cls.shrink, width // cls.shrink), paired=True)

    def batch(self, indices: Tensor, random: Random) -> Batch:
        samples = self.labelled_batch(indices, random).sample
        return Batch(samples, self.source(samples))

    def source(self, samples: Tensor) -> Tensor:
        return 255 - functional.avg_pool2d(samples.float(), self.shrink).round().to(samples.dtype)

    def conditions(self, count=0, seed=0, split="train", chunk=256):
        for samples, labels in self.real_samples(count, seed, split, chunk):
            yield Conditions(self.source(samples), samples, labels)


class HalvedDigits(InvertedDigits):
    """Digits, whose conditions are inverted and half as large."""

    shrink = 2
