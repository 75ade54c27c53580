"""Text on sample sheets: a font with most alphabets, titles that wrap, and legends."""

import math
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple, TypeAlias

from PIL import Image, ImageDraw, ImageFont

from ganlab.core.figures import INK
from ganlab.kinds.marks import Mark

Font: TypeAlias = "ImageFont.FreeTypeFont | ImageFont.ImageFont"
TITLE_SIZE, TEXT_SIZE = 14, 11  # pixels
LINE, PADDING = 20, 6  # height of a line of a header and its distance from the border, in pixels
SEPARATOR, ELLIPSIS = " · ", "…"
NO_CHARACTER = "\uffff"  # which no font has
WHITE = 255
LEGEND_LINE, SWATCH, GAP = 17, 10, 14  # height of a line of a legend, size of a mark, and between entries, in pixels


@cache
def font(size: int) -> Font:
    """Return the font of sheets; matplotlib ships it and is located, not imported, because its import is slow."""
    package = find_spec("matplotlib")
    if package is not None and package.origin is not None:
        path = Path(package.origin).parent / "mpl-data" / "fonts" / "ttf" / "DejaVuSans.ttf"
        if path.is_file():
            return ImageFont.truetype(str(path), size)
    return ImageFont.load_default(size)


def is_drawable(text: str) -> bool:
    """Return whether the font has all characters of the text."""
    missing = _glyph(NO_CHARACTER)
    return all(character.isspace() or _glyph(character) != missing for character in text)


@cache
def _glyph(character: str) -> tuple[tuple[int, int], bytes]:
    mask = font(TEXT_SIZE).getmask(character)
    return mask.size, bytes(mask)


def shorten(text: str, width: float, size: int = TEXT_SIZE) -> str:
    """Return the text, with its end replaced by an ellipsis if it is wider than `width` pixels."""
    line = " ".join(text.split())
    if font(size).getlength(line) <= width:
        return line
    while line and font(size).getlength(line + ELLIPSIS) > width:
        line = line[:-1]
    return line.rstrip() + ELLIPSIS


def wrap(facts: Sequence[str], width: float, size: int = TITLE_SIZE) -> list[str]:
    """Join facts to lines of at most `width` pixels; a fact that is wider than a line is shortened."""
    lines: list[str] = []
    for fact in facts:
        longer = lines[-1] + SEPARATOR + fact if lines else fact
        if lines and font(size).getlength(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(shorten(fact, width, size))
    return lines


def add_header(picture: Image.Image, facts: Sequence[str]) -> Image.Image:
    """Return the picture below a white strip with the facts, in as many lines as they need."""
    lines = wrap(facts, picture.width - 2 * PADDING)
    height = len(lines) * LINE + PADDING
    white = tuple([WHITE] * len(picture.getbands()))
    sheet = Image.new(picture.mode, (picture.width, picture.height + height), white if len(white) > 1 else WHITE)
    sheet.paste(picture, (0, height))
    draw = ImageDraw.Draw(sheet)
    for number, line in enumerate(lines):
        draw.text((PADDING, PADDING + number * LINE), line, INK, font(TITLE_SIZE))
    return sheet


class Entry(NamedTuple):
    """An entry of a legend: its text, and the mark that is explained, of `kinds.marks`."""

    text: str
    mark: Mark
    colour: str


def draw_legend(draw: ImageDraw.ImageDraw, entries: Sequence[Entry], left: int, top: int, width: int) -> None:
    """Draw a legend in lines of at most `width` pixels."""
    for entry, (x, y) in zip(entries, _places(entries, left, top, width), strict=True):
        middle = y + LEGEND_LINE / 2
        entry.mark(draw, (x + SWATCH / 2, middle), SWATCH / 2, entry.colour)
        text = shorten(entry.text, width - 2 * SWATCH)
        draw.text((x + 1.5 * SWATCH, middle), text, INK, font(TEXT_SIZE), anchor="lm")


def legend_height(entries: Sequence[Entry], width: int) -> int:
    """Return the height of a legend in pixels."""
    return max((y for _, y in _places(entries, 0, 0, width)), default=-LEGEND_LINE) + LEGEND_LINE


def _places(entries: Sequence[Entry], left: int, top: int, width: int) -> list[tuple[int, int]]:
    places, x, y = [], left, top
    for entry in entries:
        needed = math.ceil(1.5 * SWATCH + font(TEXT_SIZE).getlength(shorten(entry.text, width - 2 * SWATCH)))
        if x > left and x + needed > left + width:
            x, y = left, y + LEGEND_LINE
        places.append((x, y))
        x += needed + GAP
    return places
