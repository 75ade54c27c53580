"""What feature spaces and metrics of sound read: the rate and the shape of sounds, and their log-mel spectrograms."""

import math
from typing import NamedTuple, final

from torch import Tensor

from ganlab.features.base import Source
from ganlab.kinds import kind_of
from ganlab.kinds.audio import AudioKind
from ganlab.layers.mel import LogMel

WINDOW_SECONDS = 0.032  # of a default frame, rounded to a power of two: 256 samples at 8 kHz, 512 at 16 kHz
OVERLAP = 4  # default frames that cover a sample


@final
class SoundShape(NamedTuple):
    """The rate of sounds in samples per second, and their samples and channels."""

    rate: int
    samples: int
    channels: int


def find_sound_shape(data: Source) -> SoundShape | None:
    """Return rate, samples and channels of a data set of sounds, or None for data of another kind."""
    match kind_of(data.spec), data.spec.sample:
        case AudioKind(rate=rate), [int() as samples, int() as channels]:
            return SoundShape(rate, samples, channels)
    return None


def require_sound_shape(data: Source, name: str) -> SoundShape:
    """Return rate, samples and channels; raises ValueError if the feature space `name` cannot read the samples."""
    shape = find_sound_shape(data)
    if shape is None:
        raise ValueError(
            f"features={name} reads sounds (samples, channels), but the data has {kind_of(data.spec).plural}; choose "
            "features=auto"
        )
    return shape


def default_n_fft(rate: int) -> int:
    """Return the power of two that is nearest to 32 ms of samples."""
    return int(2 ** round(math.log2(rate * WINDOW_SECONDS)))


def build_log_mel(shape: SoundShape, n_fft: int | None, hop: int | None, mels: int, rule: str, floor: float) -> LogMel:
    """Return the log-mel spectrogram of sounds; n_fft None is 32 ms, and hop None a quarter of n_fft.

    Raises ValueError for settings that do not fit the sounds or each other.
    """
    n_fft = n_fft or default_n_fft(shape.rate)
    log_mel = LogMel(shape.rate, n_fft, hop or n_fft // OVERLAP, mels, rule, floor=floor)
    if shape.samples <= log_mel.stft.margin:
        raise ValueError(
            f"features.n_fft={n_fft} needs sounds of more than {log_mel.stft.margin} samples, but the data's have "
            f"{shape.samples}; choose a smaller n_fft"
        )
    return log_mel


def channel_spectrograms(log_mel: LogMel, sounds: Tensor) -> Tensor:
    """Return log-mel spectrograms (n, channels, frames, mels) of sounds (n, samples, channels)."""
    spectrograms = log_mel(sounds.mT.flatten(0, 1).float())
    return spectrograms.unflatten(0, (len(sounds), sounds.shape[2]))
