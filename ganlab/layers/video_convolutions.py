"""Convolutions of clips by name: in three dimensions at once, or first in space and then in time."""

from collections.abc import Callable, Mapping

from torch import Tensor, nn

from ganlab.layers.checks import look_up

Activate = Callable[[], nn.Module]
NORMS: Mapping[str, Callable[[int], nn.Module]] = {
    "none": lambda channels: nn.Identity(),
    "batch": nn.BatchNorm3d,
    "instance": lambda channels: nn.InstanceNorm3d(channels, affine=True),
    "layer": lambda channels: nn.GroupNorm(1, channels),
}


class ChannelsFirst(nn.Module):
    """Maps clips (n, time, channels, height, width) to (n, channels, time, height, width), and back."""

    def forward(self, clips: Tensor) -> Tensor:
        """Exchange the two dimensions."""
        return clips.transpose(1, 2)


def build_video_norm(name: str, channels: int) -> nn.Module:
    """Build a normalisation of (n, channels, time, height, width); raises ValueError for an unknown name."""
    return look_up("norm", name, NORMS)(channels)


def _at_once(inputs: int, outputs: int, halves_time: bool, bias: bool, activate: Activate) -> list[nn.Module]:
    kernel, stride = (4, 2) if halves_time else (3, 1)
    return [nn.Conv3d(inputs, outputs, (kernel, 4, 4), (stride, 2, 2), 1, bias=bias)]


def _in_turn(inputs: int, outputs: int, halves_time: bool, bias: bool, activate: Activate) -> list[nn.Module]:
    kernel, stride = (4, 2) if halves_time else (3, 1)
    return [
        nn.Conv3d(inputs, outputs, (1, 4, 4), (1, 2, 2), (0, 1, 1), bias=bias),
        activate(),
        nn.Conv3d(outputs, outputs, (kernel, 1, 1), (stride, 1, 1), (1, 0, 0), bias=bias),
    ]


# (2+1)-D: Tran et al. 2018, section 3.5.
CONVOLUTIONS: Mapping[str, Callable[[int, int, bool, bool, Activate], list[nn.Module]]] = {
    "3d": _at_once,
    "2_plus_1d": _in_turn,
}


def build_halving(
    name: str, inputs: int, outputs: int, halves_time: bool, bias: bool, activate: Activate
) -> list[nn.Module]:
    """Build layers that halve height and width, and the length if `halves_time`.

    `activate` builds what stands between two layers of one step. Raises ValueError for another name.
    """
    return look_up("convolution", name, CONVOLUTIONS)(inputs, outputs, halves_time, bias, activate)
