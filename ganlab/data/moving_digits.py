"""Handwritten digits that move and bounce: real pictures, in clips that are made on the fly."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from ganlab.core.interfaces import Spec
from ganlab.core.random import Random
from ganlab.data.digits import read_digits
from ganlab.data.readers.image_storage import rescale
from ganlab.data.video import ClipShape, VideoDataSet, split_groups, video_spec
from ganlab.layers.checks import check_at_least, check_one_of

DIGITS, DIRECTIONS = 10, ("right", "left", "down", "up")
SLOWEST, FASTEST = 1.5, 2.5  # pixels per frame for 32 pixels a side
CLASSES: Mapping[str, tuple[str, ...]] = {
    "digit": tuple(map(str, range(DIGITS))),
    "digit_direction": tuple(f"{digit} {direction}" for digit in range(DIGITS) for direction in DIRECTIONS),
}


class MovingDigits(VideoDataSet):
    """scikit-learn's 1797 digits, moving at constant speed along a row or a column and bouncing at the border.

    A digit is half as large as a frame. Of every digit there are `clips` clips for each direction in which it sets out,
    with a place and a speed of their own; a clip is a function of its index. `classes` are the known classes:
    digit_direction (40) or digit (10), which the networks see if `labels` is true. All clips of one digit image are in
    the same split, and `limit` counts clips. Raises ValueError for settings out of range.
    """

    def __init__(
        self,
        resolution: int = 32,
        frames: int = 16,
        frames_per_second: float = 8.0,
        clips: int = 4,
        classes: str = "digit_direction",
        labels: bool = False,
        validation: float = 0.1,
        test: float = 0.1,
        limit: int = 0,
    ) -> None:
        spec = self.preview(
            resolution=resolution,
            frames=frames,
            frames_per_second=frames_per_second,
            clips=clips,
            classes=classes,
            labels=labels,
        )
        pictures, digits = read_digits()
        side = resolution // 2
        # A frame of zeros lets strokes that touch the edge end there; see `Digits`.
        self.pictures = functional.pad(rescale(functional.pad(pictures, [1] * 4), side), [1] * 4)[:, 0]
        self.clips, self.frames, self.travel = clips, frames, float(resolution - side)
        per_digit = clips * len(DIRECTIONS)
        self.start, self.speed, self.across = _draw_motions(len(digits) * per_digit, resolution, self.travel)
        direction = torch.arange(len(digits) * per_digit) % len(DIRECTIONS)
        number = digits.repeat_interleave(per_digit)
        known = number if classes == "digit" else number * len(DIRECTIONS) + direction
        splits = split_groups(torch.full((len(digits),), per_digit), validation, test, limit, digits)
        identity = ("moving_digits", resolution, frames, frames_per_second, clips, classes, validation, test, limit)
        self._fingerprint = sha256(repr(identity).encode() + self.pictures.numpy().tobytes()).hexdigest()
        super().__init__(spec, splits, known, CLASSES[classes])

    @classmethod
    def preview(cls, **settings: Any) -> Spec:
        """Return the spec; raises ValueError for invalid settings."""
        resolution, classes = settings.get("resolution", 32), settings.get("classes", "digit_direction")
        check_at_least("resolution", resolution, 16)
        check_at_least("clips", settings.get("clips", 4), 1)
        check_one_of("classes", classes, CLASSES)
        shape = ClipShape.of(settings.get("frames", 16), 1, (resolution, resolution))
        labels, rate = settings.get("labels", False), settings.get("frames_per_second", 8.0)
        return video_spec(shape, rate, labels, len(CLASSES[classes]))

    def take(self, indices: Tensor) -> Tensor:
        """Draw the clips: one pass of pixels along each axis."""
        moving, still = self._paths(indices)
        direction = indices % len(DIRECTIONS)
        backwards, is_vertical = direction % 2 == 1, direction >= 2
        moving = torch.where(backwards[:, None], self.travel - moving, moving).round().long()
        still = still.round().long()[:, None].expand_as(moving)
        left = torch.where(is_vertical[:, None], still, moving)
        top = torch.where(is_vertical[:, None], moving, still)
        columns, rows = self._source(left), self._source(top)
        picture = (indices // (self.clips * len(DIRECTIONS)))[:, None, None, None]
        return self.pictures[picture, rows[:, :, :, None], columns[:, :, None, :]].unsqueeze(2)

    def _paths(self, indices: Tensor) -> tuple[Tensor, Tensor]:
        """Return the place along the way in each frame (n, frames), and that across it (n,), in pixels."""
        way = self.start[indices, None] + self.speed[indices, None] * torch.arange(self.frames)
        bounced = self.travel - (way % (2 * self.travel) - self.travel).abs()
        return bounced, self.across[indices]

    def _source(self, edge: Tensor) -> Tensor:
        """Return which row or column of the bordered picture each pixel of a frame shows, (n, frames, resolution)."""
        side = self.pictures.shape[1]
        resolution = int(self.travel) + side - 2
        return (torch.arange(resolution) - edge[:, :, None] + 1).clamp(0, side - 1)

    def fingerprint(self) -> str:
        """Hash the pictures and the settings."""
        return self._fingerprint


def _draw_motions(count: int, resolution: int, travel: float) -> tuple[Tensor, Tensor, Tensor]:
    """Return for each clip where it starts on the first half of its way, its speed, and its place across the way."""
    random = Random(0)
    start = random.uniform("start", (count,)) * travel / 2
    speed = (SLOWEST + (FASTEST - SLOWEST) * random.uniform("speed", (count,))) * resolution / 32
    return start, speed, random.uniform("across", (count,)) * travel
