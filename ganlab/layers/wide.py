"""The blocks of BigGAN's critic (Brock et al. 2019, appendix B.1): wide at once, and not normalised."""

from torch import nn

from ganlab.layers.residual import RESIDUAL_GAIN, Residual, convolution


def _path(inputs: int, outputs: int) -> list[nn.Module]:
    return [
        nn.ReLU(),  # not in place: the shortcut reads the same input
        convolution(inputs, outputs, 3, RESIDUAL_GAIN),
        nn.ReLU(inplace=True),
        convolution(outputs, outputs, 3, RESIDUAL_GAIN),
    ]


def wide_down_block(inputs: int, outputs: int) -> Residual:
    """Build a block that halves the resolution."""
    shortcut = nn.Sequential(nn.AvgPool2d(2), convolution(inputs, outputs, 1))
    return Residual(shortcut, nn.Sequential(*_path(inputs, outputs), nn.AvgPool2d(2)))


def wide_level_block(inputs: int, outputs: int) -> Residual:
    """Build a block that keeps the resolution; its shortcut is free where the channels stay too."""
    shortcut = nn.Identity() if inputs == outputs else convolution(inputs, outputs, 1)
    return Residual(shortcut, nn.Sequential(*_path(inputs, outputs)))
