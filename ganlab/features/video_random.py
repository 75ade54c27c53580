"""A random network of clips as a feature space."""

from typing import Any, final

import torch
from torch import nn

from ganlab.features.base import Source
from ganlab.features.video_features import VideoFeatures, clip_shape
from ganlab.features.video_network import VideoNetwork


@final
class VideoRandom(VideoFeatures):
    """The network of clips with seeded random weights, for clips without labels.

    Random features distinguish distributions (Naeem et al. 2020, section 4.2), but agree less with human perception.
    """

    name = "video_random"

    def __init__(self, data: Source, seed: int = 0) -> None:
        frames, channels = clip_shape(data, self.name)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            network = VideoNetwork(frames, channels, 1)
            for module in network.modules():  # with the default initialisation the signal would vanish
                if isinstance(module, nn.Conv2d | nn.Conv3d | nn.Linear):
                    nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        super().__init__(network, frames, channels)
        self.seed = seed

    def describe(self) -> dict[str, Any]:
        """Return the name, the seed, which identifies the weights, and the resize rule."""
        return {"name": self.name, "weights": f"seed {self.seed}, {self.channels} channels", **self.resize_rule()}
