"""Convolutions whose weights a style sets, another for each sample (Karras et al. 2020, StyleGAN2, section 2.2)."""

from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn import functional

from ganlab import tree
from ganlab.layers.resampling import Blur

TINY = 1e-8


def modulated(weight: Tensor, style: Tensor) -> Tensor:
    """Scale the inputs of a weight (outputs, inputs, k, k) by styles (n, inputs), in float32 or better (eq. 1)."""
    return weight * tree.widen(style)[:, None, :, None, None]


def demodulated(weights: Tensor) -> Tensor:
    """Scale weights (n, outputs, inputs, k, k) so that each output's have the norm 1 (eq. 3)."""
    return weights * (weights.square().sum((2, 3, 4), keepdim=True) + TINY).rsqrt()


class OwnConvolution(nn.Module):
    """A convolution of each sample with weights of its own, as groups of one convolution; keeps the resolution."""

    def forward(self, images: Tensor, weights: Tensor) -> Tensor:
        """Map images (n, inputs, height, width) by weights (n, outputs, inputs, k, k)."""
        count, outputs, _, kernel, _ = weights.shape
        joined = functional.conv2d(_joined(images), weights.flatten(0, 1), padding=kernel // 2, groups=count)
        return joined.reshape(count, outputs, *joined.shape[2:])


class OwnUpconvolution(nn.Module):
    """The same with a zero between any two pixels, and a filter after it: twice the resolution, for 3 × 3 weights."""

    def __init__(self, taps: Sequence[float]) -> None:
        super().__init__()
        self.blur = Blur(taps, len(taps) // 2 - 1, gain=4.0)

    def forward(self, images: Tensor, weights: Tensor) -> Tensor:
        """Map images (n, inputs, height, width) by weights (n, outputs, inputs, 3, 3)."""
        count, outputs = weights.shape[:2]
        transposed = weights.transpose(1, 2).flatten(0, 1)
        joined = functional.conv_transpose2d(_joined(images), transposed, stride=2, groups=count)
        return self.blur(joined.reshape(count, outputs, *joined.shape[2:]))


def _joined(images: Tensor) -> Tensor:
    return images.reshape(1, -1, *images.shape[2:])
