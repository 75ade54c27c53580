"""Reading of sound files: wav, flac, ogg, opus, mp3 and aiff, all by soundfile."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, NamedTuple, final

import torch
from torch import Tensor

from ganlab.core.errors import UserError

SUFFIXES = (".wav", ".flac", ".ogg", ".opus", ".mp3", ".aiff", ".aif")
BYTE_ORDERS: Mapping[bytes, Literal["little", "big"]] = {b"RIFF": "little", b"FORM": "big"}  # of sizes in a file
OGG_PAGE, LAST_PAGE = b"OggS", 4  # how a page begins, and a flag in its byte 5
PAGE_HEADER, LARGEST_PAGE = 27, 65_307  # bytes; the last one of a header is the number of segments
# What soundfile names encodings of which every part is the same whatever was decoded before; seeking in others, such as
# Vorbis and MPEG, is not exact.
SEEKABLE = ("PCM_", "FLOAT", "DOUBLE", "ULAW", "ALAW")
MPEG = "MPEG_LAYER"
FRAME_TAGS, TAG_PLACES = (b"Xing", b"Info"), 42  # the number of frames of an mp3 file, and bytes of a frame before it
HAS_FRAMES = 1  # a flag in byte 7 after a tag begins
ID3, ID3_HEADER = b"ID3", 10  # what may be before the first frame, and bytes of its header
MPEG_FRAME = 1152  # samples; some programs announce the frame of the tag, too
EXTRA = "sound files are read by the package soundfile, which is not installed; run: pip install 'ganlab[audio]'"


@final
class SoundHeader(NamedTuple):
    """What a sound file says of itself: the rate in hertz, its channels, samples per channel, and how it stores them.

    `subtype` is soundfile's name, such as "PCM_16", "FLOAT" or "VORBIS".
    """

    rate: int
    channels: int
    samples: int
    subtype: str


def sound_library() -> Any:
    """Return the module soundfile; raises UserError, with the command that installs it, if it is absent."""
    try:
        import soundfile
    except ImportError as error:
        raise UserError(EXTRA) from error  # no fault of the file that is read
    return soundfile


def read_sound(path: Path) -> tuple[Tensor, SoundHeader]:
    """Return float32 samples (samples, channels) of a file, and its header with the number of these samples.

    Raises ValueError, without the path, if it is empty, broken, or ends too early. Nothing shows that of an mp3 file
    without a tag Xing or Info, which announces its frames, or if less than one of them is missing.
    """
    with _open(path) as file:
        announced = _header_of(file)
        sound = _decode(file, 0, announced.samples)
    if not len(sound):
        raise ValueError("it holds no samples")
    length = announced.samples
    if length - len(sound) > MPEG_FRAME and announced.subtype.startswith(MPEG) and _announces_frames(path):
        raise ValueError(f"it is cut off: it ends after {len(sound):,} of the {length:,} samples that it announces")
    missing = _missing_bytes(path)
    if missing > 1:  # an odd chunk may lack its padding
        raise ValueError(f"it is cut off: {missing:,} bytes are missing that its header announces")
    if _lacks_end(path):
        raise ValueError("it is cut off: its last page is missing")
    return sound, announced._replace(samples=len(sound))


def read_part(path: Path, start: int = 0, stop: int | None = None) -> tuple[Tensor, int]:
    """Return the samples from `start` to before `stop` (None: the end) as `read_sound` does, and the rate in hertz.

    They equal those of the whole file. What is after them is not decoded, so a file that ends too early is not noticed;
    what is before them is decoded if the encoding needs it, as Vorbis, Opus and MPEG do. Raises ValueError, without the
    path.
    """
    with _open(path) as file:
        header = _header_of(file)
        stop = header.samples if stop is None else min(stop, header.samples)
        first = min(start, stop) if header.subtype.startswith(SEEKABLE) else 0
        return _decode(file, first, stop)[start - first :], header.rate


def read_header(path: Path) -> SoundHeader:
    """Return the header of a sound file; raises ValueError, without the path, if it cannot be read."""
    with _open(path) as file:
        return _header_of(file)


@contextmanager
def _open(path: Path) -> Iterator[Any]:
    """Open a file of soundfile, whose errors become ValueError."""
    library = sound_library()
    try:
        with library.SoundFile(path) as file:
            yield file
    except (library.LibsndfileError, OSError, TypeError) as error:
        raise _unreadable(error) from error


def _header_of(file: Any) -> SoundHeader:
    return SoundHeader(int(file.samplerate), int(file.channels), int(file.frames), str(file.subtype))


def _decode(file: Any, start: int, stop: int) -> Tensor:
    if start:
        file.seek(start)
    # float32 whatever the file holds: soundfile does not scale floats that are read as integers
    return torch.from_numpy(file.read(max(0, stop - start), dtype="float32", always_2d=True))


def _unreadable(error: Exception) -> ValueError:
    reason = str(error).rpartition(": ")[2].rstrip(".") or "it cannot be read"
    return ValueError(f"it is no sound that can be read ({reason})")


def _announces_frames(path: Path) -> bool:
    """Return whether the first frame of an mp3 file has a tag Xing or Info with the number of frames.

    Without it, decoders estimate the length.
    """
    with path.open("rb") as file:
        head = file.read(ID3_HEADER)
        start = 0
        if head[:3] == ID3 and len(head) == ID3_HEADER:
            start = ID3_HEADER + sum(byte << shift for byte, shift in zip(head[6:], (21, 14, 7, 0), strict=True))
        file.seek(start)
        frame = file.read(TAG_PLACES + 8)
    places = (place for tag in FRAME_TAGS if (place := frame.find(tag)) >= 0 and place + 8 <= len(frame))
    return any(frame[place + 7] & HAS_FRAMES for place in places)


def _missing_bytes(path: Path) -> int:
    """Return how many bytes a RIFF or AIFF file lacks of the size in its header; 0 for other files.

    A size of almost 2³¹ or 2³² is what programs write that do not know it yet, such as to a pipe.
    """
    with path.open("rb") as file:
        header = file.read(12)
    order = BYTE_ORDERS.get(header[:4])
    if len(header) < 12 or order is None:
        return 0
    announced = int.from_bytes(header[4:8], order)
    return 0 if announced >= 0x7FF00000 else max(0, announced + 8 - path.stat().st_size)


def _lacks_end(path: Path) -> bool:
    """Return whether an Ogg file has no whole page that is marked as the last (RFC 3533, section 6); others have it."""
    with path.open("rb") as file:
        if file.read(4) != OGG_PAGE:
            return False
        file.seek(max(0, path.stat().st_size - LARGEST_PAGE))
        tail = file.read()
    page = tail[max(0, tail.rfind(OGG_PAGE)) :]
    if len(page) < PAGE_HEADER or not page[5] & LAST_PAGE:
        return True
    segments = page[PAGE_HEADER : PAGE_HEADER + page[PAGE_HEADER - 1]]  # their sizes in bytes
    return len(page) < PAGE_HEADER + page[PAGE_HEADER - 1] + sum(segments)
