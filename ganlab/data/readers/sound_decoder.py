"""`SoundDecoder`, from a sound file to samples of one rate and one number of channels."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import final

import torch
from torch import Tensor

from ganlab.data.readers.sound_facts import SILENT, SoundFacts, measure_sound
from ganlab.kinds.audio import to_pcm16
from ganlab.kinds.resampling import margin, ratio, resample
from ganlab.kinds.sound_files import read_part, read_sound

PEAK = 0.95  # of full scale, after normalisation
RATES = (1_000, 384_000)  # hertz


def _no_gain(sound: Tensor) -> float:
    return 1.0


def _gain_to_peak(sound: Tensor) -> float:
    peak = float(sound.abs().max())
    return PEAK / peak if peak >= SILENT else 1.0  # the noise of silence is not amplified


NORMALISATIONS: Mapping[str, Callable[[Tensor], float]] = {"none": _no_gain, "peak": _gain_to_peak}


@final
@dataclass(frozen=True)
class Placement:
    """Where a decoded sound begins in its resampled file, in samples, the factor of its values, and the file's rate."""

    skipped: int
    gain: float
    rate: int


@final
@dataclass(frozen=True)
class DecodedSound:
    """The samples of a whole file, int16 of shape (length, channels), and what was found out about it."""

    samples: Tensor
    placement: Placement
    facts: SoundFacts


@final
@dataclass(frozen=True)
class SoundDecoder:
    """Decodes files of any rate to `rate` hertz and `channels` channels, in 16 bits.

    One channel is the mean of those of the file; two are those of a stereo file, or a mono file twice. `trim` removes
    what comes before the first sample above so many decibels of the sound's highest amplitude (None: nothing).
    `normalise` "peak" scales every sound that is not silent to a highest amplitude of 0.95. Values outside of [−1, 1]
    are cut off. Raises ValueError for settings out of range.
    """

    rate: int
    channels: int = 1
    trim: float | None = None
    normalise: str = "none"

    def __post_init__(self) -> None:
        if not RATES[0] <= self.rate <= RATES[1]:
            raise ValueError(f"rate must be from {RATES[0]:,} to {RATES[1]:,} hertz, got {self.rate}")
        if self.channels not in (1, 2):
            raise ValueError(f"channels must be 1 (mono) or 2 (stereo), got {self.channels}")
        if self.trim is not None and not -120 <= self.trim < 0:
            raise ValueError(f"trim must be null, or decibels from -120 to below 0, got {self.trim:g}")
        if self.normalise not in NORMALISATIONS:
            raise ValueError(f"normalise must be one of {', '.join(NORMALISATIONS)}, got {self.normalise!r}")

    def decode(self, path: Path) -> DecodedSound:
        """Decode a whole file; raises ValueError, without the path, if it is no sound, empty or cut off."""
        original, header = read_sound(path)
        if not original.isfinite().all():
            raise ValueError("it holds values that are no numbers")
        facts = measure_sound(header, original)
        samples, placement = self.convert(original, header.rate)
        return DecodedSound(samples, placement, facts)

    def convert(self, original: Tensor, rate: int) -> tuple[Tensor, Placement]:
        """Return a float32 sound (samples, channels) of any rate as int16, and its placement; raises ValueError."""
        sound = resample(self._mix(original), rate, self.rate)
        skipped = self._silent_start(sound)
        sound = sound[skipped:]
        placement = Placement(skipped, NORMALISATIONS[self.normalise](sound), rate)
        return _quantise(sound, placement), placement

    def decode_part(self, path: Path, placement: Placement, start: int, count: int) -> Tensor:
        """Decode the samples from `start` on, at most `count`, as `decode` would, but only as much as that needs.

        Raises ValueError, without the path, if that is impossible, or if the file has another rate than before.
        """
        rate = placement.rate
        up, down = ratio(rate, self.rate)
        first = placement.skipped + start
        # The part begins at a time that both rates have, so that it is resampled as in the whole file.
        begin = max(0, first * down // up - margin(rate, self.rate)) // down * down
        end = -(-(first + count) * down // up) + margin(rate, self.rate)
        original, found = read_part(path, begin, end)
        if found != rate:
            raise ValueError(f"its rate was {rate} Hz, and has become {found} Hz")
        sound = resample(self._mix(original), rate, self.rate)[first - begin // down * up :][:count]
        return _quantise(sound, placement)

    def _mix(self, sound: Tensor) -> Tensor:
        channels = sound.shape[1]
        if self.channels == 1:
            return sound.mean(1, keepdim=True)
        if channels > 2:
            raise ValueError(f"it has {channels} channels, of which two cannot be chosen; set data.channels=1")
        return sound.expand(-1, 2)

    def _silent_start(self, sound: Tensor) -> int:
        peak = float(sound.abs().max())
        if self.trim is None or peak < SILENT:
            return 0
        return int((sound.abs().amax(1) >= peak * math.pow(10, self.trim / 20)).nonzero()[0, 0])


def _quantise(sound: Tensor, placement: Placement) -> Tensor:
    return torch.from_numpy(to_pcm16(sound.double().numpy() * placement.gain).astype("int16"))
