"""A random convolutional network as a feature space."""

from itertools import pairwise
from typing import Any, final

import torch
from torch import Tensor, nn

from ganlab.features.base import MAX_SPATIAL, FeatureBatch, Features, Source, flatten_spatial, image_channels
from ganlab.features.resizing import standardise


@final
class RandomConvolution(Features):
    """A convolutional network with seeded random weights, for tests and for images without labels or Inception.

    Random features distinguish image distributions (Naeem et al. 2020, section 4.2), but agree less with human
    perception. Raises ValueError for a width below 1, and for samples that are not images of 1 or 3 channels.
    """

    name = "random"
    resolution = 32

    def __init__(self, data: Source, seed: int = 0, width: int = 64) -> None:
        self.channels = image_channels(data, self.name)
        if width < 1:
            raise ValueError(f"features.width must be at least 1, got {width}")
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            convolutions = [nn.Conv2d(a, b, 3, 2, 1) for a, b in pairwise((self.channels, 32, 64, width))]
            for convolution in convolutions:  # with the default initialisation the signal would vanish
                nn.init.kaiming_normal_(convolution.weight, nonlinearity="relu")
        layers = [layer for convolution in convolutions for layer in (convolution, nn.ReLU())]
        pooling = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
        super().__init__(nn.Sequential(nn.Sequential(*layers), pooling), width)
        self.seed, self.spatial_width = seed, 16 * min(width, MAX_SPATIAL // 16)  # of 4 × 4 maps

    def extract(self, samples: Tensor) -> FeatureBatch:
        """Return the average of the last layer's maps; the maps are the spatial features."""
        convolutions, pooling = self.network.children()
        maps = convolutions(standardise(samples, self.channels, self.resolution))
        return FeatureBatch(pooling(maps), spatial=flatten_spatial(maps))

    def describe(self) -> dict[str, Any]:
        """Return the name, the seed, which identifies the weights, and the resize rule."""
        weights = f"seed {self.seed}, {self.channels} channels"
        resize = {"resize": "bilinear, antialiased", "resolution": self.resolution}
        return {"name": self.name, "weights": weights, **resize, "width": self.width}
