"""Small data sets for feature spaces and metrics, and the computation of a metric's scores."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from ganlab.core.interfaces import Batch, Spec
from ganlab.features import FeatureBatch
from ganlab.metrics import Metric, SampleStatistics
from ganlab.metrics.statistics import Statistic, gather


@dataclass
class Points:
    """Points around known modes."""

    modes: Tensor = field(default_factory=lambda: torch.tensor([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0], [10.0, 10.0]]))
    sigma: float = 0.5
    width: int = 2

    @property
    def spec(self) -> Spec:
        return Spec((self.width,))


@dataclass
class Pictures:
    """Images, or clips, of two classes, of which one has a bright right half."""

    count: int = 60
    shape: tuple[int, ...] = (1, 12, 12)
    labels: Tensor | None = None
    classes_available: int = 2
    classifier: str | None = None
    times_read: int = 0

    def __post_init__(self) -> None:
        self.labels = torch.arange(self.count) % 2

    @property
    def spec(self) -> Spec:
        return Spec(self.shape)

    def fingerprint(self) -> str:
        return f"pictures of {self.count}"

    def real_samples(self) -> Iterator[Batch]:
        self.times_read += 1
        assert self.labels is not None
        noise = torch.randint(0, 100, (self.count, *self.shape), generator=torch.Generator().manual_seed(1))
        noise[self.labels == 1, ..., self.shape[-1] // 2 :] += 150
        for rows in torch.arange(self.count).split(25):
            yield Batch(noise[rows].to(torch.uint8), self.labels[rows])


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def features_of(values: Tensor) -> FeatureBatch:
    return FeatureBatch(values.float())


def gather_statistics(
    metric: Metric, batches: Sequence[FeatureBatch], statistics: Sequence[Statistic] | None = None
) -> SampleStatistics:
    """Return these statistics, or those that a metric reads of generated samples, over consecutive batches."""
    starts = [sum(len(batch.features) for batch in batches[:number]) for number in range(len(batches))]
    return SampleStatistics(gather(zip(batches, starts, strict=True), statistics or metric.statistics))


def compute_scores(
    metric: Metric, real: FeatureBatch | Tensor | None, fake: FeatureBatch | Tensor, chunk: int = 97
) -> dict:
    """Return a metric's scores for features, or for whole feature batches, given in chunks; `real` may be missing."""
    read = metric.reference_statistics
    real_statistics = SampleStatistics({}) if real is None else gather_statistics(metric, _chunks(real, chunk), read)
    return metric.compute(real_statistics, gather_statistics(metric, _chunks(fake, chunk)))


def _chunks(values: FeatureBatch | Tensor, chunk: int) -> list[FeatureBatch]:
    batch = values if isinstance(values, FeatureBatch) else features_of(values)
    count = len(batch.features.split(chunk))
    chunks = [[None] * count if field is None else field.split(chunk) for field in batch]
    return [FeatureBatch(*fields) for fields in zip(*chunks, strict=True)]
