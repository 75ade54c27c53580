"""Short-time objective intelligibility of generated speech against its truth, by the package pystoi."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any, ClassVar, final

import torch
from torch import Tensor

from ganlab.core.score_range import ScoreRange
from ganlab.features.base import Features, Source
from ganlab.metrics.metric import UnsuitableMetricError
from ganlab.metrics.paired_sounds import PairedSoundMetric, PairedSoundStatistic
from ganlab.metrics.statistics import SampleStatistics

INNER_RATE = 10_000  # hertz, to which pystoi resamples
SEGMENT = 30 * 128 + 256  # samples at this rate of the 30 frames that one correlation takes


@final
@dataclass(frozen=True)
class Intelligibility(PairedSoundStatistic):
    """STOI of each wave with its truth, and how many truths ("defined") have enough sound for it; others count as 0."""

    rate: int

    names: ClassVar[tuple[str, ...]] = ("stoi", "defined")

    def compare(self, waves: Tensor, truths: Tensor) -> Mapping[str, Tensor]:
        """Return the correlation of each wave, on the CPU."""
        pairs = zip(waves.cpu().numpy(), truths.cpu().numpy(), strict=True)
        values = torch.tensor([self._correlate(wave, truth) for wave, truth in pairs], dtype=torch.float64)
        return {"stoi": values.nan_to_num(0.0), "defined": (~values.isnan()).double()}

    def _correlate(self, wave: Any, truth: Any) -> float:
        """Return STOI, or NaN if the truth has fewer than 30 frames that are not silent, about which pystoi warns."""
        from pystoi import stoi  # an extra

        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            value = float(stoi(truth, wave, self.rate))
        return float("nan") if any("Not enough STFT frames" in str(each.message) for each in caught) else value


@final
class STOI(PairedSoundMetric):
    """Mean short-time objective intelligibility of speech against its truth (Taal et al. 2011); higher is better.

    The mean correlation of the envelopes of 15 third-octave bands below 5 kHz over segments of 0.4 s, computed by
    pystoi: 1 for a sound with itself, about 0 for one that has nothing to do with it. It does not change with the level
    or the sign, and says nothing of sounds other than speech. Frames in which the truth is silent are left out. Truths
    with less than 0.4 s of sound have no STOI: `stoi_left_out` is their share, of which a model has no say. Raises
    UnsuitableMetricError if pystoi is not installed, if the sounds are shorter than 0.4 s, and what `PairedSoundMetric`
    raises.
    """

    name: ClassVar[str] = "stoi"
    scores: ClassVar[dict[str, bool | None]] = {"stoi": True, "stoi_left_out": None}
    ranges: ClassVar[Mapping[str, ScoreRange]] = {"stoi": (-1.0, 1.0), "stoi_left_out": (0.0, 1.0)}

    def __init__(self, features: Features, data: Source) -> None:
        super().__init__(features, data)
        needed = -(-SEGMENT * self.shape.rate // INNER_RATE)
        if self.shape.samples < needed:
            raise UnsuitableMetricError(
                f"metric=stoi needs sounds of at least {needed} samples, 0.41 s, but the data's have "
                f"{self.shape.samples}; choose longer sounds, or remove stoi from metric"
            )
        if find_spec("pystoi") is None:
            raise UnsuitableMetricError(
                "metric=stoi needs the package pystoi, which is not installed; run pip install 'ganlab[audio]', or "
                "remove stoi from metric"
            )
        self.statistic = Intelligibility(self.shape.rate)

    def compute(self, real: SampleStatistics, fake: SampleStatistics) -> dict[str, float]:
        """Return `stoi` and `stoi_left_out`; raises ValueError if no truth has enough sound."""
        means = super().compute(real, fake)
        if not means["defined"]:
            raise ValueError(
                "stoi needs truths with at least 0.4 s that is not silent, which none of these has; remove stoi from "
                "metric"
            )
        return {"stoi": means["stoi"] / means["defined"], "stoi_left_out": 1 - means["defined"]}

    def describe(self) -> dict[str, Any]:
        """Return the shared settings, and the version of pystoi."""
        return {**super().describe(), "pystoi": version("pystoi"), "extended": False}
