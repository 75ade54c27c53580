"""Moving pictures: a film strip per clip, frames at equal steps of time from left to right, and files that play."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, final

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor

from ganlab.core.figures import INK
from ganlab.core.interfaces import Shape
from ganlab.kinds.arrangement import arrange
from ganlab.kinds.base import Kind, ReadSample, Sheet, unlike
from ganlab.kinds.lettering import PADDING, TEXT_SIZE, WHITE, add_header, font, shorten
from ganlab.kinds.sample_folder import folder_patterns, write_folder
from ganlab.kinds.video_files import SUFFIXES, read_clip
from ganlab.kinds.video_frames import MODES
from ganlab.kinds.video_writing import ENCODINGS, Encode, to_image, write_png, write_webp

MAX_CLIPS = 16  # on a sheet
MAX_FRAMES = 16  # of a film strip
WIDTH = 1000  # of a sheet in pixels, at least; small frames are enlarged by whole numbers
GAP = 2  # pixels between frames
RULER = 17  # pixels above the strips, for the seconds
MAX_NAME = 150  # pixels of the name of a strip
ANIMATION = "sheet.webp"  # the clips of a sheet playing, next to the files of the single clips
ANIMATION_WIDTH = 512  # pixels, at least


@final
@dataclass(frozen=True)
class VideoKind(Kind):
    """Clips (time, channels, height, width) in [−1, 1], of 1 or 3 channels, with `frames_per_second`."""

    frames_per_second: float

    name, plural = "video", "clips (time, channels, height, width)"
    sheet_samples = MAX_CLIPS
    max_classes = MAX_CLIPS
    is_quantised = True
    output_patterns = (
        *dict.fromkeys(pattern for _, ending in ENCODINGS.values() for pattern in folder_patterns("videos", ending)),
        ANIMATION,
    )
    encodings: ClassVar[tuple[str, ...]] = tuple(ENCODINGS)
    suffixes = SUFFIXES
    read_settings = ("rate", "length", "height", "width")

    def write(self, samples: Tensor, output: Path, classes: Sequence[str] = (), encoding: str = "") -> None:
        """Write videos/, with a file per clip, and sheet.webp, in which the first 16 clips play at once.

        The encoding png makes a file per frame, without a table of classes.
        """
        encode, ending = ENCODINGS[encoding or self.encodings[0]]
        write = partial(write_clip, rate=self.frames_per_second, encode=encode)
        write_folder(output / "videos", ending, samples, () if encode is write_png else classes, write)
        self._write_animation(samples[:MAX_CLIPS], output / ANIMATION)

    @classmethod
    def read(
        cls, path: Path, *, rate: int = 0, length: int = 0, height: int = 0, width: int = 0, **_: int
    ) -> ReadSample:
        """Read a file in colour, as uint8; raises ValueError if it is broken, or has fewer than `length` frames.

        With `rate` it is converted to so many frames per second, by time; with `length`, cut to so many frames; with
        `height` and `width`, cropped to their proportions and resized.
        """
        clip, own_rate = read_clip(path, rate or None, (height, width) if height else None)
        if len(clip) < length:
            raise ValueError(
                f"it has {len(clip)} frames of {own_rate:g} per second, fewer than length={length}; lower length, "
                "raise rate, or remove it"
            )
        return ReadSample(clip[: length or None], {"frames_per_second": float(own_rate)})

    @classmethod
    def explain_difference(cls, path: Path, found: Mapping[str, ReadSample]) -> str:
        """Name the setting that makes the clips of a folder alike."""
        rates = {name: f"{each.facts['frames_per_second']:g}" for name, each in found.items()}
        lengths = {name: len(each.sample) for name, each in found.items()}
        sizes = {name: "{2}x{1}".format(*each.sample.shape[1:]) for name, each in found.items()}
        if differ := unlike(rates):
            what = "rates in frames per second"
            advice = f"set rate={max(1, math.floor(min(map(float, rates.values()))))} to convert all"
        elif differ := unlike(lengths):
            what, advice = "lengths in frames", f"set length={min(lengths.values())} to cut all"
        else:
            differ, what = unlike(sizes), "sizes"
            smallest = min(side for each in found.values() for side in each.sample.shape[2:])
            advice = f"set resolution={smallest} to crop and resize all"
        assert differ is not None
        first, name, other = differ
        return f"the clips in {path} have different {what}: {first}, and {other} in {name}; {advice}"

    def default_features(self, shape: Shape, classes: int) -> str:
        """Return video_classifier if the classes are known, else video_random, which needs no weights."""
        return "video_classifier" if classes else "video_random"

    def draw(self, sheet: Sheet, backdrop: Any = None) -> Image.Image:
        """Draw the first 16 clips of (n, time, channels, height, width) as film strips, of 16 frames at most.

        Raises ValueError if there is no clip, or for another number of channels.
        """
        clips: Tensor = sheet.samples
        if not len(clips) or clips.shape[2] not in MODES:
            raise ValueError(
                f"a sample sheet needs at least one clip of 1 or 3 channels, got {len(clips)} of {clips.shape[2]} "
                "channels"
            )
        shown = sheet.selection(MAX_CLIPS)
        arrangement = arrange(replace(shown, columns=1))
        steps = shown_frames(clips.shape[1])
        strips = to_pixels(shown.samples[:, steps])
        factor = max(1, math.ceil(WIDTH / (len(steps) * (clips.shape[4] + 1))))
        strips = strips.repeat(factor, axis=2).repeat(factor, axis=3)
        names = [arrangement.captions.get(row, name) for row, name in enumerate(arrangement.names)]
        picture = _strips(strips, names, [step / self.frames_per_second for step in steps])
        fact = f"{len(shown)} are shown" if len(shown) < len(sheet) else ""
        frames = f"{len(steps)} of {clips.shape[1]} frames" if len(steps) < clips.shape[1] else f"{len(steps)} frames"
        if clips.shape[1] == 1:
            frames = "1 frame"
        speed = f"{self.frames_per_second:g} frames per second; seconds above"
        return add_header(picture, sheet.facts(fact, frames, speed))

    def _write_animation(self, samples: Tensor, path: Path) -> None:
        clips = to_pixels(samples)
        columns = math.ceil(math.sqrt(len(clips)))
        factor = max(1, math.ceil(ANIMATION_WIDTH / (columns * (clips.shape[3] + GAP))))
        clips = clips.repeat(factor, axis=2).repeat(factor, axis=3)
        count, frames, height, width, channels = clips.shape
        down, across = height + GAP, width + GAP
        canvas = np.full((frames, math.ceil(count / columns) * down, columns * across, channels), WHITE, np.uint8)
        for index, clip in enumerate(clips):
            top, left = index // columns * down, index % columns * across
            canvas[:, top : top + height, left : left + width] = clip
        write_webp(canvas, path, self.frames_per_second)


def write_clip(clip: Tensor, path: Path, rate: float, encode: Encode) -> None:
    """Write one clip (time, channels, height, width) in [−1, 1] by a function of `video_writing`."""
    encode(to_pixels(clip[None])[0], path, rate)


def shown_frames(count: int) -> list[int]:
    """Return the numbers of at most 16 frames at equal steps, from the first to the last."""
    places: list[int] = np.linspace(0, count - 1, min(count, MAX_FRAMES)).round().astype(int).tolist()
    return places


def to_pixels(clips: Tensor) -> np.ndarray:
    """Return clips (n, time, channels, height, width) in [−1, 1] as uint8, channels last; NaN is black."""
    values = clips.detach().float().cpu().nan_to_num(-1).add(1).mul(127.5).round().clamp(0, 255).to(torch.uint8)
    return values.permute(0, 1, 3, 4, 2).numpy()


def _strips(strips: np.ndarray, names: Sequence[str], seconds: Sequence[float]) -> Image.Image:
    """Lay out frames (n, shown, height, width, channels), one strip below another, below their seconds."""
    count, shown, height, width, channels = strips.shape
    down, across = height + GAP, width + GAP
    texts = [shorten(name, MAX_NAME) if name else "" for name in names]
    margin = max(math.ceil(font(TEXT_SIZE).getlength(text)) + 2 * PADDING if text else 0 for text in texts)
    canvas = np.full((RULER + count * down, margin + shown * across + GAP, channels), WHITE, np.uint8)
    for row in range(count):
        for column in range(shown):
            top, left = RULER + row * down, margin + GAP + column * across
            canvas[top : top + height, left : left + width] = strips[row, column]
    picture = to_image(canvas).convert("RGB")
    draw = ImageDraw.Draw(picture)
    labels = [f"{time:.2f}" for time in seconds]
    every = math.ceil((max(font(TEXT_SIZE).getlength(label) for label in labels) + PADDING) / across)
    for column in range(0, shown, every):
        place = (margin + GAP + column * across + width / 2, RULER - 4)
        draw.text(place, labels[column], INK, font(TEXT_SIZE), anchor="ms")
    for row, text in enumerate(texts):
        draw.text((margin - PADDING, RULER + row * down + height / 2), text, INK, font(TEXT_SIZE), anchor="rm")
    return picture
