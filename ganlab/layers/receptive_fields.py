"""HiFi-GAN's multi-receptive field fusion: parallel residual blocks of several kernels and dilations, averaged."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import final

from torch import Tensor, nn
from torch.nn import functional

from ganlab.layers.checks import check_all_positive, check_at_least, look_up


def same_length(inputs: int, outputs: int, kernel: int, dilation: int = 1) -> nn.Conv2d:
    """Build a convolution over time, of odd kernel, that preserves the length of (n, inputs, 1, positions)."""
    return nn.Conv2d(inputs, outputs, (1, kernel), padding=(0, dilation * (kernel // 2)), dilation=(1, dilation))


class DilatedBlock(nn.Module, ABC):
    """Residual convolutions of one kernel with several dilations, one after another; a subclass builds each path."""

    def __init__(self, channels: int, kernel: int, dilations: Sequence[int], slope: float) -> None:
        super().__init__()
        self.slope = slope
        self.paths = nn.ModuleList(nn.ModuleList(self.path(channels, kernel, dilation)) for dilation in dilations)

    @abstractmethod
    def path(self, channels: int, kernel: int, dilation: int) -> list[nn.Conv2d]:
        """Return the convolutions of one residual path; a leaky ReLU comes before each of them."""

    def forward(self, maps: Tensor) -> Tensor:
        """Map (n, channels, 1, positions) to the same shape."""
        for path in self.paths:
            hidden = maps
            for convolution in path:  # type: ignore[attr-defined]
                hidden = convolution(functional.leaky_relu(hidden, self.slope))
            maps = maps + hidden
        return maps


@final
class PairedBlock(DilatedBlock):
    """A dilated convolution and one without dilation on each path (ResBlock1 of Kong et al. 2020, in V1 and V2)."""

    def path(self, channels: int, kernel: int, dilation: int) -> list[nn.Conv2d]:
        """Return two convolutions."""
        return [same_length(channels, channels, kernel, dilation), same_length(channels, channels, kernel)]


@final
class SingleBlock(DilatedBlock):
    """One dilated convolution on each path (ResBlock2 of Kong et al. 2020, in V3)."""

    def path(self, channels: int, kernel: int, dilation: int) -> list[nn.Conv2d]:
        """Return one convolution."""
        return [same_length(channels, channels, kernel, dilation)]


BLOCKS: Mapping[str, Callable[..., DilatedBlock]] = {"paired": PairedBlock, "single": SingleBlock}


@final
class FusedFields(nn.Module):
    """The mean of residual blocks, one for each kernel with its dilations (Kong et al. 2020, section 2.2)."""

    def __init__(
        self, channels: int, kernels: Sequence[int], dilations: Sequence[Sequence[int]], block: str, slope: float
    ) -> None:
        super().__init__()
        build = look_up("block", block, BLOCKS)
        self.blocks = nn.ModuleList(
            build(channels, kernel, steps, slope) for kernel, steps in zip(kernels, dilations, strict=True)
        )

    def forward(self, maps: Tensor) -> Tensor:
        """Map (n, channels, 1, positions) to the same shape."""
        first, *others = (block(maps) for block in self.blocks)
        return sum(others, start=first) / len(self.blocks)


def check_fields(kernels: Sequence[int], dilations: Sequence[Sequence[int]]) -> None:
    """Raise ValueError for even kernels, no kernels, or another number of lists of dilations than of kernels."""
    check_at_least("the number of residual_kernels", len(kernels), 1)
    check_all_positive("residual_kernels", kernels)
    if any(kernel % 2 == 0 for kernel in kernels):
        raise ValueError(f"residual_kernels must be odd, so that the length is kept, got {list(kernels)}")
    if len(dilations) != len(kernels):
        raise ValueError(
            f"dilations must have one list for each of {len(kernels)} residual_kernels, got {len(dilations)}"
        )
    for steps in dilations:
        check_all_positive("dilations", steps)
