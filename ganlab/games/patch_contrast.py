"""PatchNCE: patches of an image and of its translation at one place are alike, and unlike the image's other patches."""

from collections.abc import Sequence
from typing import Protocol, final, runtime_checkable

import torch
from torch import Tensor, nn
from torch.nn import functional

from ganlab.core import tree
from ganlab.core.random import Random
from ganlab.core.tree import Tree
from ganlab.layers import initialise


@runtime_checkable
class EncodesImages(Protocol):
    """A generator of images from images that shows the feature maps of its first part, the encoder."""

    encoded_channels: Sequence[int]  # of each of the maps, from the input on

    def encode(self, latents: Tensor, cond: Tree) -> list[Tensor]:
        """Return the feature maps (n, channels, height, width) of latents (n, latent) and images (n, *spec.cond)."""


@final
class PatchContrast(nn.Module):
    """The contrastive loss of `patches` random places of each image in each feature map (Park et al. 2020, eq. 4).

    A network of two layers with `width` units for each map makes vectors of length 1; `temperature` divides their
    products. All places of an image are used if it has fewer. Raises ValueError for a number below 1 or a temperature
    that is not positive.
    """

    def __init__(self, channels: Sequence[int], patches: int, temperature: float, width: int) -> None:
        super().__init__()
        for name, value in (("patches", patches), ("width", width)):
            if value < 1:
                raise ValueError(f"{name} must be at least 1, got {value}")
        if not temperature > 0:
            raise ValueError(f"temperature must be above 0, got {temperature}")
        self.patches, self.temperature = patches, temperature
        self.heads = nn.ModuleList(
            nn.Sequential(nn.Linear(count, width), nn.ReLU(), nn.Linear(width, width)) for count in channels
        )
        initialise(self, "dcgan")

    def forward(self, translated: Sequence[Tensor], original: Sequence[Tensor], random: Random) -> Tensor:
        """Return the loss of each image, the mean over maps and places, shape (n,).

        The vectors of the originals are constants, as in the authors' code.
        """
        losses = []
        for number, (queries, keys) in enumerate(zip(translated, original, strict=True)):
            places = self._places(number, queries, random)
            head = self.heads[number]
            with torch.no_grad():
                fixed = _vectors(head, keys, places)
            losses.append(self.contrast(_vectors(head, queries, places), fixed))
        return torch.stack(losses).mean(0)

    def contrast(self, queries: Tensor, keys: Tensor) -> Tensor:
        """Return the mean cross-entropy of each image's vectors (n, places, width) with the key of the same place."""
        logits = queries @ keys.transpose(1, 2) / self.temperature
        targets = torch.arange(logits.shape[1], device=logits.device).expand(len(logits), -1)
        return functional.cross_entropy(logits.transpose(1, 2), targets, reduction="none").mean(1)

    def _places(self, number: int, maps: Tensor, random: Random) -> Tensor:
        """Draw places of each image, shape (n, places)."""
        count = maps[0, 0].numel()
        order = random.uniform(f"patches_{number}", (len(maps), count), maps.device)
        return order.topk(min(self.patches, count), dim=1).indices


def _vectors(head: nn.Module, maps: Tensor, places: Tensor) -> Tensor:
    """Return vectors of length 1 at places (n, places) of maps (n, channels, height, width), (n, places, width)."""
    rows = maps.flatten(2).transpose(1, 2)
    chosen = rows.gather(1, places[:, :, None].expand(-1, -1, rows.shape[2]))
    return functional.normalize(tree.widen(head(chosen)), dim=2)
