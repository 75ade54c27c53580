"""FastGAN's discriminator."""

from itertools import pairwise
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from ganlab.core.interfaces import DiscriminatorOutput, Spec
from ganlab.layers import (
    FeatureDiscriminator,
    Pyramid,
    build_head,
    initialise,
    label_specs,
    normalise_spectrally,
    pyramid,
    sample_shape,
)
from ganlab.layers.checks import check_at_least
from ganlab.layers.class_projection import build_projection
from ganlab.layers.fastgan import SLOPE, Excitation, Shrink, convolution_unit
from ganlab.layers.image_condition import build_condition_channels

WIDEST = 16  # times `width` channels of any maps
SKIP = 3  # halvings from the maps that weigh channels to those whose channels they weigh
LAST_SIDE = 8  # pixels of the last maps if the image's side is a power of two


class FastGAN(FeatureDiscriminator):
    """Residual convolutions with skip-layer excitation, whose maps can be decoded (Liu et al. 2021, figure 4).

    One path reads the image, another one the image at half the size; each gives a logit for every patch of its last
    maps, of 8 to 15 pixels. The maps of the image have 64 `width` / side channels. The paper's decoders are
    `regularizer=[reconstruction]`, which reads the maps before the last and the last maps of both paths. The features
    are the last maps, summed over all positions; a class projection reads them, too. Sides are 4 to 15 times a power of
    two. Raises ValueError for a setting out of range or an unsupported resolution.
    """

    sample_dims: ClassVar[tuple[int, ...]] = (3,)

    def __init__(
        self,
        spec: Spec,
        width: int = 64,
        init: str = "dcgan",
        spectral_norm: bool = True,
        head: str = "logit",
        beta: float = 1.0,
        labels: str = "concat",
    ) -> None:
        super().__init__()
        shape = sample_shape(spec, "FastGAN", "discriminator", self.sample_dims)
        check_at_least("width", width, 1)
        specs = label_specs(labels, spec, "concat", "projection")
        self.labels = build_condition_channels(specs["concat"])
        inputs = shape[0] + self.labels.width
        halvings = _halvings(pyramid(shape, "FastGAN"))
        sides = [min(shape[1:]) >> step for step in range(halvings + 1)]
        channels = [_channels(2 * side, width) for side in sides]
        self.first = nn.Sequential(nn.Conv2d(inputs, channels[0], 3, padding=1, bias=False), nn.LeakyReLU(SLOPE))
        self.blocks = nn.ModuleList(Shrink(before, after) for before, after in pairwise(channels))
        self.excitations = nn.ModuleDict(
            {str(step): Excitation(channels[step - SKIP], channels[step]) for step in range(SKIP, halvings + 1)}
        )
        self.last = nn.Sequential(
            *convolution_unit(channels[-1], 2 * channels[-1], 1, 1, 0), nn.Conv2d(2 * channels[-1], 1, 4, bias=False)
        )
        self.small, small_width = _build_small_path(inputs, [_channels(4 * side, width) for side in sides[2:]])
        self.small_last = nn.Conv2d(small_width, 1, 4, bias=False)
        base = (shape[1] >> halvings, shape[2] >> halvings)
        self.map_shapes = (
            (channels[-2], 2 * base[0], 2 * base[1]),
            (channels[-1], *base),
            (small_width, *base),
        )
        self.feature_size, self.head = channels[-1], build_head(head, beta)
        self.projection = build_projection(specs["projection"], self.feature_size)
        initialise(self, init)
        if spectral_norm:
            normalise_spectrally(self)

    def forward(self, samples: Tensor, cond: Tensor | None = None) -> Tensor:
        """Map images (n, channels, height, width) and labels (n,) to logits (n, patches of both paths)."""
        return self.discriminate(samples, cond).logits

    def discriminate(self, samples: Tensor, cond: Tensor | None = None) -> DiscriminatorOutput:
        """Return logits and features: the maps before the last, the last ones of both paths, and their sums.

        `extra` has the images as they were received, `input`.
        """
        labelled = self.labels(samples, cond)
        maps, small = self._maps(labelled), self.small(functional.avg_pool2d(labelled, 2))
        logits = torch.cat([self.last(maps[-1]).flatten(1), self.small_last(small).flatten(1)], 1)
        sums = maps[-1].sum((2, 3))
        values = self.projection(logits, sums, cond)
        return DiscriminatorOutput(self.head(values), (maps[-2], maps[-1], small, sums), {"input": samples})

    def features(self, samples: Tensor, cond: Tensor | None) -> Tensor:
        """Return the last maps of the image, summed over all positions: (n, feature_size)."""
        return self._maps(self.labels(samples, cond))[-1].sum((2, 3))

    def remove_head(self) -> None:
        """Remove what only the logits need: the last convolutions, the small path, the projection and the head."""
        del self.last, self.small, self.small_last, self.projection, self.head

    def _maps(self, images: Tensor) -> list[Tensor]:
        maps = [self.first(images)]
        for step, block in enumerate(self.blocks, 1):
            shrunk = block(maps[-1])
            if step >= SKIP:
                shrunk = self.excitations[str(step)](maps[step - SKIP], shrunk)
            maps.append(shrunk)
        return maps


def _halvings(base: Pyramid) -> int:
    """Return how often the image is halved: to 8 to 15 pixels, or once if it has fewer than 16."""
    return base.steps if min(base.height, base.width) >= LAST_SIDE else max(1, base.steps - 1)


def _channels(side: int, width: int) -> int:
    return max(1, min(WIDEST * width, 128 * width // side))


def _build_small_path(inputs: int, channels: list[int]) -> tuple[nn.Module, int]:
    """Return the path of the image at half the size, and the channels of its last maps; it halves len(channels) times.

    An image that is halved only once has a path of one convolution, which keeps its size.
    """
    if not channels:
        return nn.Sequential(nn.Conv2d(inputs, inputs, 3, padding=1, bias=False), nn.LeakyReLU(SLOPE)), inputs
    layers: list[nn.Module] = [nn.Conv2d(inputs, channels[0], 4, 2, 1, bias=False), nn.LeakyReLU(SLOPE)]
    for before, after in pairwise(channels):
        layers += convolution_unit(before, after, 4, 2, 1)
    return nn.Sequential(*layers), channels[-1]
