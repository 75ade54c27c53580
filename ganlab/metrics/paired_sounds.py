"""What all comparisons of generated sounds with their truths share: the rate, and a mean over sounds and channels."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor

from ganlab.features.base import FeatureBatch, Features, Source
from ganlab.features.sound_input import find_sound_shape
from ganlab.kinds import kind_of
from ganlab.layers.sound_shapes import SoundShape
from ganlab.metrics.metric import Metric, UnsuitableMetricError
from ganlab.metrics.pairs import require_pairs
from ganlab.metrics.statistics import SampleStatistics, Statistic, SumStatistic

CHUNK_VALUES = 1 << 20  # samples that are compared at once, for flat memory


@dataclass(frozen=True)
class PairedSoundStatistic(SumStatistic, ABC):
    """Sums over sounds of numbers that compare a generated wave with its truth, and how many are summed ("count").

    The numbers of a sound are the means of those of its channels.
    """

    names: ClassVar[tuple[str, ...]]  # of the numbers

    @property
    def reads(self) -> tuple[str, ...]:
        """Generated sounds and their truths."""
        return ("samples", "truth")

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the shapes of single numbers."""
        return {name: () for name in (*self.names, "count")}

    def terms(self, batch: FeatureBatch, start: int) -> dict[str, Tensor]:
        """Compare every sound with its truth; raises ValueError without truths, or if these have another shape."""
        sounds, truths = require_pairs(batch.samples, batch.truth)
        size = max(1, CHUNK_VALUES // max(1, sounds[:1].numel()))
        sums = {name: torch.zeros((), dtype=torch.float64) for name in self.names}
        for pair in zip(sounds.split(size), truths.to(sounds.device).split(size), strict=True):
            waves = [values.mT.flatten(0, 1).double() for values in pair]
            for name, numbers in self.compare(*waves).items():
                sums[name] = sums[name] + numbers.sum().cpu() / sounds.shape[2]
        return {**sums, "count": torch.tensor(float(len(sounds)))}

    @abstractmethod
    def compare(self, waves: Tensor, truths: Tensor) -> Mapping[str, Tensor]:
        """Return the numbers (n,) of waves (n, samples) by name; all are float64."""


class PairedSoundMetric(Metric, ABC):
    """Means over sounds of comparisons with the truth, one score for each of the statistic's names.

    Raises UnsuitableMetricError if the data is not paired, or if its samples are not sounds of more than `longer_than`
    samples.

    >>> from types import SimpleNamespace
    >>> from ganlab.core.interfaces import Spec
    >>> from ganlab.features import Identity
    >>> from ganlab.metrics.statistics import gather
    >>> @dataclass(frozen=True)
    ... class AbsoluteError(PairedSoundStatistic):
    ...     names = ("wave_l1",)
    ...
    ...     def compare(self, waves, truths):
    ...         return {"wave_l1": (waves - truths).abs().mean(1)}
    >>> class WaveError(PairedSoundMetric):
    ...     name = "wave_l1"
    ...     scores = {"wave_l1": False}
    ...
    ...     def __init__(self, features, data):
    ...         super().__init__(features, data)
    ...         self.statistic = AbsoluteError()
    >>> spec = Spec((8, 1), (2, 4), paired=True, kind="audio", facts={"rate": 8000})  # sounds of spectrograms
    >>> pairs = SimpleNamespace(spec=spec)
    >>> batch = FeatureBatch(torch.empty(3, 4), samples=torch.ones(3, 8, 1), truth=torch.zeros(3, 8, 1))
    >>> metric = WaveError(Identity(pairs), pairs)
    >>> metric.compute(SampleStatistics({}), SampleStatistics(gather(iter([(batch, 0)]), metric.statistics)))
    {'wave_l1': 1.0}
    """

    reference: ClassVar[str] = "none"
    needs_truth: ClassVar[bool] = True

    statistic: PairedSoundStatistic

    @abstractmethod  # the statistic is that of a subclass
    def __init__(self, features: Features, data: Source, longer_than: int = 0) -> None:
        super().__init__(features, data)
        self.shape = require_sounds(self.name, data, longer_than)

    @property
    def statistics(self) -> Sequence[Statistic]:
        """The comparison."""
        return [self.statistic]

    def compute(self, real: SampleStatistics, fake: SampleStatistics) -> dict[str, float]:
        """Return the means by name; raises ValueError without generated samples."""
        count = fake[self.statistic]["count"].item()
        if not count:
            raise ValueError(f"{self.name} needs at least 1 generated sample, got 0")
        return {name: fake[self.statistic][name].item() / count for name in self.statistic.names}

    def describe(self) -> dict[str, Any]:
        """Return the rate, and what is averaged."""
        return {"rate": self.shape.rate, "average": "of sounds and channels"}


def require_sounds(name: str, data: Source, longer_than: int = 0) -> SoundShape:
    """Return the shape of sounds; raises UnsuitableMetricError for samples of another kind, or for shorter sounds."""
    shape = find_sound_shape(data)
    if shape is None:
        raise UnsuitableMetricError(
            f"metric={name} compares sounds (samples, channels), but the data has {kind_of(data.spec).plural}; choose "
            f"data of sounds, or remove {name} from metric"
        )
    if shape.samples <= longer_than:
        raise UnsuitableMetricError(
            f"metric={name} needs sounds of more than {longer_than} samples with these settings, but the data's have "
            f"{shape.samples}; choose smaller frames or longer sounds, or remove {name} from metric"
        )
    return shape
