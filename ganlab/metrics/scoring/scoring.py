"""Builds metrics and sample sets from a data set, a sampler and a protocol, and the content of score files."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.metadata import version
from itertools import islice
from typing import Any, TypeAlias

from ganlab.core.interfaces import EMPTY, Batch
from ganlab.core.score_range import UNBOUNDED, clip_interval
from ganlab.data import DataSet
from ganlab.data.dataset import known_labels, normalize
from ganlab.features.base import Features, Source, scored_samples
from ganlab.games.sampler import Sampler
from ganlab.metrics.metric import BaseMetric, EvaluationContext, UnsuitableMetricError
from ganlab.metrics.scoring.conditioned import translated_samples
from ganlab.metrics.scoring.samples import Samples, ScoredBatch
from ganlab.metrics.torchmetrics_adapter.adapter import adapt
from ganlab.protocols import Protocol

REAL_SEED = 0  # of the choice and order of real samples, the same under every protocol
VERSIONS = ("ganlab", "torch", "torchmetrics")
MetricFactories: TypeAlias = Mapping[str, Callable[[Features, Any], BaseMetric]]


def build_metrics(
    factories: MetricFactories, features: Features, data: Source
) -> tuple[dict[str, BaseMetric], list[str]]:
    """Return the metrics that fit the features and the data, and one sentence for each metric that does not.

    Raises ValueError, with the name of the metric, if a setting is out of range or if a factory returns something else.
    """
    metrics, left_out = {}, []
    for name, factory in factories.items():
        try:
            metrics[name] = adapt(name, factory)(features, data)
        except UnsuitableMetricError as error:
            left_out.append(str(error))
        except ValueError as error:
            text = str(error)
            raise ValueError(text if text.startswith("metric.") else f"metric.{name}: {text}") from error
        if name in metrics and not isinstance(metrics[name], BaseMetric):
            raise ValueError(f"metric.{name} builds {metrics[name]!r}, which is not a metric")
    return metrics, left_out


def describe_left_out(sentences: Sequence[str]) -> list[str]:
    """Return one line about all metrics that were left out, or none; several are named without advice on each."""
    if len(sentences) < 2:
        return [f"left out: {sentence}" for sentence in sentences]
    return [f"left out: {'; '.join(sentence.partition(';')[0] for sentence in sentences)}"]


def real_samples(data: DataSet, split: str, protocol: Protocol, count: int | None = None) -> Samples:
    """Return the real samples of a split, at most `count`, or as many as the protocol allows."""
    count, size = protocol.real_samples if count is None else count, protocol.batch_size

    def batches(first: int, stride: int) -> Iterator[ScoredBatch]:
        chunks = islice(data.real_samples(count, REAL_SEED, split, size), first, None, stride)
        for chunk in chunks:
            yield ScoredBatch(scored_samples(data.decode(chunk.sample), data.spec), known_labels(chunk))

    key = {"data": data.fingerprint(), "split": split, "count": count, "seed": REAL_SEED}
    return Samples(batches, data.count(count, split), key, f"real samples ({split})")


def generated_samples(sampler: Sampler, data: DataSet, protocol: Protocol, seed: int) -> Samples:
    """Return generated samples; a conditional generator's classes are drawn uniformly.

    A generator with other conditions makes one sample from each of the split's, as many as the protocol allows.
    """
    if sampler.spec.cond:
        return translated_samples(sampler, data, protocol, seed)

    def batches(first: int, stride: int) -> Iterator[ScoredBatch]:
        for batch in sampler.batches(protocol.samples, protocol.batch_size, seed, None, first, stride):
            yield ScoredBatch(scored_samples(batch.sample, sampler.spec), batch.cond)

    return Samples(batches, protocol.samples, name="generated samples")


def evaluation_context(
    sampler: Sampler, features: Features, data: DataSet, protocol: Protocol, step: int
) -> EvaluationContext:
    """Return what a ModelMetric reads of a run after `step` steps."""

    def real_batches(split: str, count: int) -> Iterator[Batch]:
        if data.spec.paired:
            pairs = data.conditions(count, REAL_SEED, split, protocol.batch_size)
            return (normalize(Batch(pair.truth, pair.cond)) for pair in pairs)
        return map(normalize, data.real_samples(count, REAL_SEED, split, protocol.batch_size))

    return EvaluationContext(
        game=sampler.game,
        generator=sampler.network,
        sampler=sampler,
        features=features,
        real_batches=real_batches,
        held_out=protocol.split,
        samples=protocol.samples,
        batch_size=protocol.batch_size,
        seed=protocol.seed,
        step=step,
    )


def describe_protocol(
    protocol: Protocol, features: Features, metrics: Mapping[str, BaseMetric], **more: Any
) -> dict[str, Any]:
    """Return all settings that two scores must share to be comparable; `more` are those of the run."""
    return {
        **protocol.describe(),
        "features": features.describe(),
        "metrics": {name: metric.describe() for name, metric in metrics.items()},
        "origin": {score: name for name, metric in metrics.items() for score in metric.scores},
        **more,
        "versions": {name: version(name) for name in VERSIONS},
    }


def build_report(
    scores: Mapping[str, float],
    intervals: Mapping[str, list[float]],
    metrics: Mapping[str, BaseMetric],
    protocol: Mapping[str, Any],
    floor: Mapping[str, float],
    baselines: Mapping[str, Mapping[str, float]] = EMPTY,
    **more: Any,
) -> dict[str, Any]:
    """Return the content of a score file; `more` are facts that may differ between comparable scores, e.g. the step.

    `floor` has the scores of real samples under the same protocol, see `score_floor`, and `baselines` those of the
    data's baselines by name, see `score_baselines`.
    """
    directions = {score: better for metric in metrics.values() for score, better in metric.scores.items()}
    ranges = {score: bounds for metric in metrics.values() for score, bounds in metric.ranges.items()}
    return {
        "scores": dict(scores),
        "intervals": {
            name: list(clip_interval(interval, scores[name], ranges.get(name, UNBOUNDED)))
            for name, interval in intervals.items()
        },
        "ranges": {name: list(ranges[name]) for name in scores if name in ranges},
        "floor": {name: value for name, value in floor.items() if name in scores},
        "baselines": {name: dict(values) for name, values in baselines.items()},
        "higher_is_better": {score: directions.get(score) for score in scores},
        "protocol": dict(protocol),
        "protocol_hash": hash_protocol(protocol),
        **more,
    }


def hash_protocol(protocol: Mapping[str, Any]) -> str:
    """Return the SHA-256 of what `describe_protocol` returns."""
    return hashlib.sha256(json.dumps(protocol, sort_keys=True).encode()).hexdigest()
