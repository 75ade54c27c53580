"""Difference of an image and what a game of two directions makes of its translation."""

from collections.abc import Mapping
from typing import Any, ClassVar, final

import torch

from ganlab.core.interfaces import Capability
from ganlab.core.score_range import POSITIVE, ScoreRange
from ganlab.features.base import Features
from ganlab.metrics.metric import EvaluationContext, ModelMetric
from ganlab.metrics.way_back import TwoDomains, require_two_domains, translate_sources


@final
class CycleError(ModelMetric):
    """Mean absolute difference of a source image and its way to the target domain and back, for pixels in [0, 1].

    0 is best and says only that nothing was lost, not that the translation is good: the identity map has 0, and
    networks may hide a source in a translation that does not show it (Chu et al. 2017). The sources are those of the
    split that generated samples are compared with. Raises UnsuitableMetricError for data without source images.
    """

    name: ClassVar[str] = "cycle_error"
    scores: ClassVar[dict[str, bool | None]] = {"cycle_error": False}
    ranges: ClassVar[Mapping[str, ScoreRange]] = {"cycle_error": POSITIVE}
    requires: ClassVar[frozenset[Capability]] = frozenset({Capability.WAY_BACK})

    def __init__(self, features: Features, data: TwoDomains | None = None) -> None:
        super().__init__(features, data)
        self.data = require_two_domains(data, self.name)

    def describe(self) -> dict[str, Any]:
        """Return the range of pixels."""
        return {"pixels": "0 to 1"}

    @torch.no_grad()
    def measure(self, context: EvaluationContext) -> dict[str, float]:
        """Return `cycle_error`; raises UnsuitableMetricError if the game has no way back."""
        total, count = 0.0, 0
        for source, returned in translate_sources(context, self.data, self):
            total += float((source - returned).abs().double().flatten(1).mean(1).sum()) / 2  # from [−1, 1] to [0, 1]
            count += len(source)
        return {"cycle_error": total / count}
