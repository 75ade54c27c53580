"""What feature spaces and metrics of sound read: the rate and the shape of sounds, and their log-mel spectrograms."""

from torch import Tensor

from ganlab.features.base import Source
from ganlab.kinds import kind_of
from ganlab.layers.mel import LogMel
from ganlab.layers.sound_shapes import SoundShape, find_sound
from ganlab.layers.spectra import OVERLAP, default_n_fft

MELS, RULE, FLOOR = 40, "slaney", 1e-4  # defaults of spectrograms


def find_sound_shape(data: Source) -> SoundShape | None:
    """Return samples, channels and rate of a data set of sounds, or None for data of another kind.

    Raises ValueError for facts that do not describe the kind.
    """
    kind_of(data.spec)
    return find_sound(data.spec)


def require_sound_shape(data: Source, name: str) -> SoundShape:
    """Return samples, channels and rate; raises ValueError if the feature space `name` cannot read the samples."""
    shape = find_sound_shape(data)
    if shape is None:
        raise ValueError(
            f"features={name} reads sounds (samples, channels), but the data has {kind_of(data.spec).plural}; choose "
            "features=auto"
        )
    return shape


def build_log_mel(
    shape: SoundShape,
    n_fft: int | None = None,
    hop: int | None = None,
    mels: int = MELS,
    rule: str = RULE,
    floor: float = FLOOR,
) -> LogMel:
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
