"""Fréchet distance of the reverse direction of a game that translates both ways."""

from collections.abc import Mapping
from typing import ClassVar, final

import torch
from torch import Tensor

from ganlab.core.interfaces import Capability
from ganlab.core.pixel_range import to_network_range
from ganlab.core.score_range import POSITIVE, ScoreRange
from ganlab.features.base import Features, quantise
from ganlab.metrics.frechet import rows_distance
from ganlab.metrics.metric import EvaluationContext, ModelMetric, UnsuitableMetricError
from ganlab.metrics.way_back import SEED, TwoDomains, device_of, require_two_domains, translate_targets


@final
class ReverseFID(ModelMetric):
    """FID of targets that were translated back against real sources, both of the split that samples are compared with.

    The feature space is that of `fid`, which is the score of the other direction. Raises UnsuitableMetricError for data
    without source images, and for sources of another number of channels than targets.
    """

    name: ClassVar[str] = "reverse_fid"
    scores: ClassVar[dict[str, bool | None]] = {"reverse_fid": False}
    ranges: ClassVar[Mapping[str, ScoreRange]] = {"reverse_fid": POSITIVE}
    requires: ClassVar[frozenset[Capability]] = frozenset({Capability.WAY_BACK})

    def __init__(self, features: Features, data: TwoDomains | None = None) -> None:
        super().__init__(features, data)
        self.data = require_two_domains(data, self.name)
        channels = [shape[0] for shape in (self.data.spec.cond, self.data.spec.sample)]  # type: ignore[index]
        if channels[0] != channels[1]:
            raise UnsuitableMetricError(
                f"metric={self.name} reads sources with the feature space of targets, but sources have {channels[0]} "
                f"channels and targets {channels[1]}; remove {self.name} from metric"
            )

    @torch.no_grad()
    def measure(self, context: EvaluationContext) -> dict[str, float]:
        """Return `reverse_fid`; raises UnsuitableMetricError if the game has no way back."""
        device = device_of(context)
        chunks = self.data.conditions(context.samples, SEED, context.held_out, context.batch_size)
        real = [self._features(context, to_network_range(chunk.cond).to(device)) for chunk in chunks]
        fake = [self._features(context, images) for images in translate_targets(context, self)]
        return {"reverse_fid": rows_distance(torch.cat(real), torch.cat(fake))}

    def _features(self, context: EvaluationContext, images: Tensor) -> Tensor:
        features: Tensor = context.features(quantise(images)).features
        return features.cpu()
