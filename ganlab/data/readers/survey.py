"""What is found out about image files before they are decoded: their sizes, frames and grey values."""

import time
from dataclasses import dataclass
from typing import final

import numpy as np
import torch
from PIL import Image

from ganlab.data.readers.archive import Archive
from ganlab.data.readers.decode_image import check_pixels, open_image
from ganlab.data.readers.every_row import for_every_row
from ganlab.data.readers.grey_range import FLOATS, GreyRange, fit_range, grey_bounds, is_deep
from ganlab.data.readers.image_records import DIGEST_BYTES, ImageRecords, discard_recent
from ganlab.data.readers.path_table import PathTable
from ganlab.data.readers.record_cache import RecordCache

ORIENTATION = 0x0112  # the EXIF tag
SIDEWAYS = 5  # EXIF orientations from here on exchange width and height
COLOUR, GREY, DEEP_INTEGER, DEEP_FLOAT = range(4)
# One image, in as many bytes as a digest, so that records can hold either.
FACTS = np.dtype(
    [
        ("frames", "<i4"),
        ("height", "<i4"),
        ("width", "<i4"),
        ("kind", "<i2"),
        ("one_size", "<i2"),  # whether all frames have the size of the first
        ("low", "<f8"),  # of all frames' greys, if they have more than 8 bits
        ("high", "<f8"),
    ]
)
assert FACTS.itemsize == DIGEST_BYTES


@final
@dataclass(frozen=True)
class Survey:
    """The facts by image, of type FACTS and shape (n,), and why images cannot be read, by row; those have 0 frames."""

    facts: np.ndarray
    errors: dict[int, str]

    def grey_bounds(self) -> GreyRange | None:
        """Return the smallest and largest grey of all images of more than 8 bits, None if there are none."""
        deep = self.facts[self.facts["kind"] >= DEEP_INTEGER]
        return (float(deep["low"].min()), float(deep["high"].max())) if len(deep) else None

    def grey_range(self) -> GreyRange | None:
        """Return black and white of all images of more than 8 bits, None if there are none."""
        bounds = self.grey_bounds()
        return None if bounds is None else fit_range(*bounds, bool((self.facts["kind"] == DEEP_FLOAT).any()))


@final
@dataclass(frozen=True)
class _Surveyor:
    """Names the records of a survey in the cache."""

    max_pixels: int


def survey(archive: Archive, names: PathTable, max_pixels: int) -> Survey:
    """Look through images; files that did not change since an earlier time are not read again."""
    cache = RecordCache(archive, _Surveyor(max_pixels))
    stamps = discard_recent(archive.stamps(names), time.time_ns())
    known, records = cache.load(names, stamps, None)
    facts = records.numpy().reshape(-1).view(FACTS)
    rows = known.logical_not().nonzero()[:, 0]

    def look(row: int) -> None:
        facts[row] = _look(archive.read(names[row]), max_pixels)

    errors = for_every_row(rows, look, "looking through images")
    unreadable = torch.tensor(list(errors), dtype=torch.int64)
    stamps[unreadable] = -1
    records[unreadable] = 0
    if (stamps[rows, 0] >= 0).any():
        cache.save(ImageRecords(names, stamps, records), None)
    return Survey(facts, errors)


def _look(data: bytes, max_pixels: int) -> tuple[float, ...]:
    with open_image(data) as image:
        check_pixels(image, max_pixels)
        width, height = image.size
        if image.getexif().get(ORIENTATION, 1) >= SIDEWAYS:
            width, height = height, width
        frames = getattr(image, "n_frames", 1)
        deep = is_deep(image.mode)
        kind = COLOUR if not deep and image.mode not in ("1", "L") else GREY
        if deep:
            kind = DEEP_FLOAT if image.mode in FLOATS else DEEP_INTEGER
        one_size, low, high = True, 0.0, 0.0
        if deep or image.format == "TIFF":  # the frames of animations have one size
            one_size, low, high = _look_at_frames(image, frames, max_pixels, deep)
        return frames, height, width, kind, one_size, low, high


def _look_at_frames(image: Image.Image, frames: int, max_pixels: int, deep: bool) -> tuple[bool, float, float]:
    """Return whether all frames have the size of the first, and the bounds of the greys of all of them."""
    size, one_size, low, high = image.size, True, np.inf, -np.inf
    for frame in range(frames):
        if frames > 1:
            image.seek(frame)
        one_size = one_size and image.size == size
        if deep and is_deep(image.mode):
            check_pixels(image, max_pixels)
            first, last = grey_bounds(image)
            low, high = min(low, first), max(high, last)
    return one_size, low, high
