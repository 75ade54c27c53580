"""Grey values of more than 8 bits: which of them is black and which is white, one scale for a whole set of images."""

from collections.abc import Sequence
from math import isfinite

import numpy as np
from PIL import Image

INTEGERS = ("I", "I;16", "I;16B", "I;16L", "I;16N")  # Pillow's modes of 16 and 32 bits
FLOATS = ("F",)
LEAST_BITS = 8
NOT_FINITE = "it holds pixels that are not finite; replace them"

GreyRange = tuple[float, float]


def parse_grey_range(value: Sequence[float] | None) -> GreyRange | None:
    """Return (black, white) for a setting; raises ValueError unless it is null or two finite ascending numbers."""
    if value is None:
        return None
    numbers = list(value) if not isinstance(value, str) else []
    is_pair = len(numbers) == 2 and all(
        isinstance(number, int | float) and not isinstance(number, bool) and isfinite(number) for number in numbers
    )
    if not is_pair or numbers[0] >= numbers[1]:
        raise ValueError(f"grey_range must be null or [black, white] with black below white, got {value}")
    return float(numbers[0]), float(numbers[1])


def is_deep(mode: str) -> bool:
    """Return whether images of this mode of Pillow have greys of more than 8 bits."""
    return mode in INTEGERS or mode in FLOATS


def grey_bounds(image: Image.Image) -> GreyRange:
    """Return the smallest and the largest grey value; raises ValueError for NaN and infinity."""
    pixels = np.asarray(image)
    low, high = float(pixels.min()), float(pixels.max())
    if not (isfinite(low) and isfinite(high)):
        raise ValueError(NOT_FINITE)
    return low, high


def fit_range(low: float, high: float, floats: bool) -> GreyRange:
    """Return black and white for greys from `low` to `high`.

    Integers from 0 on are those of a sensor, whose white is the largest number of its bits: 4095 for a value of 4080.
    For floats and negative numbers, black and white are the bounds themselves.
    """
    if floats or low < 0:
        return low, high if high > low else low + 1
    return 0.0, float((1 << max(LEAST_BITS, int(high).bit_length())) - 1)


def to_eight_bits(image: Image.Image, grey_range: GreyRange) -> Image.Image:
    """Return a grey image of 8 bits, with black at 0, white at 255, and values outside cut off."""
    black, white = grey_range
    pixels = np.asarray(image).astype(np.float64).clip(black, white)
    return Image.fromarray(((pixels - black) * 255 / (white - black)).round().astype(np.uint8))
