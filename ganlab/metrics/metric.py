"""What a metric is, and the sums that most metrics keep."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar, final

import torch
import torchmetrics
from torch import Tensor

from ganlab.metrics.features import FeatureBatch, Features, Source


class Unsuitable(ValueError):
    """A metric that means nothing for this data or in this feature space."""


class Metric(ABC):
    """A score of generated samples in one feature space; it gathers batches, then computes named numbers.

    Among several processes every one must update and compute: `compute` adds up their statistics. Raises ValueError
    for a feature space that the metric cannot read.
    """

    name: ClassVar[str]
    needs_logits: ClassVar[bool] = False
    needs_real: ClassVar[bool] = True
    higher_is_better: ClassVar[bool] = False

    def __init__(self, features: Features, data: Source | None = None) -> None:
        self.check(features)

    def check(self, features: Features) -> None:
        """Raise ValueError where the feature space does not give what the metric needs."""
        if self.needs_logits and not features.classes:
            raise Unsuitable(
                f"metric={self.name} needs class probabilities, which features={features.name} does not give; "
                f"choose features=classifier or features=inception, or drop {self.name} from metric"
            )

    @abstractmethod
    def update(self, features: FeatureBatch, real: bool) -> None:
        """Take in the features of a batch of real or generated samples."""

    @abstractmethod
    def compute(self) -> dict[str, float]:
        """Return the scores by their names in score files; raises ValueError where there are too few samples."""

    @abstractmethod
    def reset(self) -> None:
        """Forget all samples."""

    def describe(self) -> dict[str, Any]:
        """Return the settings that a score must share with another to be comparable."""
        return {}


@final
class Sums(torchmetrics.Metric):
    """Named float64 sums that add up over batches and, when computed, over processes."""

    full_state_update = False

    def __init__(self, **shapes: tuple[int, ...]) -> None:
        super().__init__()
        self.shapes = shapes
        for name, shape in shapes.items():
            self.add_state(name, torch.zeros(shape, dtype=torch.float64), dist_reduce_fx="sum")

    def total(self, name: str) -> Tensor:
        """Return one sum as this process knows it."""
        return getattr(self, name)

    def update(self, **terms: Tensor) -> None:
        """Add one term to each of the named sums."""
        for name, term in terms.items():
            self.total(name).add_(term)

    def compute(self) -> dict[str, Tensor]:
        """Return the sums; torchmetrics squeezes those of one element."""
        return {name: self.total(name) for name in self.shapes}

    def result(self) -> dict[str, Tensor]:
        """Return the sums over all processes, on the CPU and in their shapes."""
        return {name: value.cpu().reshape(self.shapes[name]) for name, value in self.compute().items()}
