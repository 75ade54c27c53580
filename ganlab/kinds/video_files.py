"""Reading of video files as clips: mp4, webm, mkv, avi and mov by PyAV, animated gif and webp by Pillow."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

import numpy as np
import torch
from PIL import ImageOps
from PIL.Image import Image, Resampling
from torch import Tensor

from ganlab.kinds.animation_reader import ANIMATIONS, AnimationReader
from ganlab.kinds.container_reader import CONTAINERS, ContainerReader
from ganlab.kinds.video_frames import MODES, Frame, FrameReader, Timing

SUFFIXES = (*CONTAINERS, *ANIMATIONS)


def read_clip(
    path: Path, rate: float | None = None, size: tuple[int, int] | None = None, channels: int = 3
) -> tuple[Tensor, float]:
    """Return the frames of a file, uint8 (frames, channels, height, width), and their number per second.

    With `rate` they are converted to it by time: frame k shows what the video shows k / rate seconds after its first
    frame. With `size` (height, width) each is cropped to its proportions around the middle and resized by Pillow's
    bicubic filter. Raises ValueError, without the path, if the file is broken or cut off, has no frame, or, without
    `rate`, frames at unequal distances.
    """
    reader = AnimationReader(path) if path.suffix.lower() in ANIMATIONS else ContainerReader(path)
    if rate is None:
        times, frames = zip(
            *((frame.time, _to_tensor(frame.picture(), size, channels)) for frame in reader), strict=True
        )
        starts = [time - times[0] for time in times]
        rate = Timing(starts, reader.end - times[0], reader.tick, reader.announced).rate()
        return _stack(frames), rate
    shown = list[Tensor]()
    for frame, group in groupby(_at_rate(reader, rate)):
        shown += [_to_tensor(frame.picture(), size, channels)] * len(list(group))
    return _stack(shown), rate


def _at_rate(reader: FrameReader, rate: float) -> Iterator[Frame]:
    """Yield the frames that are seen at multiples of 1 / rate."""
    first, number, shown = 0.0, 0, list[Frame]()
    for frame in reader:
        first = first if shown else frame.time
        while shown and number / rate < frame.time - first - reader.tick:
            yield shown[0]
            number += 1
        shown = [frame]
    while number / rate < reader.end - first - reader.tick or not number:
        yield shown[0]
        number += 1


def _to_tensor(image: Image, size: tuple[int, int] | None, channels: int) -> Tensor:
    image = image.convert(MODES[channels])
    fitted = image if size is None else ImageOps.fit(image, size[::-1], Resampling.BICUBIC)
    pixels = np.asarray(fitted).reshape(fitted.height, fitted.width, channels)
    return torch.from_numpy(pixels.transpose(2, 0, 1).copy())


def _stack(frames: Sequence[Tensor]) -> Tensor:
    for frame in frames:
        if frame.shape != frames[0].shape:
            raise ValueError(f"its frames change their size from {_size(frames[0])} to {_size(frame)}")
    return torch.stack(list(frames))


def _size(frame: Tensor) -> str:
    return f"{frame.shape[2]}x{frame.shape[1]}"
