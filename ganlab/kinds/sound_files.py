"""Reading of sound files: wav, flac, ogg, opus, mp3 and aiff, all by soundfile."""

from math import gcd
from pathlib import Path
from typing import Any, NamedTuple, final

import torch
from torch import Tensor

SUFFIXES = (".wav", ".flac", ".ogg", ".opus", ".mp3", ".aiff", ".aif")
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
    """Return the module soundfile; raises ValueError, with the command that installs it, if it is absent."""
    try:
        import soundfile
    except ImportError as error:
        raise ValueError(EXTRA) from error
    return soundfile


def read_sound(path: Path) -> tuple[Tensor, int]:
    """Return float32 samples (samples, channels) and the rate in hertz of a file.

    Raises ValueError, without the path, if it is empty, broken, or a wav file that ends before its header says.
    """
    sound, rate = read_part(path)
    if not len(sound):
        raise ValueError("it holds no samples")
    missing = _missing_bytes(path)
    if missing > 1:  # an odd chunk may lack its padding
        raise ValueError(f"it is cut off: {missing:,} bytes are missing that its header announces")
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
    """Return how many bytes a RIFF file lacks of the size in its header; 0 for other files.

    A size of almost 2³¹ or 2³² is what programs write that do not know it yet, such as to a pipe.
    """
    with path.open("rb") as file:
        header = file.read(12)
    if len(header) < 12 or header[:4] != b"RIFF":
        return 0
    announced = int.from_bytes(header[4:8], "little")
    return 0 if announced >= 0x7FF00000 else max(0, announced + 8 - path.stat().st_size)


def resample(sound: Tensor, rate: int, new_rate: int) -> Tensor:
    """Return a sound (samples, channels) at another rate, by scipy's polyphase filter: a Kaiser window with beta 5.

    It has ⌈samples × new_rate / rate⌉ samples.
    """
    from scipy.signal import resample_poly  # slow to import, and most commands never resample

    if rate == new_rate:
        return sound
    common = gcd(rate, new_rate)
    result = resample_poly(sound.double().numpy(), new_rate // common, rate // common, axis=0, window=("kaiser", 5.0))
    return torch.from_numpy(result).float()
