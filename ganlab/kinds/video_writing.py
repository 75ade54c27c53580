"""Writing of clips as files that other programs play."""

from collections.abc import Callable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ganlab.kinds.animated_webp import save_webp
from ganlab.kinds.container_reader import video_library
from ganlab.kinds.video_frames import MODES

MILLISECONDS = 1000  # in a second
MAX_DENOMINATOR = 1001  # of written frame rates: 30000/1001 is the rate of television


def write_mp4(frames: np.ndarray, path: Path, rate: float) -> None:
    """Write H.264, which loses fine detail; an odd side gets one more row or column, the last one repeated.

    Players need even sides. `frames` is uint8 (frames, height, width, channels), as in all functions here.
    """
    _, height, width, _ = frames.shape
    even = np.pad(frames, ((0, 0), (0, height % 2), (0, width % 2), (0, 0)), mode="edge")
    _encode(even, path, rate, "libx264", "yuv420p", {"crf": "12", "preset": "medium"})


def write_webm(frames: np.ndarray, path: Path, rate: float) -> None:
    """Write VP9, which loses fine detail."""
    _encode(frames, path, rate, "libvpx-vp9", "yuv420p", {"crf": "12", "b:v": "0"})


def write_ffv1(frames: np.ndarray, path: Path, rate: float) -> None:
    """Write FFV1, which loses nothing."""
    _encode(frames, path, rate, "ffv1", "gray" if frames.shape[3] == 1 else "bgr0", {})


def write_gif(frames: np.ndarray, path: Path, rate: float) -> None:
    """Write every frame with its own 256 colours, for a whole number of hundredths of a second.

    All frames are written: Pillow would merge equal ones.
    """
    library = video_library()
    pictures = [to_image(frame).convert("RGB").quantize(256, dither=Image.Dither.NONE) for frame in frames]
    with library.open(str(path), "w", format="gif") as container:
        stream = _add_stream(container, "gif", rate, frames)
        stream.pix_fmt = "pal8"
        for number, picture in enumerate(pictures):
            colours = np.zeros((256, 4), np.uint8)
            palette = np.array(picture.getpalette(), np.uint8).reshape(-1, 3)
            colours[: len(palette), 1:], colours[:, 0] = palette, 255  # opacity, red, green, blue
            frame = library.VideoFrame.from_ndarray((np.array(picture), colours), format="pal8")
            frame.pts, frame.time_base = number, Fraction(1 / rate).limit_denominator(MAX_DENOMINATOR)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def write_webp(frames: np.ndarray, path: Path, rate: float) -> None:
    """Write an animation that loses nothing, with all frames, each for a whole number of milliseconds."""
    ends = [round((number + 1) * MILLISECONDS / rate) for number in range(len(frames))]
    durations = [end - start for start, end in zip([0, *ends], ends, strict=False)]
    save_webp([to_image(frame) for frame in frames], durations, path)


def write_png(frames: np.ndarray, path: Path, rate: float) -> None:
    """Write a PNG per frame: of the clip 0.png 0_00.png, 0_01.png and so on."""
    digits = len(str(len(frames) - 1))
    for number, frame in enumerate(frames):
        to_image(frame).save(path.with_name(f"{path.stem}_{number:0{digits}}.png"))


def to_image(frame: np.ndarray) -> Image.Image:
    """Return a picture of pixels, uint8 (height, width, 1 or 3)."""
    channels = frame.shape[2]
    return Image.fromarray(frame.squeeze(2) if channels == 1 else frame, MODES[channels])


Encode = Callable[[np.ndarray, Path, float], None]
# The function and the ending of files by encoding, the default first.
ENCODINGS: Mapping[str, tuple[Encode, str]] = {
    "mp4": (write_mp4, ".mp4"),
    "webm": (write_webm, ".webm"),
    "webp": (write_webp, ".webp"),
    "gif": (write_gif, ".gif"),
    "ffv1": (write_ffv1, ".mkv"),
    "png": (write_png, ".png"),
}


def _encode(
    frames: np.ndarray, path: Path, rate: float, codec: str, pixel_format: str, options: dict[str, str]
) -> None:
    library = video_library()
    with library.open(str(path), "w") as container:
        stream = _add_stream(container, codec, rate, frames)
        stream.pix_fmt, stream.options = pixel_format, options
        for pixels in frames:
            frame = library.VideoFrame.from_image(to_image(pixels).convert("RGB"))
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def _add_stream(container: Any, codec: str, rate: float, frames: np.ndarray) -> Any:
    stream = container.add_stream(codec, rate=Fraction(rate).limit_denominator(MAX_DENOMINATOR))
    stream.height, stream.width = frames.shape[1:3]
    stream.thread_type = "NONE"
    return stream
