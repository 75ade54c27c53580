"""Modulated convolutions: a style scales the weights of each sample (Karras et al. 2020, StyleGAN2, section 2.2).

Modulation scales the weights of each input channel, demodulation those of each output channel. Scaling the feature maps
before and after one shared convolution is equivalent. It is up to twice as fast as a grouped convolution and needs no
memory for per-sample weights.
"""

from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn import functional

from ganlab.core import tree
from ganlab.layers.resampling import Blur

EPSILON = 1e-8


def scale_maps(images: Tensor, factors: Tensor) -> Tensor:
    """Multiply each channel of images (n, channels, height, width) by its factor (n, channels) (eq. 1)."""
    return images * factors.to(images.dtype)[:, :, None, None]


def demodulation_factors(weight: Tensor, style: Tensor) -> Tensor:
    """Return factors (n, outputs) that give each sample's modulated weights the norm 1 (eq. 3), in float32 or better.

    `weight` is (outputs, inputs, k, k) and `style` is (n, inputs).
    """
    with tree.without_autocast(style):
        energy = tree.widen(weight).square().sum((2, 3))
        return (tree.widen(style).square() @ energy.T + EPSILON).rsqrt()


class Convolution(nn.Module):
    """A convolution that preserves the resolution."""

    def forward(self, images: Tensor, weight: Tensor) -> Tensor:
        """Convolve images (n, inputs, height, width) with a weight (outputs, inputs, k, k)."""
        return functional.conv2d(images, weight, padding=weight.shape[-1] // 2)


class Upconvolution(nn.Module):
    """A 3 × 3 transposed convolution with stride 2 and a low-pass filter after it; doubles the resolution."""

    def __init__(self, taps: Sequence[float]) -> None:
        super().__init__()
        self.blur = Blur(taps, len(taps) // 2 - 1, gain=4.0)

    def forward(self, images: Tensor, weight: Tensor) -> Tensor:
        """Convolve images (n, inputs, height, width) with a weight (outputs, inputs, 3, 3); doubles the resolution."""
        return self.blur(functional.conv_transpose2d(images, weight.transpose(0, 1), stride=2))
