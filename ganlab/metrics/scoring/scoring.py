"""From a data set, a sampler and a protocol to scores that carry their protocol."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import version
from itertools import islice
from typing import Any

import torch
from torch import Tensor

from ganlab.core.interfaces import Batch
from ganlab.data import DataSet
from ganlab.data.dataset import normalize
from ganlab.features.base import Features, Source, quantise
from ganlab.games.sampler import Sampler
from ganlab.metrics.metric import BaseMetric, EvaluationContext, UnsuitableMetricError
from ganlab.metrics.scoring.evaluator import Samples
from ganlab.protocols import Protocol

REAL_SEED = 0  # of the choice and order of real samples, the same under every protocol
VERSIONS = ("ganlab", "torch", "torchmetrics")
Makers = Mapping[str, Callable[[Features, Any], BaseMetric]]


def build_measures(makers: Makers, features: Features, data: Source) -> tuple[dict[str, BaseMetric], list[str]]:
    """Return the metrics that fit the features and the data, and a sentence for each that does not.

    Raises ValueError naming the metric where a setting is out of range, or where it is no metric.
    """
    measures, left_out = {}, []
    for name, make in makers.items():
        try:
            measures[name] = make(features, data)
        except UnsuitableMetricError as error:
            left_out.append(str(error))
        except ValueError as error:
            text = str(error)
            raise ValueError(text if text.startswith("metric.") else f"metric.{name}: {text}") from error
        if name in measures and not isinstance(measures[name], BaseMetric):
            raise ValueError(f"metric.{name} makes {measures[name]!r}, which is no metric")
    return measures, left_out


def reals_of(data: DataSet, split: str, protocol: Protocol) -> Samples:
    """Return the real samples of a split, at most as many as the protocol says."""
    count, size = protocol.real_samples, protocol.batch_size

    def batches(first: int, stride: int) -> Iterator[Batch]:
        chunks = islice(data.reals(count, REAL_SEED, split, size), first, None, stride)
        return (Batch(measured(data.decode(chunk.sample)), chunk.cond) for chunk in chunks)

    key = {"data": data.fingerprint(), "split": split, "count": count, "seed": REAL_SEED}
    return Samples(batches, data.count(count, split), key, f"real samples ({split})")


def fakes_of(sampler: Sampler, protocol: Protocol, seed: int) -> Samples:
    """Return generated samples, classes drawn evenly where the generator is conditional."""

    def batches(first: int, stride: int) -> Iterator[Batch]:
        for batch in sampler.batches(protocol.samples, protocol.batch_size, seed, None, first, stride):
            yield Batch(measured(batch.sample), batch.cond)

    return Samples(batches, protocol.samples, name="generated samples")


def subject_of(sampler: Sampler, features: Features, data: DataSet, protocol: Protocol, step: int) -> EvaluationContext:
    """Return what probes may ask of a run after a step."""

    def reals(split: str, count: int) -> Iterator[Batch]:
        return map(normalize, data.reals(count, REAL_SEED, split, protocol.batch_size))

    return EvaluationContext(
        game=sampler.game,
        generator=sampler.network,
        sampler=sampler,
        features=features,
        reals=reals,
        held_out=protocol.split,
        samples=protocol.samples,
        batch_size=protocol.batch_size,
        seed=protocol.seed,
        step=step,
    )


def describe(protocol: Protocol, features: Features, measures: Mapping[str, BaseMetric], **more: Any) -> dict[str, Any]:
    """Return all that two scores must share to be comparable."""
    return {
        **protocol.describe(),
        "features": features.describe(),
        "metrics": {name: measure.describe() for name, measure in measures.items()},
        "origin": {score: name for name, measure in measures.items() for score in measure.scores},
        **more,
        "versions": {name: version(name) for name in VERSIONS},
    }


def report(
    scores: Mapping[str, float],
    intervals: Mapping[str, list[float]],
    measures: Mapping[str, BaseMetric],
    protocol: Mapping[str, Any],
    **more: Any,
) -> dict[str, Any]:
    """Return the content of a score file; `more` is what does not make scores comparable, such as the step."""
    directions = {score: better for measure in measures.values() for score, better in measure.scores.items()}
    return {
        "scores": dict(scores),
        "intervals": dict(intervals),
        "higher_is_better": {score: directions.get(score) for score in scores},
        "protocol": dict(protocol),
        "protocol_hash": digest(protocol),
        **more,
    }


def digest(facts: Mapping[str, Any]) -> str:
    """Hash what two scores must share."""
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def measured(samples: Tensor) -> Tensor:
    """Round images in [−1, 1] to uint8, real and generated alike; uint8 images and points stay as they are."""
    return quantise(samples) if samples.ndim == 4 and samples.dtype != torch.uint8 else samples
