"""Shapes of data whose conditions are images, with messages for networks that do not support them."""

from typing import NamedTuple

from ganlab.core.interfaces import Spec
from ganlab.layers.shapes import sample_shape

ImageShape = tuple[int, int, int]  # channels, height and width


class ImagePair(NamedTuple):
    """The shapes of a condition and a sample that are images; the sample's sides are `scale` times the condition's."""

    cond: ImageShape
    sample: ImageShape
    scale: int


def condition_image(spec: Spec) -> ImageShape | None:
    """Return the shape of a condition that is an image, or None if the data has no such condition."""
    match spec.cond:
        case [int() as channels, int() as height, int() as width] if not spec.classes:
            return channels, height, width
    return None


def condition_channels(spec: Spec, network: str) -> int:
    """Return the channels of the condition; raises ValueError if it is not an image."""
    return _require_condition(spec, network)[0]


def image_pair(spec: Spec, network: str, scales: tuple[int, ...] = (1,)) -> ImagePair:
    """Return the shapes of both images.

    Raises ValueError if one of them is no image, or the sample is larger by a factor that is not in `scales`.
    """
    channels, *sides = sample_shape(spec, network, "generator", (3,))
    cond = _require_condition(spec, network)
    for scale in scales:
        if [side * scale for side in cond[1:]] == sides:
            return ImagePair(cond, (channels, sides[0], sides[1]), scale)
    sizes = f"the data's conditions are {cond[1]}x{cond[2]} and its samples {sides[0]}x{sides[1]}"
    if scales == (1,):
        raise ValueError(
            f"{network} keeps the size of an image, but {sizes}; use generator=srresnet or generator=rrdb, which "
            "enlarge images"
        )
    raise ValueError(
        f"{network} enlarges images {', '.join(map(str, scales[:-1]))} or {scales[-1]} times, but {sizes}; "
        "change the data's settings"
    )


def check_sides(network: str, height: int, width: int, multiple: int) -> None:
    """Raise ValueError if the sides of a condition are no multiples of the network's."""
    if height % multiple or width % multiple:
        raise ValueError(
            f"{network} needs images whose sides are multiples of {multiple}, got {height}x{width}; "
            "resize, crop or pad them"
        )


def _require_condition(spec: Spec, network: str) -> ImageShape:
    shape = condition_image(spec)
    if shape is None:
        described = "a class" if spec.classes else "none" if spec.cond is None else f"of shape {spec.cond}"
        raise ValueError(
            f"{network} makes images from images, but the data's condition is {described}; use data of image pairs, "
            "such as data=edges or data=paired_folder, or a generator of another kind, such as generator=dcgan"
        )
    return shape
