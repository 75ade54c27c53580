"""The share of samples that a classifier assigns to their class, which two metrics compute for other data."""

from abc import ABC
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, final

import torch
from torch import Tensor

from ganlab.features.base import FeatureBatch, Features, Source
from ganlab.metrics.metric import Metric, UnsuitableMetricError
from ganlab.metrics.statistics import SampleStatistics, Statistic, SumStatistic


@final
@dataclass(frozen=True)
class Hits(SumStatistic):
    """Number of samples ("count") and of those whose most probable class is their label ("right")."""

    @property
    def reads(self) -> tuple[str, ...]:
        """Predicted and requested classes."""
        return ("logits", "labels")

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the shapes of two numbers."""
        return {"right": (), "count": ()}

    def terms(self, batch: FeatureBatch, start: int) -> dict[str, Tensor]:
        """Compare the most probable class with the label; raises ValueError for samples without labels."""
        assert batch.logits is not None
        if batch.labels is None:
            raise ValueError("the share of right classes needs the class of each sample, but these samples have none")
        right = batch.logits.argmax(1) == batch.labels.to(batch.logits.device)
        return {"right": right.double().sum(), "count": torch.tensor(float(len(right)))}


class ClassShare(Metric, ABC):
    """Share of generated samples that the feature space's classifier assigns to their class, as the score `name`.

    A subclass finds out how many classes the data have:

    >>> class Right(ClassShare):
    ...     name, scores = "right", {"right": True}
    ...
    ...     def __init__(self, features, data):
    ...         super().__init__(features, data, classes=10)

    Raises UnsuitableMetricError if the classifier has another number of classes.
    """

    needs_logits: ClassVar[bool] = True
    reference: ClassVar[str] = "none"

    def __init__(self, features: Features, data: Source, classes: int) -> None:
        super().__init__(features, data)
        if features.classes != classes:
            raise UnsuitableMetricError(
                f"metric={self.name} needs a classifier of the data's {classes} classes, but "
                f"features={features.name} has {features.classes}; choose features=classifier, or "
                f"features=sound_classifier for sounds, or remove {self.name} from metric"
            )
        self.hits = Hits()

    @property
    def statistics(self) -> Sequence[Statistic]:
        """Two counts."""
        return [self.hits]

    def compute(self, real: SampleStatistics, fake: SampleStatistics) -> dict[str, float]:
        """Return the share; raises ValueError without generated samples."""
        count = fake[self.hits]["count"].item()
        if not count:
            raise ValueError(f"{self.name} needs at least 1 generated sample, got 0")
        return {self.name: fake[self.hits]["right"].item() / count}
