"""Convolutions whose weights a style sets, another for each sample (Karras et al. 2020, StyleGAN2, section 2.2).

A sample's own weights are the shared ones with each input scaled, and for demodulation each output. The same comes of
scaling the maps before and after a single convolution of the batch, which is up to twice as fast as one in groups and
needs no memory for the weights of every sample.
"""

from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn import functional

from ganlab.core import tree
from ganlab.layers.resampling import Blur

TINY = 1e-8


def scaled(images: Tensor, factors: Tensor) -> Tensor:
    """Multiply each map of images (n, channels, height, width) by its factor (n, channels) (eq. 1)."""
    return images * factors.to(images.dtype)[:, :, None, None]


def demodulation(weight: Tensor, style: Tensor) -> Tensor:
    """Return the factors (n, outputs) under which each sample's own weights have the norm 1 (eq. 3).

    They are of weights (outputs, inputs, k, k) and styles (n, inputs), in float32 or better.
    """
    with tree.exact(style):
        energy = tree.widen(weight).square().sum((2, 3))
        return (tree.widen(style).square() @ energy.T + TINY).rsqrt()


class Convolution(nn.Module):
    """A convolution that keeps the resolution."""

    def forward(self, images: Tensor, weight: Tensor) -> Tensor:
        """Map images (n, inputs, height, width) by a weight (outputs, inputs, k, k)."""
        return functional.conv2d(images, weight, padding=weight.shape[-1] // 2)


class Upconvolution(nn.Module):
    """The same with a zero between any two pixels, and a filter after it: twice the resolution, for 3 × 3 weights."""

    def __init__(self, taps: Sequence[float]) -> None:
        super().__init__()
        self.blur = Blur(taps, len(taps) // 2 - 1, gain=4.0)

    def forward(self, images: Tensor, weight: Tensor) -> Tensor:
        """Map images (n, inputs, height, width) by a weight (outputs, inputs, 3, 3)."""
        return self.blur(functional.conv_transpose2d(images, weight.transpose(0, 1), stride=2))
