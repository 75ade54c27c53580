"""3×3 convolutions on a CPU by Winograd's minimal filtering, F(4×4, 3×3) of Lavin & Gray (2016, section 4.3).

Tiles of 6×6 pixels give tiles of 4×4 by 36 multiplications instead of 144. torch's CPU library always uses 144; cuDNN
chooses its algorithm itself.
"""

import torch
from torch import Tensor, nn

from ganlab.layers.fast_convolution import Algorithm, Convolution, is_supported

TILE = 4  # side of an output tile in pixels; that of an input tile is 6
MIN_CHANNELS = 128  # with fewer, transforming the images costs more time than the multiplications saved
CHANNELS_PER_PIXEL = 4  # with more, transforming the kernel does, unless batches are large

_INPUT = torch.tensor(
    [[4, 0, -5, 0, 1, 0], [0, -4, -4, 1, 1, 0], [0, 4, -4, -1, 1, 0],
     [0, -2, -1, 2, 1, 0], [0, 2, -1, -2, 1, 0], [0, 4, 0, -5, 0, 1]],
    dtype=torch.float64,
)  # fmt: skip
_KERNEL = torch.tensor([[6, 0, 0], [-4, -4, -4], [-4, 4, -4], [1, 2, 4], [1, -2, 4], [0, 0, 24]]).double() / 24
_OUTPUT = torch.tensor([[1, 1, 1, 1, 1, 0], [0, 1, -1, 2, -2, 0], [0, 1, 1, 4, 4, 0], [0, 1, -1, 8, -8, 1]]).double()
# Transforms of rows and columns at once.
WINOGRAD = Algorithm(
    torch.kron(_INPUT, _INPUT),
    torch.kron(_KERNEL, _KERNEL),
    torch.kron(_OUTPUT, _OUTPUT),
    input_sides=(TILE + 2, TILE + 2),
    output_sides=(TILE, TILE),
    padding=1,
)


class WinogradConv2d(nn.Conv2d):
    """A 3×3 convolution that preserves the resolution and uses Winograd's algorithm if that is faster.

    Its rounding error is about three times that of the direct convolution, a few millionths of a typical value.
    """

    bias: Tensor
    direct = False  # never use Winograd's algorithm

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(inputs, outputs, 3, padding=1)

    def forward(self, images: Tensor) -> Tensor:
        """Map images (n, inputs, height, width) to (n, outputs, height, width)."""
        weight = self.weight
        if self.direct or not is_faster(images, weight):
            return nn.functional.conv2d(images, weight, self.bias, padding=1)
        values: Tensor = Convolution.apply(images, weight, self.bias, WINOGRAD)
        return values


def use_direct_convolutions(network: nn.Module) -> None:
    """Let all layers of a network use torch's convolutions, which compute only the gradients that are used.

    That is faster if the network is differentiated by its input alone, as for a gradient penalty.
    """
    for module in network.modules():
        if isinstance(module, WinogradConv2d):
            module.direct = True


def is_faster(images: Tensor, weight: Tensor) -> bool:
    """Return whether Winograd's algorithm is faster; ignores the batch size, so equal images give equal outputs."""
    return (
        is_supported(images, weight)
        and min(weight.shape[:2]) >= MIN_CHANNELS
        and CHANNELS_PER_PIXEL * images.shape[2:].numel() >= max(weight.shape[:2])
        and not any(side % TILE for side in images.shape[2:])
    )
