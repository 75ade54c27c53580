"""Conditions that are images, at the input of a discriminator."""

from typing import final

import torch
from torch import Tensor
from torch.nn import functional

from ganlab.core.interfaces import Spec
from ganlab.layers.condition_input import ConditionInput
from ganlab.layers.image_shapes import ImageShape, condition_image
from ganlab.layers.labels import ClassLabels


@final
class ImageChannels(ConditionInput):
    """Appends the condition to the channels of images (Isola et al. 2017, section 3.2.2).

    A condition of another size, as in super-resolution, is resized to the images by antialiased bilinear interpolation.
    """

    def __init__(self, shape: ImageShape) -> None:
        super().__init__()
        self.width = shape[0]

    def forward(self, values: Tensor, cond: Tensor | None) -> Tensor:
        """Append conditions (n, width, height', width') to images (n, channels, height, width)."""
        image = _require(cond)
        if image.shape[2:] != values.shape[2:]:
            sides = [*values.shape[2:]]
            image = functional.interpolate(image, sides, mode="bilinear", align_corners=False, antialias=True)
        return torch.cat([values, image.to(values.dtype)], 1)


@final
class ImageValues(ConditionInput):
    """Appends all values of the condition to vectors, for networks of dense layers."""

    def __init__(self, shape: ImageShape) -> None:
        super().__init__()
        self.width = torch.Size(shape).numel()

    def forward(self, values: Tensor, cond: Tensor | None) -> Tensor:
        """Append conditions (n, channels, height, width) to vectors (n, size)."""
        return torch.cat([values, _require(cond).flatten(1).to(values.dtype)], 1)


def build_condition_channels(spec: Spec, axis: int = 1) -> ConditionInput:
    """Build the layer that appends a class or an image to channels; the identity without condition.

    `axis` is that of the channels, 1 for images.
    """
    image = condition_image(spec)
    return ClassLabels(spec, axis) if image is None else ImageChannels(image)


def build_condition_values(spec: Spec) -> ConditionInput:
    """Build the layer that appends a class or an image to vectors; the identity without condition."""
    image = condition_image(spec)
    return ClassLabels(spec) if image is None else ImageValues(image)


def _require(cond: Tensor | None) -> Tensor:
    if cond is None:
        raise ValueError("this network was built for conditions that are images, but it got none")
    return cond
