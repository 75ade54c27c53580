"""The classification accuracy score: what a classifier learns of real images from generated ones."""

from collections.abc import Sequence
from typing import Any, ClassVar, final

import torch
from torch import Tensor

from ganlab.features.base import Features, Source
from ganlab.features.classifier_training import RESOLUTION, accuracy, learn
from ganlab.features.resizing import standardise
from ganlab.metrics.metric import Metric, UnsuitableMetricError
from ganlab.metrics.statistics import AllValues, SampleStatistics, Statistic


@final
class AccuracyScore(Metric):
    """Accuracy on real images of a classifier that saw generated ones only (Ravuri & Vinyals 2019).

    Between 0 and 1; higher is better. The classifier is the small one of features=classifier, of 28 × 28 images, made
    anew by `steps` batches of 128 images on all generated samples with the classes they were asked for. What it lacks
    against the same trained on real images, the generator left out or got wrong. Raises ValueError for steps below 1.
    """

    name: ClassVar[str] = "accuracy_score"
    scores: ClassVar[dict[str, bool | None]] = {"classification_accuracy_score": True}
    needs_labels: ClassVar[bool] = True

    def __init__(self, features: Features, data: Source, seed: int = 0, steps: int = 500) -> None:
        super().__init__(features, data)
        if steps < 1:
            raise ValueError(f"metric.accuracy_score.steps must be at least 1, got {steps}")
        match data.spec.sample:
            case [int(), int(), int()]:
                pass
            case other:
                raise UnsuitableMetricError(
                    f"metric=accuracy_score trains a classifier of images, but the data's samples have shape {other}; "
                    "choose an image data set, or drop accuracy_score from metric"
                )
        self.classes, self.seed, self.steps = data.spec.classes, seed, steps

    @property
    def statistics(self) -> Sequence[Statistic]:
        """All images and their classes."""
        return [AllValues("samples"), AllValues("labels")]

    def compute(self, real: SampleStatistics, fake: SampleStatistics) -> dict[str, float]:
        """Return `classification_accuracy_score`; raises ValueError without real or generated samples."""
        theirs, ours = real.rows("samples"), fake.rows("samples")
        if not len(theirs) or not len(ours):
            raise ValueError(
                f"accuracy_score needs at least 1 real and 1 generated sample, got {len(theirs)} and {len(ours)}"
            )
        network = learn(_small(ours), fake.rows("labels"), self.classes, self.seed, self.steps)
        return {"classification_accuracy_score": accuracy(network, _small(theirs), real.rows("labels"))}

    def describe(self) -> dict[str, Any]:
        """Return how the classifier is trained."""
        return {"seed": self.seed, "steps": self.steps}


def _small(images: Tensor) -> Tensor:
    return torch.cat([standardise(part, part.shape[1], RESOLUTION) for part in images.split(256)])
