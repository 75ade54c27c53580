"""The picture of a table: rows as text, and a histogram of each column over that of real rows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import final

import numpy as np
from PIL import Image, ImageDraw

from ganlab.core.figures import FRAME, INK, SAMPLE
from ganlab.kinds import axes, marks
from ganlab.kinds.base import Sheet
from ganlab.kinds.density import BLUES
from ganlab.kinds.lettering import PADDING, TEXT_SIZE, Entry, add_header, draw_legend, font, legend_height, shorten
from ganlab.kinds.table_columns import Column

WIDTH, ROWS, LINE = 900, 8, 16  # pixels of a sheet, rows of text, and pixels of one of them
MOST_TEXTS, MOST_PANELS = 14, 40  # columns that are shown, as text and as histograms
ACROSS, PANEL, BETWEEN, NAME, BELOW = 5, 70, 18, 16, 20  # panels in a row, and pixels of their parts
BINS = 24
REAL = BLUES[3]
MISSING = "missing"


@final
@dataclass(frozen=True)
class TableBackdrop:
    """The values (n, columns) of real rows."""

    values: np.ndarray


def draw_table(
    columns: Sequence[Column],
    values: np.ndarray,
    write: Callable[[np.ndarray], list[list[str]]],
    sheet: Sheet,
    backdrop: TableBackdrop | None,
) -> Image.Image:
    """Draw values (n, columns), of which rows at equal distances are shown as text; `write` returns their texts."""
    entries = [Entry(sheet.noun, marks.line, SAMPLE)]
    if backdrop is not None:
        entries.append(Entry("real rows", marks.square, REAL))
    shown = list(columns[:MOST_PANELS])
    texts = [
        [column.name for column in columns],
        *write(values[np.linspace(0, len(values) - 1, min(ROWS, len(values))).astype(int)]),
    ]
    top = len(texts) * LINE + PADDING
    start = top + legend_height(entries, WIDTH - 2 * PADDING) + NAME + PADDING
    down = NAME + PANEL + BELOW
    picture = Image.new("RGB", (WIDTH, start + -(-len(shown) // ACROSS) * down), "white")
    draw = ImageDraw.Draw(picture)
    _draw_texts(draw, texts)
    draw_legend(draw, entries, PADDING, top, WIDTH - 2 * PADDING)
    across = (WIDTH - 2 * PADDING + BETWEEN) // ACROSS
    for place, column in enumerate(shown):
        x, y = PADDING + place % ACROSS * across, start + place // ACROSS * down
        box = axes.Box(x, y, x + across - BETWEEN, y + PANEL)
        draw.text((x, y - 5), shorten(column.name, box.right - x), INK, font(TEXT_SIZE), anchor="ls")
        real = None if backdrop is None else backdrop.values[:, place]
        _draw_panel(draw, box, column, values[:, place], real)
    more = len(columns) - len(shown)
    return add_header(picture, sheet.facts(f"{more} more columns are not shown" if more else ""))


def _draw_texts(draw: ImageDraw.ImageDraw, texts: Sequence[Sequence[str]]) -> None:
    """Draw the names and the first rows of the columns that fit; the last column of more is the last one shown."""
    count = len(texts[0])
    places = [*range(count)] if count <= MOST_TEXTS else [*range(MOST_TEXTS - 1), count - 1]
    across = (WIDTH - 2 * PADDING) // len(places)
    for number, row in enumerate(texts):
        for index, place in enumerate(places):
            x, y = PADDING + index * across, (number + 1) * LINE - 4
            draw.text((x, y), shorten(row[place], across - PADDING), INK, font(TEXT_SIZE), anchor="ls")
    draw.line((PADDING, LINE - 1, WIDTH - PADDING, LINE - 1), FRAME)


def _draw_panel(
    draw: ImageDraw.ImageDraw, box: axes.Box, column: Column, values: np.ndarray, real: np.ndarray | None
) -> None:
    parts = [values] if real is None else [values, real]
    edges = _edges(column, np.concatenate(parts))
    shares = [_shares(part, edges, column.optional) for part in parts]
    highest = max(float(share.max()) for share in shares) or 1.0
    width = (box.right - box.left) / len(shares[0])
    for share, is_real in reversed(list(zip(shares, (False, True), strict=False))):
        for place, height in enumerate((share / highest * (PANEL - 2)).tolist()):
            left, right = box.left + place * width, box.left + (place + 1) * width - 1
            if is_real and height >= 1:
                draw.rectangle((left, box.bottom - height, right, box.bottom - 1), REAL)
            elif not is_real:
                draw.line((left, box.bottom - 1 - height, right, box.bottom - 1 - height), SAMPLE, 2)
    axes.draw_frame(draw, box)
    first, last = (column.format(np.array([edge]))[0] for edge in _ends(column, edges))
    last = MISSING if column.optional else last
    half = (box.right - box.left) / 2
    draw.text((box.left, box.bottom + 3), shorten(first, half), INK, font(TEXT_SIZE), anchor="lt")
    if first != last:
        draw.text((box.right, box.bottom + 3), shorten(last, half), INK, font(TEXT_SIZE), anchor="rt")


def _edges(column: Column, values: np.ndarray) -> np.ndarray:
    """Return the edges of bins: one per category, else of equal width over all values."""
    if not column.is_number:
        return np.arange(column.layout.choices - column.optional + 1) - 0.5
    known = values[~np.isnan(values)]
    low, high = (known.min(), known.max()) if len(known) else (0.0, 1.0)
    return np.linspace(low, high if high > low else low + 1, BINS + 1)


def _ends(column: Column, edges: np.ndarray) -> tuple[float, float]:
    return (edges[0], edges[-1]) if column.is_number else (0.0, float(len(edges) - 2))


def _shares(values: np.ndarray, edges: np.ndarray, optional: bool) -> np.ndarray:
    """Return the share of values in each bin, and, if the column is optional, of missing ones as the last bin."""
    counts, _ = np.histogram(values[~np.isnan(values)], edges)
    missing = [np.isnan(values).sum()] if optional else []
    return np.append(counts, missing) / max(len(values), 1)
