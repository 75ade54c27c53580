"""Reading of animated gif and webp files by Pillow."""

from collections.abc import Iterator
from functools import partial
from typing import final

from PIL import Image

from ganlab.kinds.video_frames import Frame, FrameReader

ANIMATIONS = (".gif", ".webp")
TICKS = {"GIF": 0.01, "WEBP": 0.001}  # seconds: the precision of the durations in an animation
# Of a gif: the bytes of its header, those from the start of a picture to its data, and the flag of a table of colours.
HEADER, DESCRIPTION, HAS_TABLE = 13, 11, 0x80


@final
class AnimationReader(FrameReader):
    """A gif or webp. Programs merge equal frames to one of their joint duration, so its times matter, not its count."""

    def __iter__(self) -> Iterator[Frame]:
        """Yield the frames; raises ValueError also for a single picture without a duration."""
        _check_whole(self.path.read_bytes())
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
                    yield Frame(self.end, partial(_on_white, image.copy()))
                    self.end += duration or 0.1  # as browsers show a frame without a duration
        except (OSError, EOFError, SyntaxError) as error:
            raise ValueError(f"it cannot be decoded ({error})") from error


def _check_whole(data: bytes) -> None:
    """Raise ValueError if a file ends early; what follows its end, as some programs append it, is not read."""
    if not data:
        raise ValueError("it is empty")
    if data[:4] == b"RIFF":
        missing = int.from_bytes(data[4:8], "little") + 8 - len(data)
        if missing > 1:  # an odd chunk may lack its padding
            raise ValueError(f"it is cut off: {missing:,} bytes are missing that its header announces")
    elif data[:3] == b"GIF":
        if not _has_trailer(data):
            raise ValueError("it is cut off: it lacks the block with which a gif ends")
    else:
        raise ValueError("it is neither a gif nor a webp")


def _has_trailer(data: bytes) -> bool:
    """Return whether the blocks of a gif (GIF89a Specification, sections 18 to 27) end as they should."""
    place = HEADER + _table_size(data, 10)
    while place < len(data):
        match data[place]:
            case 0x3B:  # the trailer
                return True
            case 0x21:  # an extension, such as a duration
                place = _after_parts(data, place + 2)
            case 0x2C:  # a picture
                place = _after_parts(data, place + DESCRIPTION + _table_size(data, place + 9))
            case _:
                place += 1  # decoders skip what begins no block
    return False


def _table_size(data: bytes, flags: int) -> int:
    """Return the bytes of the table of colours that the byte at `flags` announces."""
    packed = data[flags] if flags < len(data) else 0
    return 3 << (packed & 7) + 1 if packed & HAS_TABLE else 0


def _after_parts(data: bytes, place: int) -> int:
    """Return where the parts end that begin at `place`: each follows its length, and one of length 0 is the last."""
    while place < len(data) and data[place]:
        place += 1 + data[place]
    return place + 1


def _on_white(image: Image.Image) -> Image.Image:
    """Return a picture in colour, on white where it is transparent."""
    if not image.has_transparency_data:
        return image.convert("RGB")
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image.convert("RGBA")).convert("RGB")
