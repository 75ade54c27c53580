"""The feature space of a small classifier of the data set, for images that are unlike Inception's photographs."""

from typing import Any, final

from torch import Tensor

from ganlab.features.base import LabelledSource, image_channels
from ganlab.features.image_recipe import RESOLUTION, ImageRecipe
from ganlab.features.resizing import standardise
from ganlab.features.trained_classifier import TrainedClassifierFeatures


@final
class Classifier(TrainedClassifierFeatures):
    """Penultimate features (64), logits and spatial features (2009) of a small classifier of 28 × 28 images.

    `weights` is the name of a shipped classifier (digits), or a safetensors file with its json file next to it. Without
    it, the classifier shipped for the data set is used; if there is none, one is trained once and saved under
    $GANLAB_CACHE (~/.cache/ganlab). Raises FileNotFoundError if the weights do not exist, and ValueError if they are
    damaged or the data set has no labels to train on.
    """

    name = "classifier"
    resolution = RESOLUTION
    spatial_width = 41 * 7 * 7

    def __init__(self, data: LabelledSource, weights: str | None = None, seed: int = 0, steps: int = 1000) -> None:
        image_channels(data, self.name)
        super().__init__(ImageRecipe(), data, weights, seed, steps)

    def prepare(self, samples: Tensor) -> Tensor:
        """Return images (n, channels, 28, 28) in [−1, 1], with the channels that the classifier was trained on."""
        return standardise(samples, self.channels, self.resolution)

    def describe_input(self) -> dict[str, Any]:
        """Return the resize rule."""
        return {"resize": "bilinear, antialiased", "resolution": self.resolution}
