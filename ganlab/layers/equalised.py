"""Layers with equalised learning rate and their activation (Karras et al. 2018, section 4.1)."""

from abc import ABC

import torch
from torch import Tensor, nn
from torch.nn import functional


class EqualisedDense(nn.Module, ABC):
    """Base class of dense layers that scale their weights by `rate`/√inputs at every forward pass.

    Weights start from N(0, 1/rate²), so all weights learn at the same relative rate, multiplied by `rate`. Biases are
    scaled by `rate` and start at `bias` after scaling.
    """

    def __init__(self, inputs: int, outputs: int, rate: float = 1.0, bias: float = 0.0) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs) / rate)
        self.bias = nn.Parameter(torch.full((outputs,), bias / rate))
        self.scale, self.rate = rate / inputs**0.5, rate

    def forward(self, features: Tensor) -> Tensor:
        """Map (n, inputs) to (n, outputs)."""
        return functional.linear(features, self.weight * self.scale, self.bias * self.rate)


class EqualisedLinear(EqualisedDense):
    """A dense layer for features."""


class EqualisedEmbedding(EqualisedDense):
    """A dense layer for one-hot labels: one vector per class."""


class EqualisedConv2d(nn.Module):
    """A convolution that scales its N(0, 1) weights by 1/√(inputs · kernel²) at every forward pass."""

    def __init__(
        self, inputs: int, outputs: int, kernel: int, stride: int = 1, padding: int | None = None, bias: bool = True
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(outputs)) if bias else None
        self.scale = 1 / (inputs * kernel**2) ** 0.5
        self.stride, self.padding = stride, kernel // 2 if padding is None else padding

    def forward(self, images: Tensor) -> Tensor:
        """Map (n, inputs, height, width) to (n, outputs, …)."""
        return functional.conv2d(images, self.weight * self.scale, self.bias, self.stride, self.padding)


class ScaledLeakyReLU(nn.Module):
    """A leaky ReLU of slope 0.2, multiplied by √2 to approximately preserve the second moment."""

    def forward(self, values: Tensor) -> Tensor:
        """Return values of the same shape."""
        return functional.leaky_relu(values, 0.2) * 2**0.5
