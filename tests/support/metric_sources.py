"""Small data sets that a feature space can ask."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from ganlab.core.interfaces import Batch, Spec
from ganlab.features import FeatureBatch
from ganlab.metrics import Metric, SampleStatistics
from ganlab.metrics.statistics import gather


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
    """Images of two classes, told apart by the bright half."""

    count: int = 60
    shape: tuple[int, int, int] = (1, 12, 12)
    labels: Tensor | None = None
    classes_available: int = 2
    classifier: str | None = None
    asked: int = 0

    def __post_init__(self) -> None:
        self.labels = torch.arange(self.count) % 2

    @property
    def spec(self) -> Spec:
        return Spec(self.shape)

    def fingerprint(self) -> str:
        return f"pictures of {self.count}"

    def reals(self) -> Iterator[Batch]:
        self.asked += 1
        assert self.labels is not None
        noise = torch.randint(0, 100, (self.count, *self.shape), generator=torch.Generator().manual_seed(1))
        noise[self.labels == 1, :, :, self.shape[2] // 2 :] += 150
        for part in torch.arange(self.count).split(25):
            yield Batch(noise[part].to(torch.uint8), self.labels[part])


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def features_of(values: Tensor) -> FeatureBatch:
    return FeatureBatch(values.float())


def side(metric: Metric, batches: Sequence[FeatureBatch]) -> SampleStatistics:
    """Gather what a metric reads of batches that follow one another."""
    starts = [sum(len(each.features) for each in batches[:number]) for number in range(len(batches))]
    return SampleStatistics(gather(zip(batches, starts, strict=True), metric.statistics))


def scored(metric: Metric, real: FeatureBatch | Tensor | None, fake: FeatureBatch | Tensor, chunk: int = 97) -> dict:
    """Return a metric's scores of features, or of whole feature batches, passed to it in chunks."""
    empty = SampleStatistics({})
    return metric.compute(
        empty if real is None else side(metric, _chunks(real, chunk)), side(metric, _chunks(fake, chunk))
    )


def _chunks(values: FeatureBatch | Tensor, chunk: int) -> list[FeatureBatch]:
    batch = values if isinstance(values, FeatureBatch) else features_of(values)
    parts = [[None] * len(batch.features.split(chunk)) if each is None else each.split(chunk) for each in batch]
    return [FeatureBatch(*fields) for fields in zip(*parts, strict=True)]
