"""The inception score, for any classifier."""

from typing import Any, ClassVar, final

import torch
from torch import Tensor

from ganlab.metrics.features import FeatureBatch, Features, Source
from ganlab.metrics.metric import Metric, Sums


@final
class InceptionScore(Metric):
    """exp E KL(p(y|x) ‖ p(y)) of generated samples, over `splits` parts (Salimans et al. 2016, section 4).

    Sample i belongs to part i mod splits, so nothing is drawn and nothing but sums is kept. Between 1 and the number of
    classes; higher is better. Raises ValueError for splits below 1.
    """

    name: ClassVar[str] = "inception_score"
    needs_logits: ClassVar[bool] = True
    needs_real: ClassVar[bool] = False
    higher_is_better: ClassVar[bool] = True

    def __init__(self, features: Features, data: Source | None = None, splits: int = 10) -> None:
        super().__init__(features, data)
        if splits < 1:
            raise ValueError(f"metric.inception_score.splits must be at least 1, got {splits}")
        self.splits = splits
        self._sums = Sums(probability=(splits, features.classes), negentropy=(splits,), count=(splits,))

    def update(self, features: FeatureBatch, real: bool) -> None:
        """Add a batch of generated samples; real ones do not count."""
        if real or features.logits is None:
            return
        log_probability = features.logits.double().log_softmax(1)
        probability = log_probability.exp()
        sums = self._sums.to(probability.device)
        seen = int(sums.total("count").sum())
        part = torch.arange(seen, seen + len(probability), device=probability.device) % self.splits
        sums.update(
            probability=_by_part(probability, part, self.splits),
            negentropy=_by_part((probability * log_probability).sum(1), part, self.splits),
            count=torch.bincount(part, minlength=self.splits),
        )

    def compute(self) -> dict[str, float]:
        """Return `inception_score` and `inception_score_std`; raises ValueError for fewer samples than splits."""
        sums = self._sums.result()
        count = sums["count"]
        if count.min() < 1:
            raise ValueError(
                f"inception_score needs at least one generated sample for each of its {self.splits} splits, "
                f"got {int(count.sum())} samples; lower metric.inception_score.splits"
            )
        marginal = sums["probability"] / count[:, None]
        scores = (sums["negentropy"] / count - torch.xlogy(marginal, marginal).sum(1)).exp()
        deviation = scores.std(correction=0).item()
        return {"inception_score": scores.mean().item(), "inception_score_std": deviation}

    def reset(self) -> None:
        """Forget all samples."""
        self._sums.reset()

    def describe(self) -> dict[str, Any]:
        """Return the number of splits."""
        return {"splits": self.splits}


def _by_part(values: Tensor, part: Tensor, parts: int) -> Tensor:
    # A product with indicators: index_add_ would be nondeterministic on a GPU.
    indicator = torch.nn.functional.one_hot(part, parts).to(values.dtype)
    return indicator.T @ values
