from itertools import pairwise
from typing import Any, final

import torch
from torch import Tensor, nn

from ganlab.features.base import SPATIAL, FeatureBatch, Features, Source, image_channels, spatial
from ganlab.features.resizing import standardise


@final
class RandomConvolution(Features):
    """A convolutional network with seeded random weights, for tests and for images without labels or Inception.

    Random features still separate image distributions (Naeem et al. 2020, section 4.2), though less like the eye does.
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
            for convolution in convolutions:  # the default initialisation would let the signal fade
                nn.init.kaiming_normal_(convolution.weight, nonlinearity="relu")
        layers = [layer for convolution in convolutions for layer in (convolution, nn.ReLU())]
        pooling = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
        super().__init__(nn.Sequential(nn.Sequential(*layers), pooling), width)
        self.seed, self.spatial_width = seed, 16 * min(width, SPATIAL // 16)  # of maps of 4 by 4

    def extract(self, samples: Tensor) -> FeatureBatch:
        """Pool the responses of the last layer, which are the spatial features."""
        convolutions, pooling = self.network.children()
        maps = convolutions(standardise(samples, self.channels, self.resolution))
        return FeatureBatch(pooling(maps), spatial=spatial(maps))

    def describe(self) -> dict[str, Any]:
        """Return the name, the seed, which stands for the weights, and the resize rule."""
        weights = f"seed {self.seed}, {self.channels} channels"
        resize = {"resize": "bilinear, antialiased", "resolution": self.resolution}
        return {"name": self.name, "weights": weights, **resize, "width": self.width}
