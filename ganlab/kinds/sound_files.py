"""Reading of sound files: wav, flac, ogg, opus, mp3 and aiff, all by soundfile."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple, final

import torch
from torch import Tensor

from ganlab.core.errors import UserError

SUFFIXES = (".wav", ".flac", ".ogg", ".opus", ".mp3", ".aiff", ".aif")
BYTE_ORDERS: Mapping[bytes, Literal["little", "big"]] = {b"RIFF": "little", b"FORM": "big"}  # of sizes in a file
OGG_PAGE, LAST_PAGE = b"OggS", 4  # how a page begins, and a flag in its byte 5
PAGE_HEADER, LARGEST_PAGE = 27, 65_307  # bytes; the last one of a header is the number of segments
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


def read_sound(path: Path) -> tuple[Tensor, int]:
    """Return float32 samples (samples, channels) and the rate in hertz of a file.

    Raises ValueError, without the path, if it is empty, broken, or a wav, flac, aiff or Ogg file that ends too early;
    nothing in an mp3 file shows that.
    """
    sound, rate = read_part(path)
    if not len(sound):
        raise ValueError("it holds no samples")
    missing = _missing_bytes(path)
    if missing > 1:  # an odd chunk may lack its padding
        raise ValueError(f"it is cut off: {missing:,} bytes are missing that its header announces")
    if _lacks_end(path):
        raise ValueError("it is cut off: its last page is missing")
    return sound, rate


def read_part(path: Path, start: int = 0, stop: int | None = None) -> tuple[Tensor, int]:
    """Return the samples from `start` to before `stop` (None: the end) as `read_sound` does, and the rate in hertz.

    Only these are decoded, so a file that ends too early is not noticed. Raises ValueError, without the path.
    """
    library = sound_library()
    try:
        # float32 whatever the file holds: soundfile does not scale floats that are read as integers
        sound, rate = library.read(path, start=start, stop=stop, dtype="float32", always_2d=True)
    except (library.LibsndfileError, OSError, TypeError) as error:
        raise _unreadable(error) from error
    return torch.from_numpy(sound), int(rate)


def read_header(path: Path) -> SoundHeader:
    """Return the header of a sound file; raises ValueError, without the path, if it cannot be read."""
    library = sound_library()
    try:
        info = library.info(path)
    except (library.LibsndfileError, OSError, TypeError) as error:
        raise _unreadable(error) from error
    return SoundHeader(int(info.samplerate), int(info.channels), int(info.frames), str(info.subtype))


def _unreadable(error: Exception) -> ValueError:
    reason = str(error).rpartition(": ")[2].rstrip(".") or "it cannot be read"
    return ValueError(f"it is no sound that can be read ({reason})")


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
