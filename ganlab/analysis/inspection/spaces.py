"""The feature space of an inspection: one that is on this machine and needs no training."""

from typing import final

import torch
from omegaconf import DictConfig
from torch import nn

from ganlab.config.targets import instantiate
from ganlab.data.duplicates.search import reduce_images
from ganlab.data.image import ImageDataSet
from ganlab.features import Classifier, EfficientNetLite0
from ganlab.features.base import FeatureBatch, Features

SIDE = 16  # pixels of a thumbnail
RESOLUTION = 128  # pixels that EfficientNet-Lite0 reads: a third of the time of 224
AUTO = "ganlab.features.auto_features"


@final
class Thumbnails(Features):
    """The pixels of thumbnails, which need no weights."""

    name = "thumbnails"

    def __init__(self, data: ImageDataSet) -> None:
        super().__init__(nn.Flatten(), data.images.shape[0] * SIDE * SIDE)

    def extract(self, samples: torch.Tensor) -> FeatureBatch:
        """Return the values of the reduced images."""
        return FeatureBatch(self.network(reduce_images(samples, SIDE).float()))

    def describe(self) -> dict[str, object]:
        """Return the name and the size."""
        return {"name": self.name, "weights": None, "resize": "bilinear", "resolution": SIDE, "width": self.width}


def choose_features(config: DictConfig, data: ImageDataSet) -> Features:
    """Return the features that the user chose, or the best for this data that are here without training.

    These are a classifier that is shipped for the data, EfficientNet-Lite0 for 1 or 3 channels, or thumbnails.
    """
    if config.features._target_ != AUTO:
        built: Features = instantiate(config.features)(data)
        return built
    if data.classifier:
        return Classifier(data, data.classifier)
    if data.images.shape[0] in (1, 3) and EfficientNetLite0.unavailable_reason() is None:
        return EfficientNetLite0(data, resolution=RESOLUTION)
    return Thumbnails(data)
