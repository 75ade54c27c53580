"""Samples made from the conditions of a data set: of a generator that translates or enhances, and of its baselines."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import islice
from typing import TypeAlias

from ganlab.core.interfaces import Conditions
from ganlab.core.pixel_range import to_network_range
from ganlab.core.tree import Tree
from ganlab.data import DataSet
from ganlab.data.condition_source import SEED, ConditionSource
from ganlab.features.base import scored_samples
from ganlab.games.sampler import Sampler
from ganlab.metrics.scoring.evaluator import Evaluator
from ganlab.metrics.scoring.samples import Samples, ScoredBatch
from ganlab.protocols import Protocol

# The outputs for every `stride`-th batch of conditions from batch `first` on, in the data's own coordinates.
Outputs: TypeAlias = Callable[[int, int], Iterator[Tree]]


def translated_samples(sampler: Sampler, data: DataSet, protocol: Protocol, seed: int) -> Samples:
    """Return one output of a generator for each condition of the protocol's split, as many as the protocol allows."""
    count, source = _count(data, protocol), ConditionSource(data, protocol.split)

    def outputs(first: int, stride: int) -> Iterator[Tree]:
        batches = sampler.batches(count, protocol.batch_size, seed, source(count), first, stride)
        return (batch.sample for batch in batches)

    return _samples(data, protocol, outputs, "generated samples")


def baseline_samples(data: DataSet, protocol: Protocol) -> dict[str, Samples]:
    """Return by name what the data's baselines make of the conditions that the generator gets."""

    def outputs(baseline: Callable[[Tree], Tree], first: int, stride: int) -> Iterator[Tree]:
        for known in _conditions(data, protocol, first, stride):
            yield data.decode(baseline(to_network_range(known.cond)))

    return {
        name: _samples(data, protocol, partial(outputs, baseline), f"baseline {name}")
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


def _count(data: DataSet, protocol: Protocol) -> int:
    return data.condition_count(protocol.samples, protocol.split)


def _conditions(data: DataSet, protocol: Protocol, first: int, stride: int) -> Iterator[Conditions]:
    chunks = data.conditions(_count(data, protocol), SEED, protocol.split, protocol.batch_size)
    return islice(chunks, first, None, stride)


def _samples(data: DataSet, protocol: Protocol, outputs: Outputs, name: str) -> Samples:
    def batches(first: int, stride: int) -> Iterator[ScoredBatch]:
        known = _conditions(data, protocol, first, stride)
        for output, conditions in zip(outputs(first, stride), known, strict=True):
            truth = None if conditions.truth is None else scored_samples(data.decode(conditions.truth), data.spec)
            yield ScoredBatch(scored_samples(output, data.spec), conditions.labels, truth)

    return Samples(batches, _count(data, protocol), name=name)
