"""Error of log-mel spectrograms against the truth."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, final

from torch import Tensor

from ganlab.core.score_range import POSITIVE, ScoreRange
from ganlab.features.base import Features, Source
from ganlab.layers.mel import LogMel
from ganlab.layers.spectra import OVERLAP, default_n_fft
from ganlab.metrics.paired_sounds import PairedSoundMetric, PairedSoundStatistic, require_sounds


@final
@dataclass(frozen=True)
class LogMelError(PairedSoundStatistic):
    """Mean over frames and bands of |ln M − ln T| of the mel magnitudes of a sound and its truth."""

    settings: str  # of the spectrogram
    log_mel: LogMel = field(repr=False, compare=False)

    names: ClassVar[tuple[str, ...]] = ("log_mel_l1",)

    def compare(self, waves: Tensor, truths: Tensor) -> Mapping[str, Tensor]:
        """Return the mean error of each wave."""
        return {self.names[0]: (self.log_mel(waves) - self.log_mel(truths)).abs().flatten(1).mean(1)}


@final
class LogMelL1(PairedSoundMetric):
    """Mean absolute difference of log-mel spectrograms of sounds and their truths, in nepers; lower is better.

    One neper is 8.7 dB. What papers on vocoders call mel error depends on every setting here: `n_fft` samples per
    frame under a Hann window (None: the power of two nearest 32 ms), `hop` samples apart (None: n_fft / 4), `mels`
    bands by the mel `rule` with filters of equal areas up to half the rate, magnitudes of at least `floor`, and sounds
    continued by reflection. Raises ValueError for settings that do not fit each other, and what `PairedSoundMetric`
    raises.
    """

    name: ClassVar[str] = "log_mel_l1"
    scores: ClassVar[dict[str, bool | None]] = {"log_mel_l1": False}
    ranges: ClassVar[Mapping[str, ScoreRange]] = {"log_mel_l1": POSITIVE}

    def __init__(
        self,
        features: Features,
        data: Source,
        n_fft: int | None = None,
        hop: int | None = None,
        mels: int = 80,
        rule: str = "slaney",
        floor: float = 1e-5,
    ) -> None:
        shape = require_sounds(self.name, data)
        n_fft = n_fft or default_n_fft(shape.rate)
        log_mel = LogMel(shape.rate, n_fft, hop or n_fft // OVERLAP, mels, rule, floor=floor)
        super().__init__(features, data, log_mel.stft.margin)
        self.statistic = LogMelError(repr(log_mel.describe()), log_mel)
        self.log_mel = log_mel

    def describe(self) -> dict[str, Any]:
        """Return the shared settings, and those of the spectrogram."""
        return {**super().describe(), **self.log_mel.describe()}
