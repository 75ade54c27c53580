"""An edge map with every image of a data set, as pix2pix translates edges to shoes and handbags."""

from collections.abc import Callable, Mapping
from typing import Any, final

import torch
from torch import Tensor
from torch.nn import functional

from ganlab.core.interfaces import Spec
from ganlab.core.luminance import luminance
from ganlab.core.random import Random
from ganlab.core.tree import Tree
from ganlab.data.derived_pairs import DerivedPairs, image_shape
from ganlab.data.image import ImageDataSet
from ganlab.data.image_pairs import build_pair_spec


@final
class Edges(DerivedPairs):
    """The images of a data set, each with its edge map (1, height, width): white where brightness changes fast.

    An edge is a pixel at which the magnitude of Sobel's filters, applied to greys from 0 to 255, is above `threshold`.
    Raises ValueError for a threshold below 0.
    """

    def __init__(self, images: ImageDataSet, threshold: float = 150.0) -> None:
        check_threshold(threshold)
        self.threshold = threshold
        super().__init__(images, (1, *images.spec.sample[1:]))  # type: ignore[index]

    @classmethod
    def preview(cls, **settings: Any) -> Spec | None:
        """Return the spec without reading a file; raises ValueError for invalid settings."""
        check_threshold(settings.get("threshold", 0.0))
        if settings["images"] is None:
            return None
        shape = image_shape(settings["images"])
        return build_pair_spec(shape, (1, *shape[1:]))

    def derive(self, images: Tensor, random: Random) -> Tensor:
        """Find the edges; nothing is drawn."""
        return find_edges(images, self.threshold)

    def derive_fixed(self, images: Tensor, indices: Tensor) -> Tensor:
        """Find the edges."""
        return find_edges(images, self.threshold)

    def baselines(self) -> Mapping[str, Callable[[Tree], Tree]]:
        """Return the edge map itself as the output."""
        channels = int(self.spec.sample[0])  # type: ignore[index]
        return {"edges": lambda edges: edges.expand(-1, channels, -1, -1)}

    def score_settings(self) -> dict[str, object]:
        """Return the threshold, and the settings of the images."""
        return {"edge_threshold": self.threshold, **super().score_settings()}


def check_threshold(threshold: float) -> None:
    """Raise ValueError for a threshold below 0."""
    if threshold < 0:
        raise ValueError(f"threshold must be at least 0, got {threshold}")


def find_edges(images: Tensor, threshold: float) -> Tensor:
    """Return the edges of images (n, 1 or 3 or 4, height, width), uint8 of shape (n, 1, height, width), 0 or 255."""
    return sobel_magnitude(luminance(images)).gt(threshold).to(torch.uint8) * 255


def sobel_magnitude(grey: Tensor) -> Tensor:
    """Return the length of the gradient by Sobel's filters, of greys (n, 1, height, width); the border is repeated."""
    padded = functional.pad(grey, (1, 1, 1, 1), mode="replicate")
    smooth, change = torch.tensor([1.0, 2.0, 1.0]), torch.tensor([-1.0, 0.0, 1.0])
    filters = torch.stack([torch.outer(smooth, change), torch.outer(change, smooth)])[:, None].to(grey.device)
    return functional.conv2d(padded, filters).square().sum(1, keepdim=True).sqrt()
