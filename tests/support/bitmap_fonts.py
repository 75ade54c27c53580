"""A font with colour bitmaps, laid out as Noto Color Emoji's."""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from fontTools.fontBuilder import FontBuilder
from fontTools.ttLib import newTable
from fontTools.ttLib.tables import C_B_D_T_, E_B_L_C_
from fontTools.ttLib.tables.BitmapGlyphMetrics import SmallGlyphMetrics
from PIL import Image

SIZE = (136, 128)
LINE_METRICS = (
    *("ascender", "descender", "widthMax", "caretSlopeNumerator", "caretSlopeDenominator", "caretOffset"),
    *("minOriginSB", "minAdvanceSB", "maxBeforeBL", "minAfterBL", "pad1", "pad2"),
)


def encode_png(colour: str) -> bytes:
    file = BytesIO()
    Image.new("RGBA", SIZE, colour).save(file, "PNG")
    return file.getvalue()


def write_bitmap_font(path: Path, pictures: Sequence[bytes]) -> None:
    """Write a font with one glyph for each encoded picture."""
    names = [f"picture{number}" for number in range(len(pictures))]
    builder = FontBuilder(1024)
    builder.setupGlyphOrder([".notdef", *names])
    builder.setupHorizontalMetrics({name: (1024, 0) for name in [".notdef", *names]})
    builder.setupHorizontalHeader()
    builder.setupMaxp()
    font = builder.font
    if pictures:
        font["CBDT"], font["CBLC"] = _bitmaps(font, dict(zip(names, pictures, strict=True))), _locations(font, names)
    font.save(path)


def _bitmaps(font: Any, pictures: dict[str, bytes]) -> Any:
    table = newTable("CBDT")
    table.version, strike = 3.0, {}
    for name, data in pictures.items():
        glyph = strike[name] = C_B_D_T_.cbdt_bitmap_format_17(b"", font)
        glyph.imageData, glyph.metrics = data, SmallGlyphMetrics()
        _set(glyph.metrics, height=SIZE[1], width=SIZE[0], BearingX=0, BearingY=101, Advance=SIZE[0])
    table.strikeData = [strike]
    return table


def _locations(font: Any, names: Sequence[str]) -> Any:
    strike = E_B_L_C_.Strike()
    sizes = strike.bitmapSizeTable
    _set(sizes, colorRef=0, startGlyphIndex=0, endGlyphIndex=0, ppemX=109, ppemY=109, bitDepth=32, flags=1)
    for direction in ("hori", "vert"):
        metrics = E_B_L_C_.SbitLineMetrics()
        _set(metrics, **dict.fromkeys(LINE_METRICS, 0))
        setattr(sizes, direction, metrics)
    index = E_B_L_C_.eblc_index_sub_table_1(b"", font)
    _set(index, indexFormat=1, imageFormat=17, names=list(names), firstGlyphIndex=1, lastGlyphIndex=len(names))
    strike.indexSubTables = [index]
    table = newTable("CBLC")
    table.version, table.strikes = 3.0, [strike]
    return table


def _set(target: object, **values: object) -> None:
    for name, value in values.items():
        setattr(target, name, value)
