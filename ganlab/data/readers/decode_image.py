"""Decoding of one image file of any format into a tensor of fixed size."""

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import final

import numpy as np
import torch
from PIL import Image, ImageOps, UnidentifiedImageError
from torch import Tensor

from ganlab.data.readers.grey_range import GreyRange, grey_bounds, is_deep, to_eight_bits

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF", "PPM")
MODES = {1: "L", 3: "RGB", 4: "RGBA"}  # Pillow's mode for each number of channels
FITS: Mapping[str, Callable[[Image.Image, tuple[int, int]], Image.Image]] = {
    "crop": lambda image, size: ImageOps.fit(image, size, Image.Resampling.BICUBIC),
    "pad": lambda image, size: ImageOps.pad(image, size, Image.Resampling.BICUBIC),
    "stretch": lambda image, size: image.resize(size, Image.Resampling.BICUBIC),
}


def left_half(image: Image.Image) -> Image.Image:
    """Return the left one of two images side by side; raises ValueError if the width is odd."""
    return image.crop((0, 0, _half_width(image), image.height))


def right_half(image: Image.Image) -> Image.Image:
    """Return the right one of two images side by side; raises ValueError if the width is odd."""
    return image.crop((_half_width(image), 0, image.width, image.height))


def _half_width(image: Image.Image) -> int:
    if image.width % 2:
        raise ValueError(f"its width of {image.width} pixels is odd, so it does not hold two images side by side")
    return image.width // 2


PARTS: Mapping[str, Callable[[Image.Image], Image.Image]] = {
    "whole": lambda image: image,
    "left": left_half,
    "right": right_half,
}


@dataclass(frozen=True)
class ImageDecoder:
    """Decodes images to `size` (height, width) and 1, 3 or 4 `channels`; `fit` is "crop", "pad" or "stretch".

    Images of more than `max_pixels` are refused. `grey_range` is black and white of greys of more than 8 bits; without
    it they are refused. `part` names what is decoded of each image: all of it, or the left or right half of two images
    side by side. Raises ValueError for an invalid setting.
    """

    size: tuple[int, int]
    channels: int
    fit: str
    max_pixels: int
    grey_range: GreyRange | None = None
    part: str = "whole"

    def __post_init__(self) -> None:
        if min(self.size) < 4:
            raise ValueError(f"resolution must be at least 4, got {min(self.size)}")
        if self.channels not in MODES:
            raise ValueError(f"channels must be 1 (grey), 3 (colour) or 4 (colour and opacity), got {self.channels}")
        if self.fit not in FITS:
            raise ValueError(f"fit must be one of {', '.join(FITS)}, got {self.fit!r}")
        if self.max_pixels < 1:
            raise ValueError(f"max_pixels must be at least 1, got {self.max_pixels}")

    def decode(self, data: bytes, frame: int = 0) -> Tensor:
        """Return a frame, upright and fitted, as uint8 of shape (channels, height, width).

        Raises ValueError, or any exception of the decoder, if the bytes are not an image with this frame.
        """
        fitted = FITS[self.fit](self.convert(PARTS[self.part](self._open(data, frame))), self.size[::-1])
        return _to_tensor(fitted)

    def decode_whole(self, data: bytes, frame: int = 0) -> Tensor:
        """Return a frame, upright and in its own size, as uint8 of shape (channels, height, width); raises likewise."""
        return _to_tensor(self.convert(self._open(data, frame)))

    def convert(self, image: Image.Image) -> Image.Image:
        """Return the image with the requested channels, 8 bits each, on white if transparency is removed."""
        if is_deep(image.mode):
            grey_bounds(image)  # raises the error of pixels that are not finite
            if self.grey_range is None:
                raise ValueError(
                    "it has greys of more than 8 bits, whose black and white are unknown; set data.grey_range"
                )
            image = to_eight_bits(image, self.grey_range)
        if self.channels < 4 and image.has_transparency_data:
            # Viewers show transparent pixels on white; the colour stored in them is often garbage.
            white = Image.new("RGBA", image.size, "white")
            image = Image.alpha_composite(white, image.convert("RGBA"))
        return image.convert(MODES[self.channels])

    def _open(self, data: bytes, frame: int) -> Image.Image:
        with open_image(data) as image:
            if frame:
                image.seek(frame)
            check_pixels(image, self.max_pixels)
            image.load()
            return ImageOps.exif_transpose(image)


@final
@dataclass(frozen=True)
class WholeImageDecoder:
    """Decodes images in their own sizes, with the other settings of `decoder`."""

    decoder: ImageDecoder

    @property
    def channels(self) -> int:
        """The channels of the images."""
        return self.decoder.channels

    def decode(self, data: bytes, frame: int = 0) -> Tensor:
        """Return a frame as `ImageDecoder.decode_whole` does."""
        return self.decoder.decode_whole(data, frame)


def _to_tensor(image: Image.Image) -> Tensor:
    pixels = np.array(image).reshape(image.height, image.width, -1)
    return torch.from_numpy(pixels).permute(2, 0, 1).contiguous()


@contextmanager
def without_pillow_limits() -> Iterator[None]:
    """Suppress Pillow's warnings and its limit of pixels, which `max_pixels` replaces.

    Not thread-safe, so it encloses the loop over the images instead of each image.
    """
    limit = Image.MAX_IMAGE_PIXELS
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="PIL")
        Image.MAX_IMAGE_PIXELS = None
        try:
            yield
        finally:
            Image.MAX_IMAGE_PIXELS = limit


def check_pixels(image: Image.Image, max_pixels: int) -> None:
    """Raise ValueError if an image has more pixels than allowed, before they are decoded."""
    if image.width * image.height > max_pixels:
        size = f"{image.width} by {image.height}"
        raise ValueError(f"{size} pixels are more than max_pixels={max_pixels} allows")


def parse_resolution(resolution: int | Sequence[int]) -> tuple[int, int]:
    """Return (height, width) for the side of a square or [height, width]; raises ValueError for anything else."""
    match resolution:
        case int():
            return resolution, resolution
        case [int() as height, int() as width]:
            return height, width
        case _:
            raise ValueError(f"resolution must be one number or [height, width], got {resolution}")


def open_image(data: bytes) -> Image.Image:
    """Open an encoded image; raises ValueError, or any exception of the decoder, if the bytes are not an image."""
    try:
        return Image.open(BytesIO(data), formats=FORMATS)
    except UnidentifiedImageError as error:  # its message shows a memory address
        raise ValueError("it is not an image" if data else "it is empty") from error
