"""The building blocks of a style generator (Karras et al. 2020, StyleGAN2, figure 2)."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from ganlab.core import tree
from ganlab.core.interfaces import Spec
from ganlab.layers.equalised import EqualisedEmbedding, EqualisedLinear, ScaledLeakyReLU
from ganlab.layers.labels import ClassLabels
from ganlab.layers.modulated import EPSILON, Convolution, Upconvolution, demodulation_factors, scale_maps
from ganlab.layers.resampling import Upsample


class Mapping(nn.Module):
    """The mapping network: dense layers from latents and label embeddings, both normalised, to styles.

    Normalisation scales both to a mean square of 1. The learning rate of the layers is `rate` times that of other
    layers. Raises ValueError if the data's condition is not a class label.
    """

    def __init__(self, spec: Spec, inputs: int, width: int, layers: int, rate: float) -> None:
        super().__init__()
        self.labels = ClassLabels(spec)
        self.embed = EqualisedEmbedding(spec.classes, width) if spec.classes else nn.Identity()
        sizes = [inputs + (width if spec.classes else 0), *[width] * (layers - 1)]
        self.body = nn.Sequential(
            *(nn.Sequential(EqualisedLinear(size, width, rate), ScaledLeakyReLU()) for size in sizes)
        )

    def forward(self, latents: Tensor, labels: Tensor | None) -> Tensor:
        """Map latents (n, inputs) and labels (n,) to styles (n, width)."""
        codes = self.embed(self.labels(latents[:, :0], labels))
        return self.body(torch.cat([_normalise(latents), _normalise(codes)], 1))


def _normalise(values: Tensor) -> Tensor:
    values = tree.widen(values)
    return values * (values.square().sum(1, keepdim=True) / max(values.shape[1], 1) + EPSILON).rsqrt()


class Noise(nn.Module):
    """Adds normal noise, the same to all channels, times a learnt strength that starts at 0.

    In training the noise is drawn at every forward pass from torch's global generator; in evaluation it is fixed.
    """

    fixed: Tensor

    def __init__(self, height: int, width: int) -> None:
        super().__init__()
        self.strength = nn.Parameter(torch.zeros(()))
        self.register_buffer("fixed", torch.randn(height, width))

    def forward(self, images: Tensor) -> Tensor:
        """Return images of the same shape (n, channels, height, width)."""
        noise = self.fixed
        if self.training:
            noise = torch.randn(len(images), 1, *self.fixed.shape, device=images.device)
        return images + (self.strength * noise).to(images.dtype)


class StyledConvolution(nn.Module):
    """A modulated and demodulated 3 × 3 convolution, noise, bias and activation; `size` is that of the output."""

    def __init__(
        self, inputs: int, outputs: int, size: tuple[int, int], style_size: int, convolve: nn.Module | None = None
    ) -> None:
        super().__init__()
        self.style = EqualisedLinear(style_size, inputs, bias=1.0)
        self.weight = nn.Parameter(torch.randn(outputs, inputs, 3, 3))
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.convolve, self.scale = Convolution() if convolve is None else convolve, (9 * inputs) ** -0.5
        self.noise, self.activate = Noise(*size), ScaledLeakyReLU()

    def forward(self, images: Tensor, style: Tensor) -> Tensor:
        """Map images (n, inputs, …) and styles (n, style_size) to (n, outputs, …)."""
        weight, factors = self.weight * self.scale, self.style(style)
        images = scale_maps(self.convolve(scale_maps(images, factors), weight), demodulation_factors(weight, factors))
        return self.activate(self.noise(images) + self.bias.to(images.dtype)[:, None, None])


class ToImage(nn.Module):
    """A modulated 1 × 1 convolution to the image's channels, with output in float32 or better (toRGB)."""

    def __init__(self, inputs: int, outputs: int, style_size: int) -> None:
        super().__init__()
        self.style = EqualisedLinear(style_size, inputs, bias=1.0)
        self.weight = nn.Parameter(torch.randn(outputs, inputs, 1, 1))
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.convolve, self.scale = Convolution(), inputs**-0.5

    def forward(self, images: Tensor, style: Tensor) -> Tensor:
        """Map images (n, inputs, height, width) and styles (n, style_size) to (n, outputs, height, width)."""
        images = self.convolve(scale_maps(images, self.style(style)), self.weight * self.scale)
        return tree.widen(images) + self.bias[:, None, None]


class StyledBlock(nn.Module):
    """Two styled convolutions, the first of which doubles the resolution, and a `ToImage` layer added to the image."""

    def __init__(
        self, channels: tuple[int, int], size: tuple[int, int], image: int, style_size: int, taps: Sequence[float]
    ) -> None:
        super().__init__()
        self.grow = Upsample(taps)
        self.first = StyledConvolution(*channels, size, style_size, Upconvolution(taps))
        self.later = StyledConvolution(channels[1], channels[1], size, style_size)
        self.to_image = ToImage(channels[1], image, style_size)

    def forward(self, hidden: Tensor, image: Tensor, styles: Tensor) -> tuple[Tensor, Tensor]:
        """Double the resolution of the feature maps and the image, given three styles (n, 3, style_size)."""
        first, later, last = styles.unbind(1)
        hidden = self.later(self.first(hidden, first), later)
        return hidden, self.grow(image) + self.to_image(hidden, last)
