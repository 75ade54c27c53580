"""Samples made from the conditions of a data set, by a generator that translates or enhances, and by baselines."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TypeAlias

import torch

from ganlab.core import tree
from ganlab.core.interfaces import Conditions
from ganlab.core.pixel_range import to_network_range
from ganlab.core.tree import Tree
from ganlab.data import DataSet
from ganlab.data.condition_source import SEED
from ganlab.features.base import scored_samples
from ganlab.games.sampler import Sampler
from ganlab.metrics.scoring.drawn_baselines import drawn_samples
from ganlab.metrics.scoring.evaluator import Evaluator
from ganlab.metrics.scoring.samples import Samples, ScoredBatch
from ganlab.protocols import Protocol

# (batches of conditions, first, stride) → what is made of every `stride`-th batch from the first on, in the data's own
# coordinates.
Translate: TypeAlias = Callable[[Sequence[Conditions], int, int], Iterator[Tree]]


def translated_samples(sampler: Sampler, data: DataSet, protocol: Protocol, seed: int) -> Samples:
    """Return one output of a generator for each condition of the protocol's split, as many as the protocol allows."""

    def translate(known: Sequence[Conditions], first: int, stride: int) -> Iterator[Tree]:
        cond = tree.map(lambda *parts: torch.cat(parts), *(each.cond for each in known))
        batches = sampler.batches(tree.length(cond), protocol.batch_size, seed, cond, first, stride)
        return (batch.sample for batch in batches)

    return _samples(data, protocol, translate, "generated samples")


def baseline_samples(data: DataSet, protocol: Protocol) -> dict[str, Samples]:
    """Return by name what the data's baselines make of the conditions that the generator gets, or draw."""
    if not data.spec.cond:
        return drawn_samples(data, protocol)

    def translate(
        baseline: Callable[[Tree], Tree], known: Sequence[Conditions], first: int, stride: int
    ) -> Iterator[Tree]:
        return (data.decode(baseline(to_network_range(each.cond))) for each in known[first::stride])

    return {
        name: _samples(data, protocol, partial(translate, baseline), f"baseline {name}")
        for name, baseline in data.baselines().items()
    }


def score_baselines(evaluator: Evaluator, samples: Mapping[str, Samples]) -> dict[str, dict[str, float]]:
    """Return the scores of each baseline by name, the same in every process; `samples` is from `baseline_samples`.

    Scores of the model, and scores without a direction, have no baseline. Raises what the metrics raise.
    """
    directions = {name: better for metric in evaluator.sample_metrics for name, better in metric.scores.items()}
    return {
        name: {score: value for score, value in evaluator(made).items() if directions.get(score) is not None}
        for name, made in samples.items()
    }


def _samples(data: DataSet, protocol: Protocol, translate: Translate, name: str) -> Samples:
    count = data.condition_count(protocol.samples, protocol.split)

    def batches(first: int, stride: int) -> Iterator[ScoredBatch]:
        # Read once, because a condition may be a corruption that takes longer than its translation.
        known = list(data.conditions(count, SEED, protocol.split, protocol.batch_size))
        for output, conditions in zip(translate(known, first, stride), known[first::stride], strict=True):
            truth = None if conditions.truth is None else scored_samples(data.decode(conditions.truth), data.spec)
            yield ScoredBatch(scored_samples(output, data.spec), conditions.labels, truth)

    return Samples(batches, count, name=name)
