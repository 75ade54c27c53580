"""Texts in figures: their sizes in inches, broken into lines that fit, and spread without overlaps."""

import re
from collections.abc import Sequence
from functools import lru_cache

POINTS_PER_INCH = 72
BREAKS = re.compile(r"[=,/]|[._](?=[A-Za-z])")  # after which a word may be broken, but no number
LINE_HEIGHT = 1.3  # of the size of a font
RESERVE = 1.02  # renderers place glyphs on whole pixels, which makes some texts wider than their outlines


@lru_cache(maxsize=4096)
def text_width(text: str, size: float) -> float:
    """Return the width of a line of text in inches."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath

    if not text.strip():
        return 0.0
    path = TextPath((0, 0), text, prop=FontProperties(family="DejaVu Sans", size=size), usetex=False)
    return RESERVE * float(path.get_extents().x1) / POINTS_PER_INCH


def break_text(text: str, size: float, width: float) -> str:
    """Return a text with line breaks, at spaces or within words that are too long, so it fits a width in inches."""
    lines = [""]
    for word in text.split():
        line = f"{lines[-1]} {word}".strip()
        if text_width(line, size) <= width:
            lines[-1] = line
        else:
            lines += _break_word(word, size, width)
    return "\n".join(line for line in lines if line)


def _break_word(word: str, size: float, width: float) -> list[str]:
    """Return the pieces of a word, each as long as fits, where possible up to a sign such as "="."""
    pieces = []
    while word:
        end = len(word)
        while end > 1 and text_width(word[:end], size) > width:
            end -= 1
        if end < len(word):
            end = max((match.end() for match in BREAKS.finditer(word) if match.end() <= end), default=end)
        pieces.append(word[:end])
        word = word[end:]
    return pieces


def text_height(text: str, size: float) -> float:
    """Return the height of a text in inches, with the space between it and another one."""
    return (text.count("\n") + 1) * size * LINE_HEIGHT / POINTS_PER_INCH


def spread(centres: Sequence[float], heights: Sequence[float], low: float, high: float) -> list[float]:
    """Return centres of intervals of these heights within [low, high], near the given ones and without overlaps.

    Their order is kept. Raises ValueError if they do not fit.
    """
    if sum(heights) > high - low + 1e-9:
        raise ValueError(f"{len(heights)} intervals of {sum(heights):.2f} do not fit {high - low:.2f}")
    order = sorted(range(len(centres)), key=lambda i: centres[i])
    bottoms = dict.fromkeys(order, 0.0)
    edge = low
    for i in order:  # upwards: as low as possible without an overlap
        bottoms[i] = max(edge, centres[i] - heights[i] / 2)
        edge = bottoms[i] + heights[i]
    edge = high
    for i in reversed(order):  # downwards: what has been pushed beyond the upper end
        bottoms[i] = min(bottoms[i], edge - heights[i])
        edge = bottoms[i]
    return [bottoms[i] + heights[i] / 2 for i in range(len(centres))]
