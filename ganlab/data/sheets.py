"""Sample sheets, pictures of many samples: a grid of images, or sequences in panels, which import matplotlib."""

import math

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ganlab.core.figures import INK, new_figure, render, simplify_axes

MIN_WIDTH = 512  # of a grid, in pixels
GAP = 2  # pixels between the images of a grid
WHITE = 255
MODES = {1: "L", 3: "RGB", 4: "RGBA"}  # Pillow's mode for each number of channels
MAX_PANELS = 16


def image_grid(images: Tensor, columns: int = 0) -> Image.Image:
    """Lay out images (n, 1 or 3 or 4, height, width) in [−1, 1] as a grid; small ones are enlarged without smoothing.

    `columns` is the number of columns; 0 makes the grid about square. Raises ValueError if there is no image, or for
    another number of channels.
    """
    count, channels, height, width = images.shape
    if channels not in MODES or not count:
        raise ValueError(
            f"a sample sheet needs at least one image of 1, 3 or 4 channels, got {count} of {channels} channels"
        )
    columns = columns or math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    factor = max(1, math.ceil(MIN_WIDTH / (columns * (width + 1))))
    tiles = _pixels(images).repeat_interleave(factor, 2).repeat_interleave(factor, 3).permute(0, 2, 3, 1).numpy()
    down, across = height * factor + GAP, width * factor + GAP
    grid = np.full((rows * down + GAP, columns * across + GAP, channels), WHITE, np.uint8)
    for number, tile in enumerate(tiles):
        top, left = (number // columns) * down + GAP, (number % columns) * across + GAP
        grid[top : top + down - GAP, left : left + across - GAP] = tile
    return Image.fromarray(grid.squeeze(2) if channels == 1 else grid, MODES[channels])


def to_pil_image(image: Tensor) -> Image.Image:
    """Convert one image (1 or 3 or 4, height, width) in [−1, 1] to Pillow's type, at its own size."""
    pixels = _pixels(image).permute(1, 2, 0).numpy()
    return Image.fromarray(pixels.squeeze(2) if len(image) == 1 else pixels, MODES[len(image)])


def _pixels(images: Tensor) -> Tensor:
    return images.detach().float().cpu().add(1).mul(127.5).round().clamp(0, 255).to(torch.uint8)


def plot_sequences(sequences: Tensor, bounds: tuple[float, float]) -> Image.Image:
    """Plot the first 16 sequences of (n, length, channels): one panel each, one line per channel, equal axes.

    `bounds` are the lowest and the highest value that the axes show.
    """
    values = sequences[:MAX_PANELS].detach().float().cpu().numpy()
    columns = math.ceil(math.sqrt(len(values)))
    figure = new_figure(8, 6, dpi=100)
    panels = figure.subplots(math.ceil(len(values) / columns), columns, sharex=True, sharey=True, squeeze=False)
    margin = 0.08 * (bounds[1] - bounds[0])
    for axes, sequence in zip(panels.flat, values, strict=False):
        axes.plot(sequence, linewidth=1.5)
    for axes in panels.flat:
        axes.set(ylim=(bounds[0] - margin, bounds[1] + margin), xlim=(0, values.shape[1] - 1))
        axes.axhline(0, color=INK, alpha=0.2, linewidth=0.8)
        simplify_axes(axes)
    return render(figure)
