"""Share of generated samples that are closer to a training sample than training samples are to each other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, final

import torch
from torch import Tensor

from ganlab.core.score_range import POSITIVE, SHARE, ScoreRange
from ganlab.features.base import FeatureBatch, Features, Source
from ganlab.metrics.metric import Metric
from ganlab.metrics.nearest import nearest
from ganlab.metrics.statistics import Accumulator, AllValues, SampleStatistics, Statistic

PROBES = 5000  # training samples whose nearest others are searched, among all of them


@final
@dataclass(frozen=True)
class Spacing(Statistic):
    """Distances from samples to the nearest other sample, as "distances": at most `PROBES`, in ascending order."""

    @property
    def reads(self) -> tuple[str, ...]:
        """The features."""
        return ("features",)

    def accumulator(self) -> Accumulator:
        """Return an accumulator without rows."""
        return _SpacingAccumulator()


@final
class Copies(Metric):
    """Share of generated samples that are closer to a training sample than training samples are to each other.

    Lower is better. A generated sample counts as a copy if its distance to the nearest training sample is at most the
    `quantile` of the distances from training samples to the nearest other one. So independent real samples score the
    `quantile`, whatever the feature space, and a generator that only returns training samples scores 1. Unlike
    authenticity, whose threshold is that of the nearest training sample, this one has the same low floor in all
    dimensions. `training_distance` is the mean distance to the nearest training sample, divided by the mean distance
    from training samples to the nearest other one: about 1 for independent real samples, 0 for copies, and above 1 for
    samples far from the data, so it has no direction. Samples of a dense region, e.g. images without details, are close
    to training samples without being copies: look at the sheet of the callback `copies`. Raises ValueError if the
    quantile is outside (0, 1).
    """

    name: ClassVar[str] = "copies"
    scores: ClassVar[dict[str, bool | None]] = {"copies": False, "training_distance": None}
    ranges: ClassVar[Mapping[str, ScoreRange]] = {"copies": SHARE, "training_distance": POSITIVE}
    reference: ClassVar[str] = "train"

    def __init__(self, features: Features, data: Source | None = None, quantile: float = 0.05) -> None:
        super().__init__(features, data)
        if not 0 < quantile < 1:
            raise ValueError(f"metric.copies.quantile must be above 0 and below 1, got {quantile}")
        self.quantile = quantile

    @property
    def statistics(self) -> Sequence[Statistic]:
        """All features."""
        return [AllValues("features")]

    @property
    def reference_statistics(self) -> Sequence[Statistic]:
        """All features, and the distances between nearest training samples."""
        return [AllValues("features"), Spacing()]

    def compute(self, real: SampleStatistics, fake: SampleStatistics) -> dict[str, float]:
        """Return the scores; raises ValueError without generated samples or if all training samples are equal."""
        generated, spacing = fake.rows("features"), real[Spacing()]["distances"]
        if not len(generated):
            raise ValueError("copies needs at least 1 generated sample, got 0")
        distance, _ = nearest(generated, real.rows("features"))
        return {
            "copies": float((distance <= copy_distance(spacing, self.quantile)).double().mean()),
            "training_distance": float(distance.mean() / mean_spacing(spacing)),
        }

    def describe(self) -> dict[str, Any]:
        """Return the quantile."""
        return {"quantile": self.quantile}


def copy_distance(spacing: Tensor, quantile: float) -> float:
    """Return the distance to a training sample up to which a sample counts as a copy; `spacing` ascends.

    The rank is rounded down, so there is always a training sample at this distance of another one.
    """
    return float(spacing[int(quantile * (len(spacing) - 1))])


def mean_spacing(spacing: Tensor) -> float:
    """Return the mean distance from training samples to the nearest other; raises ValueError if all are repeated."""
    mean = float(spacing.mean())
    if not mean:
        raise ValueError("copies needs training samples that differ, but each of them occurs more than once")
    return mean


@final
class _SpacingAccumulator(Accumulator):
    def __init__(self) -> None:
        self.rows = AllValues("features").accumulator()  # gathers the features over processes, in order

    def add(self, batch: FeatureBatch, start: int) -> None:
        self.rows.add(batch, start)

    def result(self) -> dict[str, Tensor]:
        rows = self.rows.result()["rows"]
        if len(rows) < 2:
            raise ValueError(f"copies needs at least 2 training samples, got {len(rows)}")
        distances, _ = nearest(rows[:PROBES], rows, skip=torch.arange(min(PROBES, len(rows))))
        return {"distances": distances.sort().values}
