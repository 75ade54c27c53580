"""How much generated clips move, compared with real ones."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, final

import torch
from torch import Tensor

from ganlab.features.base import FeatureBatch, Features, Source
from ganlab.metrics.metric import Metric, UnsuitableMetricError
from ganlab.metrics.statistics import SampleStatistics, Statistic, SumStatistic

CLIP_RANK = 4  # of one sample (time, channels, height, width)


@final
@dataclass(frozen=True)
class Movement(SumStatistic):
    """The sum over clips of the mean absolute difference of consecutive frames, in grey levels, and their number."""

    @property
    def reads(self) -> tuple[str, ...]:
        """The clips themselves."""
        return ("samples",)

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the shapes of two numbers."""
        return {"total": (), "count": ()}

    def terms(self, batch: FeatureBatch, start: int) -> dict[str, Tensor]:
        """Return the sums of a batch of clips (n, time, channels, height, width); a single frame does not move."""
        assert batch.samples is not None
        clips = batch.samples.float()
        moved = (clips[:, 1:] - clips[:, :-1]).abs().flatten(1).double()
        total = moved.mean(1).sum() if moved.shape[1] else torch.zeros((), dtype=torch.float64)
        return {"total": total, "count": torch.tensor(float(len(clips)))}


@final
class TemporalRatio(Metric):
    """Mean absolute difference of consecutive frames of generated clips, divided by that of real ones; 1 is right.

    Still clips score 0; frames that have nothing to do with each other score far above 1. It has no direction, since
    both too little and too much movement are wrong, and it says nothing of where things move. Raises
    UnsuitableMetricError if the data are no clips.
    """

    name: ClassVar[str] = "temporal_ratio"
    scores: ClassVar[dict[str, bool | None]] = {"temporal_ratio": None}

    def __init__(self, features: Features, data: Source) -> None:
        super().__init__(features, data)
        require_clips(self.name, data)
        self.movement = Movement()

    @property
    def statistics(self) -> Sequence[Statistic]:
        """Two sums."""
        return [self.movement]

    def compute(self, real: SampleStatistics, fake: SampleStatistics) -> dict[str, float]:
        """Return the ratio; raises ValueError without samples, or if the real clips do not move."""
        means = []
        for values in (real[self.movement], fake[self.movement]):
            if not values["count"]:
                raise ValueError("temporal_ratio needs at least 1 real and 1 generated clip")
            means.append(values["total"].item() / values["count"].item())
        if not means[0]:
            raise ValueError("temporal_ratio compares movements, but the real clips do not move")
        return {"temporal_ratio": means[1] / means[0]}


def require_clips(name: str, data: Source) -> None:
    """Raise UnsuitableMetricError, naming the metric, if samples are no clips (time, channels, height, width)."""
    shape = data.spec.sample
    if len(shape) != CLIP_RANK:
        raise UnsuitableMetricError(
            f"metric={name} is for clips (time, channels, height, width), but the data's samples have shape {shape}; "
            f"remove {name} from metric"
        )
