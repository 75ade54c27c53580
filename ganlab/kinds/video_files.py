"""Reading of video files: mp4, webm, mkv, avi and mov by PyAV, animated gif and webp by Pillow."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple, final

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

from ganlab.core.errors import UserError

ANIMATIONS = (".gif", ".webp")
SUFFIXES = (".mp4", ".webm", ".mkv", ".avi", ".mov", *ANIMATIONS)
EXTRA = (
    "video files are read and written by the package av, which is not installed; run: pip install 'ganlab[video]' "
    "(`ganlab sample encoding=webp` and encoding=png do without it)"
)
MODES = {1: "L", 3: "RGB"}  # Pillow's mode for each number of channels
TICKS = {"GIF": 0.01, "WEBP": 0.001}  # seconds: the precision of the durations in an animation
SLACK = 0.75  # of a frame that a container may announce more than it holds, because its duration is rounded
MAX_DENOMINATOR = 1001  # of written frame rates: 30000/1001 is the rate of television


@final
class Frame(NamedTuple):
    """One picture of a video, and when it appears, in seconds."""

    time: float
    image: Image.Image


@final
class Timing(NamedTuple):
    """When the frames of a video appear, in seconds from the first one, and when the last one ends.

    `tick` is the precision of these times, and `announced` the number of frames per second in the file's header, if it
    has one.
    """

    times: list[float]
    end: float
    tick: float
    announced: Fraction | None = None

    def rate(self) -> float:
        """Return the frames per second; raises ValueError if the frames are not at equal distances.

        It is what the header says if the times agree with that within a tick, else the fraction with the smallest
        numbers that they agree with.
        """
        # The end of a single frame is all that is known; of more frames it may be a guess.
        places = list(enumerate(self.times))[1:] or [(1, self.end)]
        low = max(number / (time + self.tick) for number, time in places)
        high = min(number / max(time - self.tick, 1e-9) for number, time in places)
        if low > high:
            gaps = np.diff([*self.times, self.end]).clip(1e-9)
            raise ValueError(
                f"its frames are at unequal distances ({1 / gaps.max():.3g} to {1 / gaps.min():.3g} frames per second)"
                "; set the rate to which it is converted"
            )
        if self.announced and low <= self.announced <= high:
            return float(self.announced)
        return float(_simplest_fraction(Fraction(low), Fraction(high)))


def video_library() -> Any:
    """Return the module av, silenced; raises UserError, with the command that installs it, if it is absent."""
    try:
        import av
    except ImportError as error:
        raise UserError(EXTRA) from error  # no fault of the file that is read
    av.logging.set_level(av.logging.PANIC)  # what decoders print is in no sentence of this package
    return av


def read_clip(
    path: Path, rate: float | None = None, size: tuple[int, int] | None = None, channels: int = 3
) -> tuple[Tensor, float]:
    """Return the frames of a file, uint8 (frames, channels, height, width), and their number per second.

    With `rate` they are converted to it by time: frame k shows what the video shows k / rate seconds after its first
    frame. With `size` (height, width) each is cropped to its proportions around the middle and resized by Pillow's
    bicubic filter. Raises ValueError, without the path, if the file is broken or cut off, has no frame, or, without
    `rate`, frames at unequal distances.
    """
    reader = _Animation(path) if path.suffix.lower() in ANIMATIONS else _Video(path)
    if rate is None:
        times, frames = zip(*((frame.time, _to_tensor(frame.image, size, channels)) for frame in reader), strict=True)
        starts = [time - times[0] for time in times]
        rate = Timing(starts, reader.end - times[0], reader.tick, reader.announced).rate()
        return _stack(frames), rate
    return _stack(list(_at_rate(reader, rate, size, channels))), rate


def _at_rate(reader: "_Reader", rate: float, size: tuple[int, int] | None, channels: int) -> Iterator[Tensor]:
    """Yield the frames that are seen at multiples of 1 / rate."""
    first, number, shown = 0.0, 0, list[Tensor]()
    for frame in reader:
        first = first if shown else frame.time
        while shown and number / rate < frame.time - first - reader.tick:
            yield shown[0]
            number += 1
        shown = [_to_tensor(frame.image, size, channels)]
    while number / rate < reader.end - first - reader.tick or not number:
        yield shown[0]
        number += 1


def _to_tensor(image: Image.Image, size: tuple[int, int] | None, channels: int) -> Tensor:
    image = image.convert(MODES[channels])
    fitted = image if size is None else ImageOps.fit(image, size[::-1], Image.Resampling.BICUBIC)
    pixels = np.asarray(fitted).reshape(fitted.height, fitted.width, channels)
    return torch.from_numpy(pixels.transpose(2, 0, 1).copy())


def _stack(frames: Sequence[Tensor]) -> Tensor:
    for frame in frames:
        if frame.shape != frames[0].shape:
            raise ValueError(f"its frames change their size from {_size(frames[0])} to {_size(frame)}")
    return torch.stack(list(frames))


class _Reader(ABC):
    """The frames of a file, at least one; after the last one, `end` is when that ends, in seconds.

    `tick` is the precision of the times, and `announced` the rate in the header, if there is one.
    """

    announced: Fraction | None = None
    end, tick = 0.0, 0.0

    def __init__(self, path: Path) -> None:
        self.path = path

    @abstractmethod
    def __iter__(self) -> Iterator[Frame]: ...


@final
class _Animation(_Reader):
    """A gif or webp. Programs merge equal frames to one of their joint duration, so its times matter, not its count."""

    def __iter__(self) -> Iterator[Frame]:
        data = self.path.read_bytes()
        _check_animation(data)
        try:
            with Image.open(self.path, formats=list(TICKS)) as image:
                self.tick = TICKS[str(image.format)]
                count = getattr(image, "n_frames", 1)
                for number in range(count):
                    image.seek(number)
                    image.load()
                    duration = image.info.get("duration", 0) / 1000
                    if count == 1 and not duration:
                        raise ValueError("it holds a single picture without a duration, so it is no clip")
                    yield Frame(self.end, _on_white(image))
                    self.end += duration or 0.1  # as browsers show a frame without a duration
        except (OSError, EOFError, SyntaxError) as error:
            raise ValueError(f"it cannot be decoded ({error})") from error


@final
class _Video(_Reader):
    """A container that PyAV opens; its first stream of pictures is read."""

    def __iter__(self) -> Iterator[Frame]:
        library = video_library()
        if not self.path.stat().st_size:
            raise ValueError("it is empty")
        count, start, before = 0, 0.0, 0.0
        try:
            with library.open(str(self.path)) as container:
                if not container.streams.video:
                    raise ValueError("it holds no pictures")
                stream = container.streams.video[0]
                stream.thread_type = "NONE"  # threads of a decoder cost more than small pictures need
                self.tick, self.announced = float(stream.time_base or 0), stream.average_rate
                for frame in container.decode(stream):
                    if frame.is_corrupt:
                        raise ValueError(f"frame {count} is damaged")
                    time = count / float(self.announced or 25) if frame.time is None else float(frame.time)
                    if count and time <= before:
                        raise ValueError(f"frame {count} appears before the one that it follows")
                    length = float(frame.duration * frame.time_base) if frame.duration else 0.0
                    length = length or (time - before if count else 1 / float(self.announced or 25))
                    start, before, self.end, count = (start if count else time), time, time + length, count + 1
                    yield Frame(time, _upright(frame))
                announced = stream.frames
                seconds = _announced_seconds(library, container, stream)
        except (library.FFmpegError, OSError) as error:
            raise ValueError(f"it is no video that can be read ({error.strerror})") from error
        if not count:
            raise ValueError("it holds no frame")
        missing = round((seconds - (self.end - start)) * count / max(self.end - start, 1e-9), 1) if seconds else 0.0
        if announced > count or missing > SLACK:
            raise ValueError(
                f"it is cut off: {count} frames can be read, and its header announces "
                f"{announced or round(count + missing)}"
            )


def _announced_seconds(library: Any, container: Any, stream: Any) -> float:
    """Return the duration that the header has of the pictures; 0 if there is none, or one of sound as well."""
    if stream.duration:
        return float(stream.duration * stream.time_base)
    if text := stream.metadata.get("DURATION"):  # of Matroska, such as 00:00:02.000000000
        hours, minutes, seconds = (float(part) for part in text.split(":"))
        return 3600 * hours + 60 * minutes + seconds
    if container.duration and len(container.streams) == 1:
        return float(container.duration / library.time_base)
    return 0.0


def _check_animation(data: bytes) -> None:
    if not data:
        raise ValueError("it is empty")
    if data[:4] == b"RIFF":
        missing = int.from_bytes(data[4:8], "little") + 8 - len(data)
        if missing > 1:  # an odd chunk may lack its padding
            raise ValueError(f"it is cut off: {missing:,} bytes are missing that its header announces")
    elif data[:3] == b"GIF":
        if data.rstrip(b"\0")[-1:] != b";":
            raise ValueError("it is cut off: a gif ends with the character ;, which is missing")
    else:
        raise ValueError("it is neither a gif nor a webp")


def _upright(frame: Any) -> Image.Image:
    """Return the picture turned as the camera was held."""
    image: Image.Image = frame.to_image()
    return image.rotate(frame.rotation, expand=True) if frame.rotation else image


def _on_white(image: Image.Image) -> Image.Image:
    """Return an independent copy in colour, on white where it is transparent."""
    if not image.has_transparency_data:
        return image.convert("RGB")
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image.convert("RGBA")).convert("RGB")


def _simplest_fraction(low: Fraction, high: Fraction) -> Fraction:
    """Return the fraction with the smallest denominator from `low` to `high`, by continued fractions."""
    whole = low.__ceil__()
    if whole <= high:
        return Fraction(whole)
    floor = whole - 1
    return floor + 1 / _simplest_fraction(1 / (high - floor), 1 / (low - floor))


def _size(frame: Tensor) -> str:
    return f"{frame.shape[2]}x{frame.shape[1]}"
