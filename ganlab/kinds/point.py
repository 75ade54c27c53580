"""Points of two or more dimensions: samples over the density of real points."""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, final

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor

from ganlab.core.figures import SAMPLE
from ganlab.core.interfaces import Shape
from ganlab.kinds import axes, marks
from ganlab.kinds.base import Kind, RealSamples, Sheet
from ganlab.kinds.density import BLUES, Density, opacity, rgb
from ganlab.kinds.lettering import PADDING, Entry, add_header, draw_legend, legend_height

SHEET_POINTS = 100_000  # real points that a density is estimated from
SIDE, LEFT, RIGHT, BELOW = 610, 43, 7, 25  # of the axes, and of the space around them, in pixels
TOP = 8  # pixels between the legend and the axes
SIGMAS = 3  # a mode is found if a sample is within so many standard deviations, as metric=modes counts
FOUND, MISSED, REAL = "#1b7837", "#b2182b", BLUES[5]
MAX_RADIUS, MIN_RADIUS = 12.0, 3.0  # of the circle around a mode, in pixels
# One colour per class (Okabe and Ito 2008), so that colour-blind readers distinguish them.
CLASS_COLOURS = ("#d55e00", "#009e73", "#cc79a7", "#e69f00", "#7b3294", "#000000", "#f0e442", "#a6611a")


@final
@dataclass(frozen=True)
class PointBackdrop:
    """The density of the first two coordinates of real points, and the modes (k, dimensions), if they are known."""

    density: Density
    modes: Tensor | None = None
    sigma: float = 0.0

    @cached_property
    def canvas(self) -> np.ndarray:
        """The density as colours (SIDE, SIDE, 3)."""
        return self.density.colours(SIDE)


class _Group(NamedTuple):
    """Samples of one colour."""

    text: str
    colour: str
    rows: np.ndarray  # (n,) bool


@final
class PointKind(Kind):
    """Points (dimensions,) of at least two dimensions; a sheet shows the first two."""

    name, plural = "point", "points (dimensions,)"
    sheet_samples = 100_000

    def accepts(self, shape: Shape) -> bool:
        """Return whether the shape has one side of at least 2."""
        return isinstance(shape, tuple | list) and len(shape) == 1 and shape[0] >= 2

    def backdrop(self, data: RealSamples) -> PointBackdrop:
        """Return the density and the modes of the data."""
        real: Tensor = data.decoded_samples(SHEET_POINTS).sample
        return PointBackdrop(Density(real[:, :2]), data.modes, data.sigma)

    def draw(self, sheet: Sheet, backdrop: PointBackdrop | None = None) -> Image.Image:
        """Scatter points over the density of real points, on its axes; the first line counts points outside.

        Without a backdrop the axes show all samples that are finite.
        """
        points: Tensor = sheet.samples.detach().double().cpu()
        back = backdrop or PointBackdrop(_empty_density(points[:, :2]))
        groups = _groups(sheet)
        entries = [Entry(group.text, marks.dot, group.colour) for group in groups]
        if backdrop is not None:
            entries.append(Entry("density of real samples", marks.square, REAL))
        left, right, bottom, top = back.density.extent
        x, y = points[:, :2].numpy().T
        inside = (x >= left) & (x <= right) & (y >= bottom) & (y <= top)
        found = _found(points, back)
        entries += (
            [Entry(f"mode found (a sample within {SIGMAS} standard deviations)", marks.ring, FOUND)]
            if any(found)
            else []
        )
        entries += [Entry("mode missed", marks.cross, MISSED)] if not all(found) else []
        columns, rows = (x - left) / (right - left) * SIDE, (top - y) / (top - bottom) * SIDE
        canvas = back.canvas.copy() if backdrop is not None else np.full((SIDE, SIDE, 3), 255.0)
        for group in groups:
            shown = inside & group.rows
            cover = opacity(columns[shown], rows[shown], SIDE, len(points))
            covered = np.nonzero(cover)
            canvas[covered] += cover[covered][:, None] * (rgb(group.colour) - canvas[covered])
        picture = _draw(canvas, entries, back, found)
        outside = len(points) - int(inside.sum())
        facts = [
            f"coordinates 1 and 2 of {points.shape[1]}" if points.shape[1] > 2 else "",
            f"{sum(found)} of {len(found)} modes found" if found else "",
            f"{outside:,} outside the axes" if outside else "",
        ]
        return add_header(picture, sheet.facts(*facts))


def _groups(sheet: Sheet) -> list[_Group]:
    """Return one group of samples per class if there are colours for all, else one group."""
    labels = None if sheet.labels is None else sheet.labels.cpu().numpy()
    classes = [] if labels is None else np.unique(labels).tolist()
    if labels is None or not 2 <= len(classes) <= len(CLASS_COLOURS):
        return [_Group(sheet.noun, SAMPLE, np.ones(len(sheet), bool))]
    names = [sheet.class_name(label) for label in classes]
    texts = [f"{sheet.noun} of class {name}" if number == 0 else name for number, name in enumerate(names)]
    return [
        _Group(text, colour, labels == label)
        for text, colour, label in zip(texts, CLASS_COLOURS, classes, strict=False)
    ]


def _found(points: Tensor, back: PointBackdrop) -> list[bool]:
    """Return for each mode whether a sample is near it; empty without modes."""
    if back.modes is None or back.sigma <= 0:
        return []
    modes = back.modes.double()
    if not len(points):
        return [False] * len(modes)
    # the matrix product that cdist uses for many points loses digits by cancellation
    distances = torch.cdist(points, modes, compute_mode="donot_use_mm_for_euclid_dist")
    near = torch.zeros(len(modes), dtype=torch.bool)
    nearest = distances.nan_to_num(torch.inf).min(1)
    near[nearest.indices[nearest.values <= SIGMAS * back.sigma]] = True
    return near.tolist()


def _draw(canvas: np.ndarray, entries: list[Entry], back: PointBackdrop, found: list[bool]) -> Image.Image:
    """Return the axes with a picture of samples (SIDE, SIDE, 3), the modes and the legend."""
    width = LEFT + SIDE + RIGHT
    top = legend_height(entries, width - 2 * PADDING) + TOP
    picture = Image.new("RGB", (width, top + SIDE + BELOW), "white")
    draw, box = ImageDraw.Draw(picture), axes.Box(LEFT, top, LEFT + SIDE, top + SIDE)
    picture.paste(Image.fromarray(canvas.round().astype(np.uint8), "RGB"), (box.left, box.top))
    left, right, bottom, upper = back.density.extent
    for place, is_found in zip(back.modes.tolist() if found and back.modes is not None else [], found, strict=True):
        x = box.left + (place[0] - left) / (right - left) * SIDE
        y = box.bottom - (place[1] - bottom) / (upper - bottom) * SIDE
        radius = max(MIN_RADIUS, min(MAX_RADIUS, 0.25 * SIDE / len(found) ** 0.5))
        mark, colour = (marks.ring, FOUND) if is_found else (marks.cross, MISSED)
        mark(draw, (x, y), radius, colour)
    axes.draw_frame(draw, box)
    axes.draw_horizontal_axis(draw, box, left, right)
    axes.draw_vertical_axis(draw, box, bottom, upper)
    draw_legend(draw, entries, PADDING, 0, width - 2 * PADDING)
    return picture


def _empty_density(points: Tensor) -> Density:
    """Return a density on axes that show all finite points."""
    finite = points[points.isfinite().all(1)]
    return Density(finite if len(finite) else torch.zeros(1, 2, dtype=points.dtype))
