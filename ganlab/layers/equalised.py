"""Layers with an equalised learning rate, and the activation between them (Karras et al. 2018, section 4.1)."""

from abc import ABC

import torch
from torch import Tensor, nn
from torch.nn import functional


class EqualisedDense(nn.Module, ABC):
    """Dense layers that scale their weights at every use, by `rate`/√inputs, from N(0, 1/rate²) on.

    So every weight moves at the same relative speed, and a layer with a `rate` below 1 the slower for it; biases are
    scaled by `rate`.
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
    """One that compares its inputs with filters."""


class EqualisedEmbedding(EqualisedDense):
    """One of one-hot labels, which has a vector for each class."""


class EqualisedConv2d(nn.Module):
    """A convolution that scales its N(0, 1) weights by 1/√(inputs · kernel²) at every use."""

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
    """√2 times a leaky ReLU of slope 0.2, which about keeps the second moment."""

    def forward(self, values: Tensor) -> Tensor:
        """Return values of the same shape."""
        return functional.leaky_relu(values, 0.2) * 2**0.5
