"""Images."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast, final

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor
from torch.nn import functional

from ganlab.core.figures import INK
from ganlab.core.interfaces import Shape
from ganlab.kinds.arrangement import Arrangement, arrange
from ganlab.kinds.base import Kind, Sheet
from ganlab.kinds.lettering import PADDING, TEXT_SIZE, WHITE, add_header, font, shorten
from ganlab.kinds.sample_folder import folder_patterns, write_folder

MIN_WIDTH = 512  # of a grid, in pixels
GAP = 2  # pixels between the images of a grid
MAX_NAME = 150  # pixels of the name of a row
CAPTION = 15  # height of a caption below an image, in pixels
CAPTION_SIZE = 10  # of its font, in pixels
MODES = {1: "L", 3: "RGB", 4: "RGBA"}  # Pillow's mode for each number of channels
SMALL = 32  # pixels; up to here a classifier trains fast, and images are unlike those that Inception was trained on


def write_png(image: Tensor, path: Path) -> None:
    """Write one image (1 or 3 or 4, height, width) in [−1, 1], at its own size."""
    pixels = _pixels(image).permute(1, 2, 0).numpy()
    Image.fromarray(pixels.squeeze(2) if len(image) == 1 else pixels, MODES[len(image)]).save(path)


@final
class ImageKind(Kind):
    """Images (channels, height, width) in [−1, 1], of 1, 3 or 4 channels."""

    name, plural = "image", "images (channels, height, width)"
    max_classes = 16
    is_quantised = shows_captions = True
    output_patterns = folder_patterns("images", ".png")

    def accepts(self, shape: Shape) -> bool:
        """Return whether the shape has three sides."""
        return isinstance(shape, tuple | list) and len(shape) == 3

    def write(self, samples: Tensor, output: Path, classes: Sequence[str] = (), encoding: str = "") -> None:
        """Write images/, with a PNG per image."""
        write_folder(output / "images", ".png", samples, classes, write_png)

    def default_features(self, shape: Shape, classes: int) -> str:
        """Return classifier for small labelled grey images, efficientnet_lite0 for colour without labels, or inception.

        The weights of efficientnet_lite0 need no download during a run.
        """
        channels, *sides = cast(tuple[int, ...], shape)
        if classes and channels == 1 and max(sides) <= SMALL:
            return "classifier"
        return "efficientnet_lite0" if channels == 3 and not classes else "inception"

    def comparable(self, parts: Mapping[str, Tensor], like: str) -> dict[str, Tensor]:
        """Return images at the size of one of them, enlarged without smoothing, all grey or all in colour."""
        size = parts[like].shape[-2:]
        channels = 3 if max(part.shape[1] for part in parts.values()) >= 3 else 1
        return {
            name: functional.interpolate(_with_channels(part.detach().float().cpu(), channels), size)
            for name, part in parts.items()
        }

    def draw(self, sheet: Sheet, backdrop: Any = None) -> Image.Image:
        """Lay out images (n, channels, height, width) as a grid; small ones are enlarged without smoothing.

        Raises ValueError if there is no image, or for another number of channels.
        """
        images: Tensor = sheet.samples
        count, channels, *_ = images.shape
        if channels not in MODES or not count:
            raise ValueError(
                f"a sample sheet needs at least one image of 1, 3 or 4 channels, got {count} of {channels} channels"
            )
        arrangement = arrange(sheet)
        return add_header(_grid(images, arrangement), sheet.facts(arrangement.fact))


def _grid(images: Tensor, arrangement: Arrangement) -> Image.Image:
    _, channels, height, width = images.shape
    columns = arrangement.columns
    factor = max(1, math.ceil(MIN_WIDTH / (columns * (width + 1))))
    tiles = _pixels(images).repeat_interleave(factor, 2).repeat_interleave(factor, 3).permute(0, 2, 3, 1).numpy()
    names = [shorten(name, MAX_NAME) if name else "" for name in arrangement.names]
    margin = max(math.ceil(font(TEXT_SIZE).getlength(name)) + 2 * PADDING if name else 0 for name in names)
    across = width * factor + GAP
    down = height * factor + GAP + (CAPTION if arrangement.captions else 0)
    grid = np.full((len(arrangement.rows) * down + GAP, margin + columns * across + GAP, channels), WHITE, np.uint8)
    for row, column, index in arrangement.places():
        top, left = row * down + GAP, margin + column * across + GAP
        grid[top : top + height * factor, left : left + width * factor] = tiles[index]
    picture = Image.fromarray(grid.squeeze(2) if channels == 1 else grid, MODES[channels])
    draw = ImageDraw.Draw(picture)
    for row, name in enumerate(names):
        middle = row * down + GAP + height * factor / 2
        draw.text((margin - PADDING, middle), name, INK, font(TEXT_SIZE), anchor="rm")
    for row, column, index in arrangement.places():
        if index in arrangement.captions:
            place = (margin + column * across + GAP + width * factor / 2, (row + 1) * down - CAPTION + GAP)
            text = shorten(arrangement.captions[index], width * factor, CAPTION_SIZE)
            draw.text(place, text, INK, font(CAPTION_SIZE), anchor="mt")
    return picture


def _with_channels(images: Tensor, channels: int) -> Tensor:
    """Repeat grey images in each channel, and drop channels after colour, such as a mask."""
    colour = images[:, : 3 if images.shape[1] >= 3 else 1]
    return colour if colour.shape[1] == channels else colour.expand(-1, channels, -1, -1)


def _pixels(images: Tensor) -> Tensor:
    return images.detach().float().cpu().add(1).mul(127.5).round().clamp(0, 255).to(torch.uint8)
