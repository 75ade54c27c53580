"""Pictures of samples: a grid of images, points over a density, lines in panels.

Grids are Pillow's work; what else there is to import, a picture imports that needs it.
"""

import math
from dataclasses import dataclass, field

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ganlab.core.figures import INK, SAMPLE, new_figure, quieten, render

WIDTH = 512  # least width of a picture in pixels
GAP = 2
PAPER = 255
MODES = {1: "L", 3: "RGB", 4: "RGBA"}
BINS = 240
PANELS = 16


def image_grid(images: Tensor, columns: int = 0) -> Image.Image:
    """Lay images of shape (n, 1 or 3 or 4, height, width) in [−1, 1] out as a grid, tiny ones enlarged pixel by pixel.

    `columns` 0 makes it as good as square. Raises ValueError where there is none or it has other channels.
    """
    count, channels, height, width = images.shape
    if channels not in MODES or not count:
        raise ValueError(f"a sheet needs images of 1, 3 or 4 channels, got {count} of {channels}")
    columns = columns or math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    factor = max(1, math.ceil(WIDTH / (columns * (width + 1))))
    large = _pixels(images).repeat_interleave(factor, 2).repeat_interleave(factor, 3).permute(0, 2, 3, 1).numpy()
    down, across = height * factor + GAP, width * factor + GAP
    sheet = np.full((rows * down + GAP, columns * across + GAP, channels), PAPER, np.uint8)
    for number, tile in enumerate(large):
        top, left = (number // columns) * down + GAP, (number % columns) * across + GAP
        sheet[top : top + down - GAP, left : left + across - GAP] = tile
    return Image.fromarray(sheet.squeeze(2) if channels == 1 else sheet, MODES[channels])


def picture(image: Tensor) -> Image.Image:
    """Turn one image of shape (1 or 3 or 4, height, width) in [−1, 1] into a picture of its own size."""
    pixels = _pixels(image).permute(1, 2, 0).numpy()
    return Image.fromarray(pixels.squeeze(2) if len(image) == 1 else pixels, MODES[len(image)])


def _pixels(images: Tensor) -> Tensor:
    return images.detach().float().cpu().add(1).mul(127.5).round().clamp(0, 255).to(torch.uint8)


@dataclass
class Density:
    """A smoothed histogram of real points (n, 2), and the square that holds all of them."""

    points: Tensor
    extent: tuple[float, float, float, float] = field(init=False)  # left, right, bottom, top
    heights: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        from scipy.ndimage import gaussian_filter

        low, high = self.points.amin(0), self.points.amax(0)
        middle, half = (low + high) / 2, float((high - low).max()) * 0.6 or 1.0
        left, bottom = (middle - half).tolist()
        self.extent = (left, left + 2 * half, bottom, bottom + 2 * half)
        x, y = self.points.numpy().T
        counts, _, _ = np.histogram2d(x, y, BINS, [self.extent[:2], self.extent[2:]])
        self.heights = gaussian_filter(counts.T, 1.5)


def scatter(points: Tensor, density: Density) -> Image.Image:
    """Scatter points (n, 2) over a density of real ones, on the density's axes; those outside are counted."""
    figure = new_figure(6, 6, dpi=110)
    axes = figure.add_subplot()
    # A root makes thin tails visible beside sharp modes.
    heights = np.sqrt(density.heights / density.heights.max())
    axes.imshow(heights, extent=density.extent, origin="lower", cmap="Blues", vmax=1.4, interpolation="bilinear")
    x, y = points.detach().float().cpu().numpy().T
    size = float(np.clip(6000 / max(len(x), 1), 2, 20))
    axes.scatter(x, y, s=size, color=SAMPLE, alpha=0.55, linewidths=0)
    left, right, bottom, top = density.extent
    axes.set(xlim=(left, right), ylim=(bottom, top), aspect="equal")
    outside = int((~((x >= left) & (x <= right) & (y >= bottom) & (y <= top))).sum())
    note = f"{len(x)} samples" + (f", {outside} of them outside" if outside else "")
    axes.set_title(note, fontsize=10, color=INK, loc="left")
    quieten(axes)
    return render(figure)


def panels(sequences: Tensor, bounds: tuple[float, float]) -> Image.Image:
    """Plot the first 16 of the sequences (n, length, channels), a panel each, a line a channel, on fixed axes."""
    shown = sequences[:PANELS].detach().float().cpu().numpy()
    columns = math.ceil(math.sqrt(len(shown)))
    figure = new_figure(8, 6, dpi=100)
    grid = figure.subplots(math.ceil(len(shown) / columns), columns, sharex=True, sharey=True, squeeze=False)
    margin = 0.08 * (bounds[1] - bounds[0])
    for axes, sequence in zip(grid.flat, shown, strict=False):
        axes.plot(sequence, linewidth=1.5)
    for axes in grid.flat:
        axes.set(ylim=(bounds[0] - margin, bounds[1] + margin), xlim=(0, shown.shape[1] - 1))
        axes.axhline(0, color=INK, alpha=0.2, linewidth=0.8)
        quieten(axes)
    return render(figure)
