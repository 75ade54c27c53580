"""Random changes of images, applied independently with probability p (Karras et al. 2020, ADA, appendix B).

Images are (n, channels, height, width) in [−1, 1]; p is a number or a scalar tensor. Every change can be differentiated
any number of times with respect to the images. Geometric changes are composed and resampled once, bilinearly, with
mirrored borders. Differences from the paper: no wavelet filters, and one rotation instead of two.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import TypeAlias

import torch
from torch import Tensor

from ganlab.core import tree
from ganlab.core.random import Random
from ganlab.layers.checks import check_one_of

Probability: TypeAlias = float | Tensor
Geometry: TypeAlias = Callable[[Tensor, Tensor, Random], Tensor]
Colour: TypeAlias = Callable[[Tensor, Tensor, Random], Tensor]


def _gate(name: str, images: Tensor, p: Probability, random: Random) -> Tensor:
    """Return 1 for the images that are changed and 0 for the others, shape (n,)."""
    return (random.uniform(f"augment_{name}_gate", (len(images),), images.device) < p).to(images.dtype)


def _draw_integers(name: str, images: Tensor, high: int, random: Random) -> Tensor:
    return random.integers(f"augment_{name}", high, (len(images),), images.device)


def _draw_symmetric(name: str, images: Tensor, random: Random) -> Tensor:
    return 2 * random.uniform(f"augment_{name}", (len(images),), images.device) - 1


def _draw_normal(name: str, images: Tensor, random: Random) -> Tensor:
    return random.normal(f"augment_{name}", (len(images),), images.device)


# Geometry: matrices (n, 3, 3) from target to source positions, in pixels from the image's centre.


def _matrix(rows: Sequence[Sequence[Tensor | float]], like: Tensor) -> Tensor:
    full = [[torch.as_tensor(entry, device=like.device).expand_as(like) for entry in row] for row in rows]
    return torch.stack([torch.stack(row, -1) for row in full], -2).float()


def _scale_matrix(across: Tensor, down: Tensor) -> Tensor:
    return _matrix([[across, 0.0, 0.0], [0.0, down, 0.0], [0.0, 0.0, 1.0]], across)


def _translation_matrix(across: Tensor, down: Tensor) -> Tensor:
    return _matrix([[1.0, 0.0, across], [0.0, 1.0, down], [0.0, 0.0, 1.0]], across)


def _rotation_matrix(cosine: Tensor, sine: Tensor) -> Tensor:
    return _matrix([[cosine, -sine, 0.0], [sine, cosine, 0.0], [0.0, 0.0, 1.0]], cosine)


def _flip(images: Tensor, gate: Tensor, random: Random) -> Tensor:
    side = 1 - 2 * gate * _draw_integers("flip", images, 2, random)
    return _scale_matrix(side, torch.ones_like(side))


def _quarter_turn(images: Tensor, gate: Tensor, random: Random) -> Tensor:
    quarters = (gate * _draw_integers("quarter_turn", images, 4, random)).long()
    cosines = torch.tensor([1.0, 0.0, -1.0, 0.0], device=images.device)
    return _rotation_matrix(cosines[quarters], cosines[quarters - 1])


def _shift(images: Tensor, gate: Tensor, random: Random) -> Tensor:
    height, width = images.shape[2:]
    across = (_draw_symmetric("shift_across", images, random) * width / 8).round()
    down = (_draw_symmetric("shift_down", images, random) * height / 8).round()
    return _translation_matrix(gate * across, gate * down)


def _scale(images: Tensor, gate: Tensor, random: Random) -> Tensor:
    factor = torch.exp2(0.2 * gate * _draw_normal("scale", images, random))
    return _scale_matrix(factor, factor)


def _rotation(images: Tensor, gate: Tensor, random: Random) -> Tensor:
    angle = gate * math.pi * _draw_symmetric("rotation", images, random)
    return _rotation_matrix(angle.cos(), angle.sin())


def _stretch(images: Tensor, gate: Tensor, random: Random) -> Tensor:
    factor = torch.exp2(0.2 * gate * _draw_normal("stretch", images, random))
    return _scale_matrix(factor, 1 / factor)


def _slide(images: Tensor, gate: Tensor, random: Random) -> Tensor:
    height, width = images.shape[2:]
    across, down = _draw_normal("slide_across", images, random), _draw_normal("slide_down", images, random)
    return _translation_matrix(gate * across * width / 8, gate * down * height / 8)


# Colour: changes of the values, one random number per image.


def _brightness(images: Tensor, gate: Tensor, random: Random) -> Tensor:
    return images + (0.2 * gate * _draw_normal("brightness", images, random)).reshape(-1, 1, 1, 1)


def _contrast(images: Tensor, gate: Tensor, random: Random) -> Tensor:
    return images * torch.exp2(0.5 * gate * _draw_normal("contrast", images, random)).reshape(-1, 1, 1, 1)


def _inversion(images: Tensor, gate: Tensor, random: Random) -> Tensor:
    side = (2 * gate * _draw_integers("inversion", images, 2, random)).reshape(-1, 1, 1, 1)
    return images - side * images.mean(1, keepdim=True)


def _hue(images: Tensor, gate: Tensor, random: Random) -> Tensor:
    angle = (gate * math.pi * _draw_symmetric("hue", images, random)).reshape(-1, 1, 1, 1)
    if images.shape[1] != 3:
        return images
    # Rodrigues' rotation formula about the grey axis.
    grey = images.mean(1, keepdim=True) * (1 - angle.cos())
    across = (images.roll(-2, 1) - images.roll(-1, 1)) / 3**0.5
    return images * angle.cos() + across * angle.sin() + grey


def _saturation(images: Tensor, gate: Tensor, random: Random) -> Tensor:
    grey = images.mean(1, keepdim=True)
    return grey + (images - grey) * torch.exp2(gate * _draw_normal("saturation", images, random)).reshape(-1, 1, 1, 1)


GEOMETRY: Mapping[str, Geometry] = {
    "flip": _flip,
    "quarter_turn": _quarter_turn,
    "shift": _shift,
    "scale": _scale,
    "rotation": _rotation,
    "stretch": _stretch,
    "slide": _slide,
}
COLOUR: Mapping[str, Colour] = {
    "brightness": _brightness,
    "contrast": _contrast,
    "inversion": _inversion,
    "hue": _hue,
    "saturation": _saturation,
}
CHANGES = (*GEOMETRY, *COLOUR)


def check_changes(names: Sequence[str]) -> tuple[str, ...]:
    """Return the names; raises ValueError for an unknown one."""
    for name in names:
        check_one_of("changes", name, CHANGES)
    return tuple(names)


def apply_changes(images: Tensor, names: Sequence[str], p: Probability, random: Random) -> Tensor:
    """Apply each named change with probability p, geometric changes first, then colour changes."""
    matrices = [GEOMETRY[name](images, _gate(name, images, p, random), random) for name in names if name in GEOMETRY]
    if matrices:
        with tree.without_autocast(images):  # half precision is wrong by whole pixels
            matrix = reduce(torch.matmul, matrices)
        images = warp(images, matrix)
    for name in names:
        if name in COLOUR:
            images = COLOUR[name](images, _gate(name, images, p, random), random).to(images.dtype)
    return images


def warp(images: Tensor, matrices: Tensor) -> Tensor:
    """Resample images bilinearly at the positions that matrices (n, 3, 3) map each pixel to, with mirrored borders.

    `torch.nn.functional.grid_sample` has no second derivative, which gradient penalties need.
    """
    count, channels, height, width = images.shape
    down, across = torch.meshgrid(
        torch.arange(height, device=images.device) - (height - 1) / 2,
        torch.arange(width, device=images.device) - (width - 1) / 2,
        indexing="ij",
    )
    targets = torch.stack([across, down, torch.ones_like(down)]).reshape(3, -1).float()
    with tree.without_autocast(images):  # half precision cannot represent positions beyond 256
        x, y = (matrices.float() @ targets)[:, :2].unbind(1)
    x, y = x + (width - 1) / 2, y + (height - 1) / 2
    left, top = x.floor(), y.floor()
    flat = images.flatten(2)
    total = torch.zeros_like(flat)
    for row, row_weight in ((top, 1 - (y - top)), (top + 1, y - top)):
        for column, column_weight in ((left, 1 - (x - left)), (left + 1, x - left)):
            index = _mirror(row, height) * width + _mirror(column, width)
            weight = (row_weight * column_weight).to(images.dtype)[:, None]
            total = total + weight * flat.gather(2, index[:, None].expand(-1, channels, -1))
    return total.reshape(count, channels, height, width)


def _mirror(positions: Tensor, size: int) -> Tensor:
    period = max(2 * (size - 1), 1)
    inside = positions.long() % period
    return torch.minimum(inside, period - inside).clamp_max(size - 1)
