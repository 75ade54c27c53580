"""Animated webp files that keep every frame: Pillow merges equal ones, and drops the duration of a still clip.

The container is that of Google's "WebP Container Specification"; Pillow encodes the single pictures.
"""

from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path

from PIL import Image

ANIMATED = 0x02  # the flag of an animation in the header
REPLACES = 0x02  # the flag of a frame that is not blended with the one before
WHITE = b"\xff\xff\xff\xff"


def save_webp(pictures: Sequence[Image.Image], durations: Sequence[int], path: Path) -> None:
    """Write pictures of one size in colour, without loss, each shown for its duration in milliseconds, in a loop."""
    width, height = pictures[0].size
    side_lengths = _number(width - 1, 3) + _number(height - 1, 3)
    parts = [
        _chunk(b"VP8X", _number(ANIMATED, 4) + side_lengths),
        _chunk(b"ANIM", WHITE + _number(0, 2)),  # shown without end
    ]
    for picture, duration in zip(pictures, durations, strict=True):
        frame = _number(0, 6) + side_lengths + _number(duration, 3) + _number(REPLACES, 1)
        parts.append(_chunk(b"ANMF", frame + _chunk(b"VP8L", _encode(picture))))
    path.write_bytes(_chunk(b"RIFF", b"WEBP" + b"".join(parts)))


def _encode(picture: Image.Image) -> bytes:
    """Return the picture's lossless bitstream, without its container."""
    file = BytesIO()
    picture.convert("RGB").save(file, format="WEBP", lossless=True)
    return next(content for name, content in _chunks(file.getvalue()) if name == b"VP8L")


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = 12  # after RIFF, the size and WEBP
    while place < len(data):
        size = int.from_bytes(data[place + 4 : place + 8], "little")
        yield data[place : place + 4], data[place + 8 : place + 8 + size]
        place += 8 + size + size % 2


def _chunk(name: bytes, content: bytes) -> bytes:
    return name + _number(len(content), 4) + content + b"\0" * (len(content) % 2)


def _number(value: int, size: int) -> bytes:
    return value.to_bytes(size, "little")
