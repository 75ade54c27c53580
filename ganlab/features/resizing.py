"""Resize rules: how images are mapped to the size and range that a feature network was trained on.

Scores depend on the rule (Parmar et al. 2022). Every function reads uint8 images (n, channels, height, width) and
returns float32; it raises ValueError for other types, because real and fake samples must be rounded alike.
"""

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor
from torch.nn import functional


def standardise(images: Tensor, channels: int, resolution: int) -> Tensor:
    """Map images to [−1, 1], shape (n, channels, resolution, resolution), bilinear and antialiased."""
    result = _to_float(images) / 127.5 - 1
    if result.shape[2:] != (resolution, resolution):
        result = functional.interpolate(result, (resolution, resolution), mode="bilinear", antialias=True)
    if channels == 1:
        return result.mean(1, keepdim=True)
    return result.expand(-1, channels, -1, -1)


def tensorflow1(images: Tensor, resolution: int) -> Tensor:
    """Resize bilinear from the upper left corner, not antialiased, bit for bit as TensorFlow 1 and torch-fidelity do.

    The result's memory format is channels last.
    """
    values = _to_float(images).permute(0, 2, 3, 1).contiguous()
    for axis in (2, 1):  # columns first, while there are few rows
        length = values.shape[axis]
        position = torch.arange(resolution, dtype=torch.float32, device=images.device) * (length / resolution)
        low = position.long()
        share = (position - low).reshape(-1, *(1,) * (3 - axis))
        below = values.index_select(axis, low)
        values = values.index_select(axis, (low + 1).clamp_max(length - 1)).sub_(below).mul_(share).add_(below)
    return values.sub_(128).div_(128).permute(0, 3, 1, 2)


def bilinear(images: Tensor, resolution: int) -> Tensor:
    """Resize bilinear between pixel centres, not antialiased, as pytorch-fid does; the range is [−1, 1]."""
    values = _to_float(images) / 255
    return functional.interpolate(values, (resolution, resolution), mode="bilinear", align_corners=False) * 2 - 1


def antialias(images: Tensor, resolution: int) -> Tensor:
    """Resize bilinear and antialiased, as torchmetrics does since version 1.8."""
    size = (resolution, resolution)
    values = functional.interpolate(_to_float(images), size, mode="bilinear", align_corners=False, antialias=True)
    return (values - 128) / 128


def pil_bicubic(images: Tensor, resolution: int) -> Tensor:
    """Resize by Pillow's bicubic filter, each channel in float32 and clamped to 0 … 255, as clean-fid does."""
    return (bicubic(images, resolution) - 128) / 128


# The rules behind published FID and inception scores; each result has the range that belongs to its rule.
INCEPTION_RULES: Mapping[str, Callable[[Tensor, int], Tensor]] = {
    "tensorflow1": tensorflow1,
    "bilinear": bilinear,
    "antialias": antialias,
    "pil_bicubic": pil_bicubic,
}


def bicubic(images: Tensor, resolution: int) -> Tensor:
    """Resize bicubic and antialiased to values in 0 … 255, with filter weights in float64 as Pillow's."""
    size = (resolution, resolution)
    values = functional.interpolate(
        _to_float(images).double(), size, mode="bicubic", align_corners=False, antialias=True
    )
    return values.float().clamp(0, 255)


def resize_and_normalise(images: Tensor, resolution: int, mean: Sequence[float], std: Sequence[float]) -> Tensor:
    """Resize bicubic and antialiased, then normalise by the mean and deviation of three channels in [0, 1]."""
    centre, scale = (torch.tensor(values, device=images.device).reshape(3, 1, 1) for values in (mean, std))
    return (bicubic(images, resolution) / 255 - centre) / scale


def _to_float(images: Tensor) -> Tensor:
    if images.dtype != torch.uint8:
        raise ValueError(f"image features need uint8 images, got {images.dtype}; use ganlab.features.quantise")
    return images.float()
