"""Normalisations by name, for feature vectors and for images."""

from collections.abc import Callable, Mapping

from torch import nn

from ganlab.layers.checks import look_up


def _group_norm(channels: int) -> nn.Module:
    """Use the most groups, up to 32, that divide the channels and leave at least 4 channels per group."""
    least = min(4, channels)
    groups = max(g for g in (1, 2, 4, 8, 16, 32) if channels % g == 0 and channels // g >= least)
    return nn.GroupNorm(groups, channels)


FEATURE_NORMS: Mapping[str, Callable[[int, float], nn.Module]] = {
    "none": lambda features, momentum: nn.Identity(),
    "batch": lambda features, momentum: nn.BatchNorm1d(features, momentum=momentum),
    "group": lambda features, momentum: _group_norm(features),
    "layer": lambda features, momentum: nn.LayerNorm(features),
}

IMAGE_NORMS: Mapping[str, Callable[[int], nn.Module]] = {
    "none": lambda channels: nn.Identity(),
    "batch": nn.BatchNorm2d,
    "instance": lambda channels: nn.InstanceNorm2d(channels, affine=True),
    "group": _group_norm,
    "layer": lambda channels: nn.GroupNorm(1, channels),
}


def build_feature_norm(name: str, features: int, momentum: float = 0.1) -> nn.Module:
    """Build a normalisation of (n, features); `momentum` is the share of a batch in running statistics.

    Raises ValueError for an unknown name or a momentum outside [0, 1].
    """
    if not 0 <= momentum <= 1:
        raise ValueError(f"norm_momentum must be at least 0 and at most 1, got {momentum}")
    return look_up("norm", name, FEATURE_NORMS)(features, momentum)


def build_image_norm(name: str, channels: int) -> nn.Module:
    """Build a normalisation of (n, channels, height, width); raises ValueError for an unknown name."""
    return look_up("norm", name, IMAGE_NORMS)(channels)
