"""Inception score, for any feature space with class logits."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, final

import torch
import torchmetrics.image.inception
from torch import Tensor

from ganlab.core import private_api
from ganlab.core.score_range import POSITIVE, ScoreRange
from ganlab.features.base import FeatureBatch, Features, Source
from ganlab.metrics.metric import Metric
from ganlab.metrics.statistics import SampleStatistics, Statistic, StatisticValues, SumStatistic
from ganlab.metrics.torchmetrics_adapter.given_features import GivenFeatures


@final
@dataclass(frozen=True)
class Entropies(SumStatistic):
    """Sums of p(y|x), of Σ p log p and of ones, for each of `splits` splits; sample i belongs to split i mod splits."""

    splits: int
    classes: int

    @property
    def reads(self) -> tuple[str, ...]:
        """The class logits."""
        return ("logits",)

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the shape of every sum."""
        return {"probability": (self.splits, self.classes), "negentropy": (self.splits,), "count": (self.splits,)}

    def terms(self, batch: FeatureBatch, start: int) -> dict[str, Tensor]:
        """Return the sums over each split, in float64 because probabilities underflow in half precision."""
        assert batch.logits is not None
        log_probability = batch.logits.double().log_softmax(1)
        probability = log_probability.exp()
        split = torch.arange(start, start + len(probability), device=probability.device) % self.splits
        # A matrix product with indicators, because index_add_ is nondeterministic on a GPU.
        indicator = torch.nn.functional.one_hot(split, self.splits).to(probability.dtype)
        return {
            "probability": indicator.T @ probability,
            "negentropy": indicator.T @ (probability * log_probability).sum(1),
            "count": indicator.sum(0),
        }


@final
class SummedInceptionScore(torchmetrics.image.inception.InceptionScore):
    """torchmetrics' InceptionScore of the sums of `Entropies`.

    Its parent keeps the logits of all samples, and shuffles them into splits by torch's default random numbers, which
    training uses, too. Scores of one split are equal; the deviation over several is that of torch-fidelity, with the
    number of splits as denominator.
    """

    probability: Tensor
    negentropy: Tensor
    count: Tensor

    def __init__(self, sums: StatisticValues) -> None:
        splits, classes = sums["probability"].shape
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # about the memory for all logits
            super().__init__(feature=GivenFeatures(classes), splits=splits, sync_on_compute=False)
        for name in ("probability", "negentropy", "count"):
            self.add_state(name, torch.zeros_like(sums[name]), dist_reduce_fx="sum")
            setattr(self, name, sums[name])
        private_api.mark_metric_updated(self)

    def compute(self) -> tuple[Tensor, Tensor]:
        """Return mean and standard deviation over the splits."""
        marginal = self.probability / self.count[:, None]
        scores = (self.negentropy / self.count - torch.xlogy(marginal, marginal).sum(1)).exp()
        return scores.mean(), scores.std(correction=0)


@final
class InceptionScore(Metric):
    """exp E KL(p(y|x) ‖ p(y)) of generated samples, averaged over `splits` splits (Salimans et al. 2016, section 4).

    Sample i belongs to split i mod splits, so nothing is random and only sums are stored. Between 1 and the number of
    classes; higher is better. `inception_score_std` is the standard deviation over splits. Raises ValueError if
    `splits` is below 1.
    """

    name: ClassVar[str] = "inception_score"
    scores: ClassVar[dict[str, bool | None]] = {"inception_score": True, "inception_score_std": None}
    ranges: ClassVar[Mapping[str, ScoreRange]] = {"inception_score": (1.0, None), "inception_score_std": POSITIVE}
    needs_logits: ClassVar[bool] = True
    reference: ClassVar[str] = "none"

    def __init__(self, features: Features, data: Source | None = None, splits: int = 10) -> None:
        super().__init__(features, data)
        if splits < 1:
            raise ValueError(f"metric.inception_score.splits must be at least 1, got {splits}")
        self.splits = splits
        self.needed_generated_samples = max(2, splits)
        self.entropies = Entropies(splits, features.classes)

    @property
    def statistics(self) -> Sequence[Statistic]:
        """Sums for each split."""
        return [self.entropies]

    def compute(self, real: SampleStatistics, fake: SampleStatistics) -> dict[str, float]:
        """Return `inception_score` and `inception_score_std`; raises ValueError for fewer samples than splits."""
        sums = fake[self.entropies]
        count = sums["count"]
        if count.min() < 1:
            raise ValueError(
                f"inception_score needs at least one generated sample for each of its {self.splits} splits, "
                f"got {int(count.sum())} samples; lower metric.inception_score.splits"
            )
        mean, deviation = SummedInceptionScore(sums).compute()
        return {"inception_score": mean.item(), "inception_score_std": deviation.item()}

    def describe(self) -> dict[str, Any]:
        """Return the number of splits."""
        return {"splits": self.splits}
