"""Classification accuracy score: accuracy on real samples of a classifier trained on generated ones."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, final

import torch
from torch import Tensor

from ganlab.core.score_range import SHARE, ScoreRange
from ganlab.features.base import Features, Source
from ganlab.features.classifier_training import accuracy, fit_classifier
from ganlab.features.recipes import find_recipe
from ganlab.kinds import kind_of
from ganlab.metrics.metric import Metric, UnsuitableMetricError
from ganlab.metrics.statistics import AllValues, SampleStatistics, Statistic


@final
class AccuracyScore(Metric):
    """Accuracy on real samples of a classifier trained on generated samples only (Ravuri & Vinyals 2019).

    Between 0 and 1; higher is better. The classifier is the small one of features=classifier, for 28 × 28 images, or of
    features=sound_classifier. It is trained from scratch for `steps` batches of 128 images or 64 sounds, on all
    generated samples with the classes they were generated for. The gap to the same classifier trained on real samples
    is what the generator misses or gets wrong. Raises ValueError if steps is below 1, and UnsuitableMetricError if the
    samples are neither images nor sounds.
    """

    name: ClassVar[str] = "accuracy_score"
    scores: ClassVar[dict[str, bool | None]] = {"classification_accuracy_score": True}
    ranges: ClassVar[Mapping[str, ScoreRange]] = {"classification_accuracy_score": SHARE}
    needs_labels: ClassVar[bool] = True

    def __init__(self, features: Features, data: Source, seed: int = 0, steps: int = 500) -> None:
        super().__init__(features, data)
        if steps < 1:
            raise ValueError(f"metric.accuracy_score.steps must be at least 1, got {steps}")
        recipe = find_recipe(data)
        if recipe is None:
            raise UnsuitableMetricError(
                f"metric=accuracy_score trains a classifier of images or sounds, but the data has "
                f"{kind_of(data.spec).plural}; choose other data, or remove accuracy_score from metric"
            )
        self.recipe = recipe
        self.classes, self.seed, self.steps = data.spec.classes, seed, steps

    @property
    def statistics(self) -> Sequence[Statistic]:
        """All samples and their classes."""
        return [AllValues("samples"), AllValues("labels")]

    def compute(self, real: SampleStatistics, fake: SampleStatistics) -> dict[str, float]:
        """Return `classification_accuracy_score`; raises ValueError without real or generated samples."""
        real_samples, fake_samples = real.rows("samples"), fake.rows("samples")
        if not len(real_samples) or not len(fake_samples):
            raise ValueError(
                f"accuracy_score needs at least 1 real and 1 generated sample, "
                f"got {len(real_samples)} and {len(fake_samples)}"
            )
        labels = fake.rows("labels")
        network = fit_classifier(self.recipe, self._inputs(fake_samples), labels, self.classes, self.seed, self.steps)
        return {"classification_accuracy_score": accuracy(network, self._inputs(real_samples), real.rows("labels"))}

    def _inputs(self, samples: Tensor) -> Tensor:
        return torch.cat([self.recipe.inputs(block) for block in samples.split(256)])

    def describe(self) -> dict[str, Any]:
        """Return the classifier's seed, number of training steps, and what its recipe says of its inputs."""
        return {"seed": self.seed, "steps": self.steps, **self.recipe.facts}
