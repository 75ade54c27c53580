"""Distances between a fake image and the real image that belongs to its condition, in the features of a network."""

from pathlib import Path
from typing import ClassVar

import torch
from torch import Tensor

from ganlab.core import tree
from ganlab.core.interfaces import Latent, Regularizer, Spec
from ganlab.core.interfaces.batch_view import BatchView
from ganlab.layers import efficientnet_lite0, vgg19
from ganlab.layers.fixed_network import FixedNetwork

SMALLEST_SQUARE = 1e-20  # of the length of a feature vector, whose square root has an infinite slope at 0


class Perceptual(Regularizer):
    """The mean of |f(G(x)) − f(y)|² with f the maps of EfficientNet-Lite0, scaled to length 1 at every position.

    That is the distance of Zhang et al. 2018, eq. 1, without learned weights, averaged over four maps with a 4th to a
    32nd of the image's side. Grey images are repeated to three channels. The network does not train and is not part of
    checkpoints. `weights` is a file of its weights; without it the package of the extra `photos` has them. `build`
    raises what `find_weights` raises, and ValueError for images of other than 1 or 3 channels.
    """

    player = "generator"
    needs_pairs: ClassVar[bool] = True
    sample_dims: ClassVar[tuple[int, ...]] = (3,)

    def __init__(self, weight: float = 10.0, every: int = 1, weights: str | Path | None = None) -> None:
        super().__init__(weight, every)
        self.weights = weights

    def build(self, spec: Spec, features: int, latent: Latent) -> None:
        """Read the network."""
        setting = "regularizer=perceptual"
        check_images(spec, setting)
        path = efficientnet_lite0.find_weights(self.weights, setting)
        self.network = FixedNetwork(efficientnet_lite0.EfficientNetLite0(path))

    def penalty(self, view: BatchView) -> Tensor:
        """Return the penalty, shape (n,)."""
        fake = self._maps(view.fake)
        with torch.no_grad():
            real = self._maps(view.real)
        # The squared distance is a sum over channels and a mean over positions.
        distances = [(a - b).square().sum(1).mean((1, 2)) for a, b in zip(fake, real, strict=True)]
        return torch.stack(distances).mean(0)

    def _maps(self, images: Tensor) -> list[Tensor]:
        maps = self.network.network.stages((images * 127.5 + 127.5).expand(-1, 3, -1, -1))
        return [_scale_to_unit_length(tree.widen(values)) for values in maps]


class PerceptualVGG19(Regularizer):
    """The mean of |f(G(x)) − f(y)| with f the maps of VGG19 after the first ReLU of each of its five blocks.

    The five means are weighted by 1/32, 1/16, 1/8, 1/4 and 1 (Wang et al. 2018, pix2pixHD, section 3.4, after Johnson
    et al. 2016). Grey images are repeated to three channels. The network does not train and is not part of checkpoints.
    `weights` is a file of torchvision's weights; without it they are read where torchvision keeps them. `build` raises
    what `find_weights` raises, and ValueError for images of other than 1 or 3 channels or below 16 pixels a side.
    """

    player = "generator"
    needs_pairs: ClassVar[bool] = True
    sample_dims: ClassVar[tuple[int, ...]] = (3,)

    def __init__(self, weight: float = 10.0, every: int = 1, weights: str | Path | None = None) -> None:
        super().__init__(weight, every)
        self.weights = weights

    def build(self, spec: Spec, features: int, latent: Latent) -> None:
        """Read the network."""
        setting = "regularizer=perceptual_vgg19"
        check_images(spec, setting, vgg19.SMALLEST)
        path = vgg19.find_weights(self.weights, setting)
        self.network = FixedNetwork(vgg19.VGG19(path))

    def penalty(self, view: BatchView) -> Tensor:
        """Return the penalty, shape (n,)."""
        fake = self._maps(view.fake)
        with torch.no_grad():
            real = self._maps(view.real)
        distances = [
            share * tree.mean_per_sample((tree.widen(a) - tree.widen(b)).abs())
            for share, a, b in zip(vgg19.SHARES, fake, real, strict=True)
        ]
        return torch.stack(distances).sum(0)

    def _maps(self, images: Tensor) -> list[Tensor]:
        maps: list[Tensor] = self.network.network(((images + 1) / 2).expand(-1, 3, -1, -1))
        return maps


class PerceptualDiscriminator(Regularizer):
    """The mean of |f(G(x)) − f(y)| over the features f that the discriminator shows (Wang et al. 2018, eq. 4).

    A discriminator that shows its feature maps is compared at each of them and at its last features, with equal
    weights; one that shows its last features only is compared there.
    """

    player = "generator"
    needs_pairs: ClassVar[bool] = True
    reads_features: ClassVar[bool] = True

    def __init__(self, weight: float = 10.0, every: int = 1) -> None:
        super().__init__(weight, every)

    def penalty(self, view: BatchView) -> Tensor:
        """Return the penalty, shape (n,)."""
        with torch.no_grad():  # no gradient of the generator depends on D's features of real samples
            real = [tree.widen(values) for values in view.on_real.features]
        pairs = zip(view.on_fake.features, real, strict=True)
        return torch.stack([tree.mean_per_sample((tree.widen(a) - b).abs()) for a, b in pairs]).mean(0)


def check_images(spec: Spec, setting: str, smallest: int = 1) -> None:
    """Raise ValueError unless samples are images of 1 or 3 channels and so many pixels a side; `setting` reads them."""
    match spec.sample:
        case [1 | 3, int() as height, int() as width] if min(height, width) >= smallest:
            return
    sides = f" and at least {smallest} pixels a side" if smallest > 1 else ""
    raise ValueError(f"{setting} reads images of 1 or 3 channels{sides}, but the data has {spec.sample}; remove it")


def _scale_to_unit_length(maps: Tensor) -> Tensor:
    return maps * maps.square().sum(1, keepdim=True).clamp_min(SMALLEST_SQUARE).rsqrt()
