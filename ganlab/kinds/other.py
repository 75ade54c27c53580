"""Samples of no known kind: nests of tensors, and shapes without a picture."""

from collections.abc import Mapping, Sequence
from typing import Any, final

from PIL import Image, ImageDraw

from ganlab.core.figures import INK
from ganlab.core.interfaces import Shape
from ganlab.core.tree import Tree
from ganlab.kinds.base import Kind, Sheet
from ganlab.kinds.lettering import LINE, PADDING, TEXT_SIZE, add_header, font, shorten

WIDTH = 600  # pixels
MAX_LINES = 40


@final
class OtherKind(Kind):
    """Any samples; a sheet lists the shape and the range of each tensor in place of a picture."""

    name, plural = "other", "samples of another kind"

    def accepts(self, shape: Shape) -> bool:
        """Return True."""
        return True

    def draw(self, sheet: Sheet, backdrop: Any = None) -> Image.Image:
        """Write one line per tensor."""
        lines = _describe(sheet.samples, "samples")[:MAX_LINES]
        picture = Image.new("RGB", (WIDTH, len(lines) * LINE + PADDING), "white")
        draw = ImageDraw.Draw(picture)
        for number, line in enumerate(lines):
            draw.text((PADDING, number * LINE), shorten(line, WIDTH - 2 * PADDING), INK, font(TEXT_SIZE))
        return add_header(picture, sheet.facts())


def _describe(samples: Tree, name: str) -> list[str]:
    """Return one line per tensor of a nest."""
    match samples:
        case Mapping():
            return [line for key, value in samples.items() for line in _describe(value, f"{name}.{key}")]
        case Sequence():
            return [line for key, value in enumerate(samples) for line in _describe(value, f"{name}.{key}")]
    values, shape = samples.detach().double(), tuple(samples.shape[1:])
    if not values.numel():
        return [f"{name}: shape {shape}"]
    return [f"{name}: shape {shape}, from {values.min():.4g} to {values.max():.4g}, mean {values.mean():.4g}"]
