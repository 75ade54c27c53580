"""Reading of mp4, webm, mkv, avi and mov files by PyAV."""

from collections.abc import Iterator
from functools import partial
from typing import Any, final

from PIL import Image

from ganlab.core.errors import UserError
from ganlab.kinds.video_frames import Frame, FrameReader

CONTAINERS = (".mp4", ".webm", ".mkv", ".avi", ".mov")
EXTRA = (
    "video files are read and written by the package av, which is not installed; run: pip install 'ganlab[video]' "
    "(`ganlab sample encoding=webp` and encoding=png do without it)"
)
SLACK = 0.75  # of a frame that a container may announce more than it holds, because its duration is rounded


def video_library() -> Any:
    """Return the module av, silenced; raises UserError, with the command that installs it, if it is absent."""
    try:
        import av
    except ImportError as error:
        raise UserError(EXTRA) from error  # no fault of the file that is read
    av.logging.set_level(av.logging.PANIC)  # what decoders print is in no sentence of this package
    return av


@final
class ContainerReader(FrameReader):
    """A container that PyAV opens; its first stream of pictures is read, turned as the camera was held.

    Of a file that was trimmed by an edit list, the frames are those that players show.
    """

    def __iter__(self) -> Iterator[Frame]:
        """Yield the frames; raises ValueError also if they do not follow each other in time."""
        library = video_library()
        if not self.path.stat().st_size:
            raise ValueError("it is empty")
        try:
            with library.open(str(self.path)) as container:
                if not container.streams.video:
                    raise ValueError("it holds no pictures")
                stream = container.streams.video[0]
                stream.thread_type = "NONE"  # threads of a decoder cost more than small pictures need
                self.tick, self.announced = float(stream.time_base or 0), stream.average_rate
                yield from self._read(library, container, stream)
        except (library.FFmpegError, OSError) as error:
            raise ValueError(_unreadable(error)) from error

    def _read(self, library: Any, container: Any, stream: Any) -> Iterator[Frame]:
        count, packets, start, before = 0, 0, 0.0, 0.0
        for packet in container.demux(stream):
            packets += packet.size > 0 or packet.dts is not None  # the last one only flushes the decoder
            if packet.is_corrupt:
                raise ValueError(f"it is cut off or damaged: {count} frames can be read")
            for frame in packet.decode():
                if frame.is_corrupt:
                    raise ValueError(f"frame {count} is damaged")
                time = count / float(self.announced or 25) if frame.time is None else float(frame.time)
                if count and time <= before:
                    raise ValueError(f"frame {count} appears before the one that it follows")
                length = float(frame.duration * frame.time_base) if frame.duration else 0.0
                length = length or (time - before if count else 1 / float(self.announced or 25))
                start, before, self.end, count = (start if count else time), time, time + length, count + 1
                yield Frame(time, partial(_upright, library, frame))
        if not count:
            raise ValueError("it holds no frame")
        seconds = _announced_seconds(library, container, stream)
        found = self.end - min(start, 0.0)  # an announced duration begins at 0, although pictures may begin later
        missing = round((seconds - found) * count / max(self.end - start, 1e-9), 1) if seconds else 0.0
        announced = _announced_packets(stream, seconds)
        if announced > packets or missing > SLACK:
            raise ValueError(
                f"it is cut off: {count} frames can be read, and its header announces "
                f"{max(announced, round(count + missing))}"
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


def _announced_packets(stream: Any, seconds: float) -> int:
    """Return how many frames the header says that are stored; 0 if it does not, or if an edit list leaves some out.

    Frames that an edit list leaves out are read only where others depend on them. Its duration is that of the others,
    and thus shorter than that of all frames.
    """
    rate = float(stream.average_rate or 0)
    is_trimmed = bool(rate and seconds) and seconds * rate < stream.frames - SLACK
    return 0 if is_trimmed else int(stream.frames)


def _upright(library: Any, frame: Any) -> Image.Image:
    """Return the picture turned as the camera was held."""
    try:
        image: Image.Image = frame.to_image()
    except (library.FFmpegError, OSError) as error:
        raise ValueError(_unreadable(error)) from error
    return image.rotate(frame.rotation, expand=True) if frame.rotation else image


def _unreadable(error: OSError) -> str:
    return f"it is no video that can be read ({error.strerror})"
