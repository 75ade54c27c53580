"""A projected discriminator, which sees an image through a fixed network of photographs."""

from pathlib import Path
from typing import ClassVar, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from ganlab.core.interfaces import DiscriminatorOutput, Spec
from ganlab.layers import FeatureDiscriminator, build_head, initialise, label_specs, normalise_spectrally, sample_shape
from ganlab.layers.checks import check_at_least
from ganlab.layers.class_projection import build_patch_projection
from ganlab.layers.efficientnet_lite0 import STAGE_CHANNELS, EfficientNetLite0, find_weights
from ganlab.layers.norms import build_image_norm
from ganlab.layers.ordered_layers import Layer, parallel_layers
from ganlab.layers.random_projection import RandomProjection

SLOPE = 0.2
LAST_SIDE = 8  # pixels to which maps are halved
SMALLEST = 32  # side in pixels that the network halves five times


class Projected(FeatureDiscriminator):
    """Four discriminators of randomly mixed maps of a fixed EfficientNet-Lite0 (Sauer et al. 2021, sections 3 and 4).

    Images of 1 or 3 channels are resized to `resolution` pixels a side; the maps have a 4th to a 32nd of that. They are
    mixed to `projection` channels for the largest ones, twice as many for each smaller ones, and have `width` channels
    at 8 pixels. Each discriminator gives a logit for every patch; `labels` None adds a class projection to each.
    Neither the network nor the mixing trains. `weights` is a file of the network's weights; without it the package of
    the extra `photos` has them. The features are the last maps, summed over all positions. Raises ValueError for a
    setting out of range, and what `find_weights` raises.
    """

    sample_dims: ClassVar[tuple[int, ...]] = (3,)

    def __init__(
        self,
        spec: Spec,
        resolution: int = 224,
        width: int = 512,
        projection: int = 64,
        weights: str | Path | None = None,
        norm: str = "group",
        init: str = "torch",
        spectral_norm: bool = True,
        head: str = "logit",
        beta: float = 1.0,
        labels: str | None = None,
    ) -> None:
        super().__init__()
        shape = sample_shape(spec, "Projected", "discriminator", self.sample_dims)
        if shape[0] not in (1, 3):
            raise ValueError(f"Projected reads images of 1 or 3 channels, got {shape[0]}; use another discriminator")
        check_at_least("resolution", resolution, SMALLEST)
        check_at_least("width", width, 1)
        check_at_least("projection", projection, 1)
        self.resolution = resolution
        self.network = EfficientNetLite0(find_weights(weights, "discriminator=projected"))
        self.project = RandomProjection(STAGE_CHANNELS, projection)
        specs = label_specs(labels, spec, "projection")
        sides = [-(-resolution // 2 ** (number + 2)) for number in range(len(STAGE_CHANNELS))]
        critics = [
            _MapDiscriminator(specs["projection"], channels, side, width, norm)
            for channels, side in zip(self.project.widths, sides, strict=True)
        ]
        self.critics = nn.ModuleList(critics)
        self.feature_size = sum(critic.width for critic in critics)
        self.independent_samples = norm != "batch" and not spectral_norm
        self.head = build_head(head, beta)
        initialise(self.critics, init)
        if spectral_norm:
            normalise_spectrally(self.critics)

    def forward(self, samples: Tensor, cond: Tensor | None = None) -> Tensor:
        """Map images (n, channels, height, width) and labels (n,) to logits (n, patches of all discriminators)."""
        return self.discriminate(samples, cond).logits

    def discriminate(self, samples: Tensor, cond: Tensor | None = None) -> DiscriminatorOutput:
        """Return the logits and the features."""
        last = self._last_maps(samples)
        pairs = zip(self.critics, last, strict=True)
        logits = [cast(_MapDiscriminator, critic).logits(maps, cond) for critic, maps in pairs]
        return DiscriminatorOutput(self.head(torch.cat(logits, 1)), (_sums(last),))

    def features(self, samples: Tensor, cond: Tensor | None) -> Tensor:
        """Return the last maps of all discriminators, summed over all positions: (n, feature_size)."""
        return _sums(self._last_maps(samples))

    def ordered_layers(self) -> list[Layer]:
        """Return the layers that train, of all discriminators, which are parallel."""
        return parallel_layers(list(self.critics))

    def remove_head(self) -> None:
        """Remove the last convolutions, the class projections and the head."""
        del self.head
        for critic in self.critics:
            del critic.last, critic.projection

    def _last_maps(self, samples: Tensor) -> list[Tensor]:
        """Return the maps before the last convolution of each discriminator."""
        images = (samples * 127.5 + 127.5).expand(-1, 3, -1, -1)
        size = (self.resolution, self.resolution)
        if images.shape[2:] != size:
            images = functional.interpolate(images, size, mode="bilinear", align_corners=False, antialias=True)
        maps = self.project(self.network.stages(images))
        pairs = zip(self.critics, maps, strict=True)
        return [cast(_MapDiscriminator, critic).body(values) for critic, values in pairs]


class _MapDiscriminator(nn.Module):
    """Convolutions that halve maps (n, inputs, side, side) to 8 to 15 pixels, and one that gives a logit per patch."""

    def __init__(self, spec: Spec, inputs: int, side: int, width: int, norm: str) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        while side >= 2 * LAST_SIDE:
            side //= 2
            outputs = max(1, min(width, width * LAST_SIDE // side))
            layers += [
                nn.Conv2d(inputs, outputs, 4, 2, 1, bias=False),
                build_image_norm(norm, outputs),
                nn.LeakyReLU(SLOPE),
            ]
            inputs = outputs
        kernel = min(4, side)
        self.body, self.width = nn.Sequential(*layers), inputs
        self.last = nn.Conv2d(inputs, 1, kernel, padding=(kernel - 1) // 2, bias=False)
        self.projection = build_patch_projection(spec, inputs, kernel)

    def logits(self, maps: Tensor, cond: Tensor | None) -> Tensor:
        """Return the logits of the last maps, shape (n, patches)."""
        return self.projection(self.last(maps), maps, cond).flatten(1)


def _sums(maps: list[Tensor]) -> Tensor:
    return torch.cat([values.sum((2, 3)) for values in maps], 1)
