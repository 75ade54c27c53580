"""Pictures, arrays and tensors that a translator is applied to, and its results in the same form."""

from collections.abc import Callable
from functools import singledispatch
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

from ganlab.games.translator import Translator

MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}  # Pillow's mode for each number of channels
OPAQUE = {1: 2, 3: 4}  # numbers of channels that opacity can be added to, and those with it
SIXTEEN_BITS = ("I;16", "I;16B", "I;16L", "I;16N")
UNBOUNDED = ("I", "F")


def apply(translator: Translator, images: Any) -> Any:
    """Return the translation of an image, or the list of those of a list of images, in the form of the input.

    An image is a PIL image, an array (height, width) or (height, width, channels) of uint8 or of floats in [0, 1], or a
    tensor (channels, height, width) of uint8 or of floats in [−1, 1], as `Sampler.sample` returns them; a tensor (n,
    channels, height, width) is n of those. Grey and colour are converted to what the generator was trained on; the
    opacity of a picture or an array is kept, and enlarged as the picture is. PIL images are made upright first. Raises
    TypeError for other types, and ValueError for other shapes and for values outside of the range.
    """
    if isinstance(images, list | tuple):
        return [_apply_one(image, translator) for image in images]
    return _apply_one(images, translator)


@singledispatch
def _apply_one(image: Any, translator: Translator) -> Any:
    raise TypeError(f"an image is a PIL image, an array or a tensor, got {type(image).__name__}")


@_apply_one.register
def _apply_to_picture(image: Image.Image, translator: Translator) -> Image.Image:
    return translate_picture(translator, image)


@_apply_one.register
def _apply_to_array(image: np.ndarray, translator: Translator) -> np.ndarray:
    if image.ndim not in (2, 3) or (image.ndim == 3 and image.shape[2] not in MODES) or not image.size:
        raise ValueError(f"an array has the shape (height, width) or (height, width, channels), got {image.shape}")
    is_float = np.issubdtype(image.dtype, np.floating)
    if not is_float and image.dtype != np.uint8:
        raise ValueError(f"an array holds uint8, or floats from 0 to 1, got {image.dtype}")
    values = torch.from_numpy(np.array(image if image.ndim == 3 else image[:, :, None])).permute(2, 0, 1).float()
    _check_range(values, (0, 1) if is_float else (0, 255))
    result = _translate_channels(translator, values * 2 - 1 if is_float else values / 127.5 - 1)
    array = ((result + 1) / 2 if is_float else to_levels(result)).permute(1, 2, 0).numpy()
    return array.astype(image.dtype)[:, :, 0] if image.ndim == 2 and array.shape[2] == 1 else array.astype(image.dtype)


@_apply_one.register
def _apply_to_tensor(image: Tensor, translator: Translator) -> Tensor:
    if image.ndim == 4:
        return torch.stack([_apply_to_tensor(single, translator) for single in image])
    if not (image.is_floating_point() or image.dtype == torch.uint8):
        raise ValueError(f"a tensor holds uint8, or floats from -1 to 1, got {image.dtype}")
    values = image.detach().float().cpu()
    if image.dtype == torch.uint8:
        return to_levels(translator(values / 127.5 - 1))
    _check_range(values, (-1, 1))
    return translator(values)


def translate_picture(translator: Translator, picture: Image.Image) -> Image.Image:
    """Return the translation of a picture, upright, with the picture's opacity and colour profile if it fits.

    Greys of 16 bits are read from 0 to 65535. Raises ValueError for greys of 32 bits, whose range is unknown.
    """
    upright = ImageOps.exif_transpose(picture)
    eight_bits = to_eight_bits(upright)
    if translator.channels[0] in (1, 2):  # by Pillow, as the training images were
        eight_bits = eight_bits.convert(eight_bits.mode.replace("RGB", "L"))
    values = torch.from_numpy(np.array(eight_bits)).reshape(eight_bits.height, eight_bits.width, -1)
    result = _translate_channels(translator, values.permute(2, 0, 1).float() / 127.5 - 1)
    array = to_levels(result).permute(1, 2, 0).numpy()
    output = Image.fromarray(array[:, :, 0] if array.shape[2] == 1 else array, MODES[array.shape[2]])
    profile = upright.info.get("icc_profile")
    if profile and MODES[translator.channels[1]] == upright.mode.removesuffix("A"):
        output.info["icc_profile"] = profile
    return output


def to_eight_bits(picture: Image.Image) -> Image.Image:
    """Return a picture of mode L, LA, RGB or RGBA; raises ValueError for greys of 32 bits."""
    if picture.mode in UNBOUNDED:
        raise ValueError("it has greys of 32 bits, whose black and white are unknown; save it with 8 or 16 bits")
    if picture.mode in SIXTEEN_BITS:
        grey = np.asarray(picture).astype(np.float64) / 257  # 65535 / 255
        return Image.fromarray(grey.round().astype(np.uint8))
    is_grey = picture.mode in ("1", "L", "LA", "La")
    return picture.convert(("L" if is_grey else "RGB") + ("A" if picture.has_transparency_data else ""))


def to_levels(images: Tensor) -> Tensor:
    """Round images in [−1, 1] to uint8; raises ValueError for values that are not finite."""
    if not images.isfinite().all():
        raise ValueError("the generator's output holds NaN or infinite values; use an earlier checkpoint")
    return images.add(1).mul(127.5).round().clamp(0, 255).to(torch.uint8)


def _translate_channels(translator: Translator, image: Tensor) -> Tensor:
    """Translate an image of 1 to 4 channels: grey or colour, the even numbers with opacity."""
    wanted, _ = translator.channels
    has_opacity = len(image) in OPAQUE.values()
    colour = image[:-1] if has_opacity else image
    if wanted in OPAQUE.values():  # the generator reads the opacity, e.g. as the hole to fill
        opacity = image[-1:] if has_opacity else torch.ones_like(image[:1])
        return translator(torch.cat([convert_channels(colour, wanted - 1), opacity]))
    output = translator(convert_channels(colour, wanted))
    if not has_opacity or len(output) not in OPAQUE:
        return output
    return torch.cat([output, _enlarge(image[-1], (output.shape[1], output.shape[2]))[None]])


def convert_channels(image: Tensor, channels: int) -> Tensor:
    """Return an image of 1 or 3 channels with `channels`; grey is the luma of BT.601, as Pillow has it.

    Raises ValueError for other numbers of channels.
    """
    converters: dict[tuple[int, int], Callable[[Tensor], Tensor]] = {
        (1, 3): lambda grey: grey.expand(3, -1, -1),
        (3, 1): lambda colour: (colour * torch.tensor([0.299, 0.587, 0.114])[:, None, None]).sum(0, keepdim=True),
    }
    if len(image) == channels:
        return image
    if (len(image), channels) not in converters:
        raise ValueError(f"an image of {len(image)} channels cannot become one of {channels}")
    return converters[len(image), channels](image)


def _enlarge(opacity: Tensor, size: tuple[int, int]) -> Tensor:
    if opacity.shape == size:
        return opacity
    enlarged = torch.nn.functional.interpolate(opacity[None, None], size, mode="bicubic", antialias=True)
    return enlarged[0, 0].clamp(-1, 1)


def _check_range(values: Tensor, bounds: tuple[float, float]) -> None:
    low, high = bounds
    if not bool(((values >= low) & (values <= high)).all()):  # also rejects NaN
        raise ValueError(
            f"values must be from {low} to {high}, got {float(values.min()):.4g} to {float(values.max()):.4g}"
        )
