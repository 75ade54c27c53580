"""The blocks of BigGAN's critic (Brock et al. 2019, appendix B.1): wide at once, and not normalised."""

from collections.abc import Callable

from torch import nn

from ganlab.layers.residual import Residual, convolution, halving_convolution, level_convolution


def _path(inputs: int, outputs: int, last: Callable[[int, int], nn.Module]) -> nn.Sequential:
    return nn.Sequential(
        nn.ReLU(),  # not in place: the shortcut reads the same input
        level_convolution(inputs, outputs),
        nn.ReLU(inplace=True),
        last(outputs, outputs),
    )


def wide_down_block(inputs: int, outputs: int) -> Residual:
    """Build a block that halves the resolution."""
    shortcut = nn.Sequential(nn.AvgPool2d(2), convolution(inputs, outputs, 1))
    return Residual(shortcut, _path(inputs, outputs, halving_convolution))


def wide_level_block(inputs: int, outputs: int) -> Residual:
    """Build a block that keeps the resolution; its shortcut is free where the channels stay too."""
    shortcut = nn.Identity() if inputs == outputs else convolution(inputs, outputs, 1)
    return Residual(shortcut, _path(inputs, outputs, level_convolution))
