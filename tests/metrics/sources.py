"""Small data sets that a feature space can ask."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import torch
from torch import Tensor

from ganlab.interfaces import Batch, Spec
from ganlab.metrics import FeatureBatch


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
