"""Random changes of images, each made with probability p for itself (Karras et al. 2020, ADA, appendix B).

Images are (n, channels, height, width) in [−1, 1]; p is a number or a scalar tensor. Every change is differentiable by
the images, any number of times. Those of geometry are composed first and sampled once, bilinearly, with mirrored
borders, without the paper's wavelet filters; a rotation is one and not two.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import TypeAlias

import torch
from torch import Tensor

from ganlab.core import tree
from ganlab.core.random import Random
from ganlab.layers.checks import one_of

Share: TypeAlias = float | Tensor
Geometry: TypeAlias = Callable[[Tensor, Tensor, Random], Tensor]
Colour: TypeAlias = Callable[[Tensor, Tensor, Random], Tensor]


def _gate(name: str, images: Tensor, p: Share, random: Random) -> Tensor:
    """Return 1 where the change is made and 0 elsewhere, shape (n,)."""
    return (random.uniform(f"augment_{name}_gate", (len(images),), images.device) < p).to(images.dtype)


def _whole(name: str, images: Tensor, high: int, random: Random) -> Tensor:
    return random.integers(f"augment_{name}", high, (len(images),), images.device)


def _symmetric(name: str, images: Tensor, random: Random) -> Tensor:
    return 2 * random.uniform(f"augment_{name}", (len(images),), images.device) - 1


def _normal(name: str, images: Tensor, random: Random) -> Tensor:
    return random.normal(f"augment_{name}", (len(images),), images.device)


# Geometry: matrices (n, 3, 3) from where a pixel goes to where it comes from, in pixels from the image's middle.


def _matrix(rows: Sequence[Sequence[Tensor | float]], like: Tensor) -> Tensor:
    full = [[torch.as_tensor(each, device=like.device).expand_as(like) for each in row] for row in rows]
    return torch.stack([torch.stack(row, -1) for row in full], -2).float()


def _scaled(across: Tensor, down: Tensor) -> Tensor:
    return _matrix([[across, 0.0, 0.0], [0.0, down, 0.0], [0.0, 0.0, 1.0]], across)


def _moved(across: Tensor, down: Tensor) -> Tensor:
    return _matrix([[1.0, 0.0, across], [0.0, 1.0, down], [0.0, 0.0, 1.0]], across)


def _turned(cosine: Tensor, sine: Tensor) -> Tensor:
    return _matrix([[cosine, -sine, 0.0], [sine, cosine, 0.0], [0.0, 0.0, 1.0]], cosine)


def _flip(images: Tensor, gate: Tensor, random: Random) -> Tensor:
    side = 1 - 2 * gate * _whole("flip", images, 2, random)
    return _scaled(side, torch.ones_like(side))


def _quarter_turn(images: Tensor, gate: Tensor, random: Random) -> Tensor:
    quarters = (gate * _whole("quarter_turn", images, 4, random)).long()
    cosines = torch.tensor([1.0, 0.0, -1.0, 0.0], device=images.device)
    return _turned(cosines[quarters], cosines[quarters - 1])


def _shift(images: Tensor, gate: Tensor, random: Random) -> Tensor:
    height, width = images.shape[2:]
    across = (_symmetric("shift_across", images, random) * width / 8).round()
    down = (_symmetric("shift_down", images, random) * height / 8).round()
    return _moved(gate * across, gate * down)


def _scale(images: Tensor, gate: Tensor, random: Random) -> Tensor:
    factor = torch.exp2(0.2 * gate * _normal("scale", images, random))
    return _scaled(factor, factor)


def _rotation(images: Tensor, gate: Tensor, random: Random) -> Tensor:
    angle = gate * math.pi * _symmetric("rotation", images, random)
    return _turned(angle.cos(), angle.sin())


def _stretch(images: Tensor, gate: Tensor, random: Random) -> Tensor:
    factor = torch.exp2(0.2 * gate * _normal("stretch", images, random))
    return _scaled(factor, 1 / factor)


def _slide(images: Tensor, gate: Tensor, random: Random) -> Tensor:
    height, width = images.shape[2:]
    across, down = _normal("slide_across", images, random), _normal("slide_down", images, random)
    return _moved(gate * across * width / 8, gate * down * height / 8)


# Colour: changes of the values, one number a sample.


def _brightness(images: Tensor, gate: Tensor, random: Random) -> Tensor:
    return images + (0.2 * gate * _normal("brightness", images, random)).reshape(-1, 1, 1, 1)


def _contrast(images: Tensor, gate: Tensor, random: Random) -> Tensor:
    return images * torch.exp2(0.5 * gate * _normal("contrast", images, random)).reshape(-1, 1, 1, 1)


def _inversion(images: Tensor, gate: Tensor, random: Random) -> Tensor:
    side = (2 * gate * _whole("inversion", images, 2, random)).reshape(-1, 1, 1, 1)
    return images - side * images.mean(1, keepdim=True)


def _hue(images: Tensor, gate: Tensor, random: Random) -> Tensor:
    angle = (gate * math.pi * _symmetric("hue", images, random)).reshape(-1, 1, 1, 1)
    if images.shape[1] != 3:
        return images
    # Rodrigues' rotation about the grey axis.
    grey = images.mean(1, keepdim=True) * (1 - angle.cos())
    across = (images.roll(-2, 1) - images.roll(-1, 1)) / 3**0.5
    return images * angle.cos() + across * angle.sin() + grey


def _saturation(images: Tensor, gate: Tensor, random: Random) -> Tensor:
    grey = images.mean(1, keepdim=True)
    return grey + (images - grey) * torch.exp2(gate * _normal("saturation", images, random)).reshape(-1, 1, 1, 1)


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


def known_changes(names: Sequence[str]) -> tuple[str, ...]:
    """Return the names; raises ValueError for an unknown one."""
    for name in names:
        one_of("changes", name, CHANGES)
    return tuple(names)


def change(images: Tensor, names: Sequence[str], p: Share, random: Random) -> Tensor:
    """Return the images after each named change with probability p: first those of geometry, then those of colour."""
    matrices = [GEOMETRY[name](images, _gate(name, images, p, random), random) for name in names if name in GEOMETRY]
    if matrices:
        with tree.exact(images):  # half precision would miss by pixels
            whole = reduce(torch.matmul, matrices)
        images = warp(images, whole)
    for name in names:
        if name in COLOUR:
            images = COLOUR[name](images, _gate(name, images, p, random), random).to(images.dtype)
    return images


def warp(images: Tensor, matrices: Tensor) -> Tensor:
    """Fetch every pixel from where its matrix (n, 3, 3) says, bilinearly, from an image mirrored at its borders.

    torch's own sampler has no second derivative, which penalties on the critic's gradient need.
    """
    count, channels, height, width = images.shape
    down, across = torch.meshgrid(
        torch.arange(height, device=images.device) - (height - 1) / 2,
        torch.arange(width, device=images.device) - (width - 1) / 2,
        indexing="ij",
    )
    places = torch.stack([across, down, torch.ones_like(down)]).reshape(3, -1).float()
    with tree.exact(images):  # half precision knows no pixel beyond the 256th
        x, y = (matrices.float() @ places)[:, :2].unbind(1)
    x, y = x + (width - 1) / 2, y + (height - 1) / 2
    left, top = x.floor(), y.floor()
    flat = images.flatten(2)
    total = torch.zeros_like(flat)
    for row, row_share in ((top, 1 - (y - top)), (top + 1, y - top)):
        for column, column_share in ((left, 1 - (x - left)), (left + 1, x - left)):
            index = _mirrored(row, height) * width + _mirrored(column, width)
            share = (row_share * column_share).to(images.dtype)[:, None]
            total = total + share * flat.gather(2, index[:, None].expand(-1, channels, -1))
    return total.reshape(count, channels, height, width)


def _mirrored(places: Tensor, size: int) -> Tensor:
    period = max(2 * (size - 1), 1)
    inside = places.long() % period
    return torch.minimum(inside, period - inside).clamp_max(size - 1)
