"""Marks on sample sheets and in their legends, all drawn into a square around a point."""

from collections.abc import Callable
from typing import TypeAlias

from PIL import ImageDraw

Mark: TypeAlias = Callable[[ImageDraw.ImageDraw, tuple[float, float], float, str], None]
WIDTH = 2  # of lines, in pixels


def dot(draw: ImageDraw.ImageDraw, centre: tuple[float, float], radius: float, colour: str) -> None:
    """Draw a small filled circle."""
    draw.ellipse(_box(centre, radius * 0.6), colour)


def square(draw: ImageDraw.ImageDraw, centre: tuple[float, float], radius: float, colour: str) -> None:
    """Draw a filled square."""
    draw.rectangle(_box(centre, radius), colour)


def line(draw: ImageDraw.ImageDraw, centre: tuple[float, float], radius: float, colour: str) -> None:
    """Draw a horizontal line."""
    x, y = centre
    draw.line((x - radius, y, x + radius, y), colour, WIDTH)


def ring(draw: ImageDraw.ImageDraw, centre: tuple[float, float], radius: float, colour: str) -> None:
    """Draw a circle."""
    draw.ellipse(_box(centre, radius), outline=colour, width=WIDTH)


def cross(draw: ImageDraw.ImageDraw, centre: tuple[float, float], radius: float, colour: str) -> None:
    """Draw a diagonal cross."""
    left, top, right, bottom = _box(centre, radius)
    draw.line((left, top, right, bottom), colour, WIDTH)
    draw.line((left, bottom, right, top), colour, WIDTH)


def _box(centre: tuple[float, float], radius: float) -> tuple[float, float, float, float]:
    x, y = centre
    return x - radius, y - radius, x + radius, y + radius
