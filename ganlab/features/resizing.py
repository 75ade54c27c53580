"""How images come to the size and range that a feature network was trained on: scores depend on it.

Every function reads uint8 images (n, channels, height, width) and returns float32; it raises ValueError for images that
are not uint8, as real and fake samples must be rounded alike. Parmar et al. 2022 compare the rules.
"""

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor
from torch.nn import functional


def standardise(images: Tensor, channels: int, resolution: int) -> Tensor:
    """Map images to [−1, 1], shape (n, channels, resolution, resolution), bilinear and antialiased."""
    result = _floats(images) / 127.5 - 1
    if result.shape[2:] != (resolution, resolution):
        result = functional.interpolate(result, (resolution, resolution), mode="bilinear", antialias=True)
    if channels == 1:
        return result.mean(1, keepdim=True)
    return result.expand(-1, channels, -1, -1)


def tensorflow1(images: Tensor, resolution: int) -> Tensor:
    """Resize as TensorFlow 1 and torch-fidelity do, to the bit: bilinear from the upper left corner, no antialiasing.

    The result is in memory with the channels last.
    """
    values = _floats(images).permute(0, 2, 3, 1).contiguous()
    for axis in (2, 1):  # columns first, while there are few rows
        length = values.shape[axis]
        place = torch.arange(resolution, dtype=torch.float32, device=images.device) * (length / resolution)
        low = place.long()
        share = (place - low).reshape(-1, *(1,) * (3 - axis))
        below = values.index_select(axis, low)
        values = values.index_select(axis, (low + 1).clamp_max(length - 1)).sub_(below).mul_(share).add_(below)
    return values.sub_(128).div_(128).permute(0, 3, 1, 2)


def bilinear(images: Tensor, resolution: int) -> Tensor:
    """Resize as pytorch-fid does: bilinear between pixel centres, no antialiasing; to [−1, 1]."""
    values = _floats(images) / 255
    return functional.interpolate(values, (resolution, resolution), mode="bilinear", align_corners=False) * 2 - 1


def antialias(images: Tensor, resolution: int) -> Tensor:
    """Resize as torchmetrics does from 1.8 on: bilinear, antialiased."""
    size = (resolution, resolution)
    values = functional.interpolate(_floats(images), size, mode="bilinear", align_corners=False, antialias=True)
    return (values - 128) / 128


def pil_bicubic(images: Tensor, resolution: int) -> Tensor:
    """Resize as clean-fid does: Pillow's bicubic filter, each channel in float32, kept within 0 … 255."""
    return (bicubic(images, resolution) - 128) / 128


# The rules that published FID and inception scores have used; each ends in the range that goes with it.
INCEPTION_RULES: Mapping[str, Callable[[Tensor, int], Tensor]] = {
    "tensorflow1": tensorflow1,
    "bilinear": bilinear,
    "antialias": antialias,
    "pil_bicubic": pil_bicubic,
}


def bicubic(images: Tensor, resolution: int) -> Tensor:
    """Resize bicubic and antialiased within 0 … 255 as Pillow does, which weighs in float64, to the last digit."""
    size = (resolution, resolution)
    values = functional.interpolate(_floats(images).double(), size, mode="bicubic", align_corners=False, antialias=True)
    return values.float().clamp(0, 255)


def photographs(images: Tensor, resolution: int, mean: Sequence[float], std: Sequence[float]) -> Tensor:
    """Resize bicubic and antialiased; `mean` and `std` are those of three channels with values in [0, 1]."""
    centre, scale = (torch.tensor(values, device=images.device).reshape(3, 1, 1) for values in (mean, std))
    return (bicubic(images, resolution) / 255 - centre) / scale


def _floats(images: Tensor) -> Tensor:
    if images.dtype != torch.uint8:
        raise ValueError(f"image features need uint8 images, got {images.dtype}; use ganlab.metrics.quantise")
    return images.float()
