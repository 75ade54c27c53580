"""How images become the inputs of a small classifier, and how they change during its training."""

from typing import ClassVar, final

import torch
from torch import Tensor
from torch.nn import functional

from ganlab.core.random import Random
from ganlab.features.classifier_recipe import ClassifierRecipe, symmetric
from ganlab.features.resizing import standardise

RESOLUTION = 28


@final
class ImageRecipe(ClassifierRecipe):
    """Images of 28 × 28 pixels in [−1, 1]."""

    name: ClassVar[str] = "classifier"
    noun: ClassVar[str] = "image"
    alternatives: ClassVar[str] = "features=inception or features=random"
    version: ClassVar[int] = 1
    key: tuple[object, ...] = (RESOLUTION, version)

    def store(self, samples: Tensor) -> Tensor:
        """Return uint8 images at the classifier's resolution, so that large data sets fit in memory."""
        resized = standardise(samples, samples.shape[1], RESOLUTION)
        return resized.add(1).mul(127.5).round().to(torch.uint8)

    def prepare(self, stored: Tensor) -> Tensor:
        """Return images (n, channels, 28, 28) in [−1, 1] of uint8 images of any size."""
        return standardise(stored, stored.shape[1], RESOLUTION)

    def augment(self, inputs: Tensor, random: Random) -> Tensor:
        """Shift up to 2 pixels, rotate up to 10°, scale up to 25 %, blur and add noise, as in immature fake samples."""
        count = len(inputs)
        angle = symmetric(random, "turn", count) * 0.17
        scale = 1 + symmetric(random, "scale", count) * 0.25
        across, down = (symmetric(random, axis, count) * 4 / RESOLUTION for axis in ("across", "down"))
        cosine, sine = scale * angle.cos(), scale * angle.sin()
        matrix = torch.stack([cosine, -sine, across, sine, cosine, down], 1).reshape(count, 2, 3)
        grid = functional.affine_grid(matrix, list(inputs.shape), align_corners=False)
        transformed = functional.grid_sample(inputs, grid, mode="bilinear", padding_mode="border", align_corners=False)
        size = int(random.integers("blur", RESOLUTION - 7, (1,))) + 8
        small = functional.interpolate(transformed, (size, size), mode="bilinear", antialias=True)
        blurred = functional.interpolate(small, inputs.shape[2:], mode="bilinear", antialias=True)
        mixed = torch.where(random.uniform("blurred", (count, 1, 1, 1)) < 0.5, blurred, transformed)
        level = random.uniform("level", (count, 1, 1, 1)) * 0.2
        return mixed + level * random.normal("noise", inputs.shape)
