"""What the adversary added to a generator that was pre-trained by maximum likelihood, or cost it."""

import math
from collections.abc import Callable, Iterable, Mapping
from statistics import fmean, stdev
from typing import Any, ClassVar, final

import torch
from torch import Tensor, nn

from ganlab.core.interfaces import Batch, Capability
from ganlab.core.random import derive
from ganlab.features.base import Features, Source
from ganlab.games.sampler import Sampler
from ganlab.layers.tokens import to_tokens
from ganlab.metrics.metric import BaseMetric, EvaluationContext, Metric, ModelMetric
from ganlab.metrics.statistics import SampleStatistics
from ganlab.metrics.tokens import Tokens, require_tokens

Factory = Callable[[Features, Any], BaseMetric]


@final
class AdversaryGain(ModelMetric):
    """Scores of the generator minus those of the same run's generator at the end of its pre-training.

    For each SCORE of `metrics`, SCORE_likelihood is that of the pre-trained generator and SCORE_gain the difference,
    with SCORE_gain_standard_error. Both are means over `repeats` sets of samples; the two generators draw the samples
    of a set from the same latents. The difference is negative if the adversary lowered the score, be that good or bad.
    A run without pre-training, or before its end, has none of these scores. Raises UnsuitableMetricError if the
    data are no sequences of symbols, and ValueError for fewer than 2 repeats, or for a metric of anything else.
    """

    name: ClassVar[str] = "adversary_gain"
    scores: ClassVar[dict[str, bool | None]] = {}  # those of an instance depend on its metrics
    requires: ClassVar[frozenset[Capability]] = frozenset({Capability.PRETRAINED})

    def __init__(self, features: Features, data: Source, metrics: Mapping[str, Factory], repeats: int = 4) -> None:
        super().__init__(features, data)
        require_tokens(self.name, data)
        if repeats < 2:
            raise ValueError(f"repeats must be at least 2, got {repeats}")
        self.data, self.repeats, self.metrics = data, repeats, dict[str, Metric]()
        for name, factory in metrics.items():
            metric = factory(features, data)
            if not isinstance(metric, Metric) or list(metric.statistics) != [Tokens()]:
                raise ValueError(f"metrics.{name} must be a metric of sequences alone, got {type(metric).__name__}")
            self.metrics[name] = metric
        known = {score: better for metric in self.metrics.values() for score, better in metric.scores.items()}
        self.scores = {  # type: ignore[misc]
            **{f"{score}_likelihood": better for score, better in known.items()},
            **{f"{score}_gain": better for score, better in known.items()},
            **{f"{score}_gain_standard_error": None for score in known},
        }

    def measure(self, context: EvaluationContext) -> dict[str, float]:
        """Return the scores; none if the game keeps no pre-trained generator yet."""
        game: Any = context.game
        if not 0 < game.pretraining_steps <= context.step:
            return {}
        splits = {"held_out": context.held_out, "train": "train"}
        needed = {metric.reference for metric in self.metrics.values()} & splits.keys()
        real = {name: _statistics(context.real_batches(splits[name], 0)) for name in sorted(needed)}
        seeds = [derive(context.seed, self.name, number) for number in range(self.repeats)]
        before, after = (
            [self._score(real, _generate(context, network, seed)) for seed in seeds]
            for network in (game.pretrained, context.generator)
        )
        scores = {}
        for score in before[0]:
            differences = [late[score] - early[score] for early, late in zip(before, after, strict=True)]
            scores[f"{score}_likelihood"] = fmean(early[score] for early in before)
            scores[f"{score}_gain"] = fmean(differences)
            scores[f"{score}_gain_standard_error"] = stdev(differences) / math.sqrt(self.repeats)
        return scores

    def describe(self) -> dict[str, Any]:
        """Return the number of sets, and the settings of the metrics."""
        return {"repeats": self.repeats, **{name: metric.describe() for name, metric in self.metrics.items()}}

    def _score(self, real: Mapping[str, SampleStatistics], fake: SampleStatistics) -> dict[str, float]:
        """Return the scores of one set of samples; those of the data of `real` are by `BaseMetric.reference`."""
        scores: dict[str, float] = {}
        for metric in self.metrics.values():
            scores |= metric.compute(real.get(metric.reference, fake), fake)
        return scores


def _generate(context: EvaluationContext, network: nn.Module, seed: int) -> SampleStatistics:
    sampler = Sampler(context.game, network, context.sampler.spec, context.sampler.decode)
    return _statistics(sampler.batches(context.samples, context.batch_size, seed))


def _statistics(batches: Iterable[Batch]) -> SampleStatistics:
    """Return the symbols of batches; in this process alone, since only the first one measures models."""
    rows: list[Tensor] = [to_tokens(batch.sample).int().cpu() for batch in batches]
    return SampleStatistics({Tokens(): {"rows": torch.cat(rows)}})
