"""Reads the colour pictures of a bitmap font (OpenType's table CBDT)."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from ganlab.core.progress import progress


def read_bitmap_glyphs(path: Path, resolution: int) -> Iterator[np.ndarray]:
    """Yield the glyphs of the largest size, centred on a white square: uint8 (resolution, resolution, 3).

    Raises ValueError if the file is no font with colour bitmaps, or if a bitmap is damaged.
    """
    from fontTools.ttLib import TTFont, TTLibError  # half a second

    try:
        with path.open("rb") as file, TTFont(file, lazy=True) as font:
            strikes = font["CBDT"].strikeData
            bitmaps = max(strikes, key=len)
            encoded = [glyph.imageData for glyph in bitmaps.values()]
    except (TTLibError, LookupError, AttributeError, ValueError, AssertionError) as error:
        raise ValueError(f"path must be a font with colour bitmaps (table CBDT), got {path}") from error
    for data in progress(encoded, "reading glyphs", "glyph"):
        try:
            yield _draw_on_white(data, resolution)
        except (OSError, SyntaxError, ValueError) as error:  # what Pillow raises for broken PNG files
            raise ValueError(f"{path} holds a picture that cannot be read ({error}): install the font again") from error


def _draw_on_white(data: bytes, resolution: int) -> np.ndarray:
    with Image.open(BytesIO(data), formats=["PNG"]) as image:
        glyph = image.convert("RGBA")
    side = max(glyph.size)
    square = Image.new("RGBA", (side, side), "white")
    square.alpha_composite(glyph, ((side - glyph.width) // 2, (side - glyph.height) // 2))
    return np.asarray(square.convert("RGB").resize((resolution, resolution), Image.Resampling.BICUBIC))
