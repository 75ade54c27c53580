"""Classification accuracy score: accuracy on real images of a classifier trained on generated ones."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, final

import torch
from torch import Tensor

from ganlab.core.score_range import SHARE, ScoreRange
from ganlab.features.base import Features, Source
from ganlab.features.classifier_training import accuracy, fit_classifier
from ganlab.features.image_recipe import RESOLUTION, ImageRecipe
from ganlab.features.resizing import standardise
from ganlab.metrics.metric import Metric, UnsuitableMetricError
from ganlab.metrics.statistics import AllValues, SampleStatistics, Statistic


@final
class AccuracyScore(Metric):
    """Accuracy on real images of a classifier trained on generated images only (Ravuri & Vinyals 2019).

    Between 0 and 1; higher is better. The classifier is the small one of features=classifier, for 28 × 28 images. It is
    trained from scratch for `steps` batches of 128 images, on all generated samples with the classes they were
    generated for. The gap to the same classifier trained on real images is what the generator misses or gets wrong.
    Raises ValueError if steps is below 1, and UnsuitableMetricError if the samples are not images.
    """

    name: ClassVar[str] = "accuracy_score"
    scores: ClassVar[dict[str, bool | None]] = {"classification_accuracy_score": True}
    ranges: ClassVar[Mapping[str, ScoreRange]] = {"classification_accuracy_score": SHARE}
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
                    "choose an image data set, or remove accuracy_score from metric"
                )
        self.classes, self.seed, self.steps = data.spec.classes, seed, steps

    @property
    def statistics(self) -> Sequence[Statistic]:
        """All images and their classes."""
        return [AllValues("samples"), AllValues("labels")]

    def compute(self, real: SampleStatistics, fake: SampleStatistics) -> dict[str, float]:
        """Return `classification_accuracy_score`; raises ValueError without real or generated samples."""
        real_images, fake_images = real.rows("samples"), fake.rows("samples")
        if not len(real_images) or not len(fake_images):
            raise ValueError(
                f"accuracy_score needs at least 1 real and 1 generated sample, "
                f"got {len(real_images)} and {len(fake_images)}"
            )
        network = fit_classifier(
            ImageRecipe(), _resize(fake_images), fake.rows("labels"), self.classes, self.seed, self.steps
        )
        return {"classification_accuracy_score": accuracy(network, _resize(real_images), real.rows("labels"))}

    def describe(self) -> dict[str, Any]:
        """Return the classifier's seed and number of training steps."""
        return {"seed": self.seed, "steps": self.steps}


def _resize(images: Tensor) -> Tensor:
    return torch.cat([standardise(block, block.shape[1], RESOLUTION) for block in images.split(256)])
