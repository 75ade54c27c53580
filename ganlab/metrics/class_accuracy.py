"""Class accuracy: whether a conditional generator makes samples of the requested class."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, final

import torch
from torch import Tensor

from ganlab.core.score_range import SHARE, ScoreRange
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


@final
class ClassAccuracy(Metric):
    """Share of generated samples that the data set's classifier assigns to the class they were generated for.

    Between 0 and 1; higher is better, 1/classes is chance. Real samples score the accuracy of the classifier itself,
    and higher scores mean nothing more. A generator with one good sample per class scores as well as a diverse one.
    Raises UnsuitableMetricError if the classifier does not have the data's classes.
    """

    name: ClassVar[str] = "class_accuracy"
    scores: ClassVar[dict[str, bool | None]] = {"class_accuracy": True}
    ranges: ClassVar[Mapping[str, ScoreRange]] = {"class_accuracy": SHARE}
    needs_logits: ClassVar[bool] = True
    needs_labels: ClassVar[bool] = True
    reference: ClassVar[str] = "none"

    def __init__(self, features: Features, data: Source) -> None:
        super().__init__(features, data)
        if features.classes != data.spec.classes:
            raise UnsuitableMetricError(
                f"metric=class_accuracy needs a classifier of the data's {data.spec.classes} classes, "
                f"but features={features.name} has {features.classes}; "
                "choose features=classifier, or remove class_accuracy from metric"
            )
        self.hits = Hits()

    @property
    def statistics(self) -> Sequence[Statistic]:
        """Two counts."""
        return [self.hits]

    def compute(self, real: SampleStatistics, fake: SampleStatistics) -> dict[str, float]:
        """Return `class_accuracy`; raises ValueError without generated samples."""
        count = fake[self.hits]["count"].item()
        if not count:
            raise ValueError("class_accuracy needs at least 1 generated sample, got 0")
        return {"class_accuracy": fake[self.hits]["right"].item() / count}
