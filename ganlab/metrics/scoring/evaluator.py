"""Scores sample sets: one pass through the feature space for all metrics; statistics of real samples are cached."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, NamedTuple, final

import torch
from torch import Tensor

from ganlab.core.progress import progress_bar
from ganlab.features.base import DIVERGED, FeatureBatch, Features, check_finite
from ganlab.features.cache import Cache
from ganlab.metrics.metric import BaseMetric, EvaluationContext, Metric, ModelMetric
from ganlab.metrics.scoring.samples import Samples
from ganlab.metrics.statistics import SampleStatistics, Statistic, StatisticValues, SumStatistic, gather


class Processes(NamedTuple):
    """The processes that evaluate together, seen from one of them; `broadcast` returns rank 0's value everywhere."""

    rank: int = 0
    world: int = 1  # the number of processes
    broadcast: Callable[[Any], Any] = lambda value: value


@final
class Evaluator:
    """Scores sets of generated samples against the same real samples, whose features are computed once.

    `references` are the sets of real samples by the name that `BaseMetric.reference` uses. `batch_size` belongs to the
    protocol, because the last digits of float32 features depend on it.
    """

    def __init__(
        self,
        features: Features,
        metrics: Mapping[str, BaseMetric],
        references: Mapping[str, Samples],
        batch_size: int,
        cache: Cache | None = None,
        processes: Processes | None = None,
    ) -> None:
        self.features, self.references, self.batch_size = features, dict(references), batch_size
        self.sample_metrics = [metric for metric in metrics.values() if isinstance(metric, Metric)]
        self.model_metrics = [metric for metric in metrics.values() if isinstance(metric, ModelMetric)]
        self.cache, self.processes = cache, processes or Processes()
        for metric in metrics.values():
            metric.check(features)
        self._reference_values: dict[str, dict[Statistic, StatisticValues]] = {"none": {}}

    def __call__(self, generated: Samples, context: EvaluationContext | None = None) -> dict[str, float]:
        """Return the scores by name, the same in every process; metrics of the model need a `context`.

        Raises ValueError if samples or features are not finite, and what metrics raise if there are too few samples.
        """
        return self._score(self.sample_metrics, self.extract_features(generated), context)

    def extract_features(self, samples: Samples) -> Iterator[tuple[FeatureBatch, int]]:
        """Yield this process's batches in the feature space, each with the index of its first sample."""
        rank, world, _ = self.processes
        device = next(self.features.parameters(), torch.empty(0)).device
        advice = DIVERGED if samples.key is None else "repair the data set"
        with progress_bar(samples.name, samples.count, "sample", shown=rank == 0) as bar:
            for number, scored in enumerate(samples.batches(rank, world)):
                batch = self.features(check_finite(scored.sample.to(device), samples.name, advice))
                check_finite(batch.features, f"features of {samples.name}", advice)
                if batch.features.shape[1] != self.features.width:
                    raise ValueError(
                        f"{samples.name} have {batch.features.shape[1]} {self.features.name} features per sample, but "
                        f"{self.features.width} are expected; resize all samples to one size, or choose other features"
                    )
                known = {"samples": scored.sample, "labels": scored.labels, "truth": scored.truth}
                yield batch._replace(**known), (rank + number * world) * self.batch_size
                bar.update(len(scored.sample) * world)

    def collect_features(self, samples: Samples) -> list[tuple[FeatureBatch, int]]:
        """Return all feature batches, to score them more than once; fields that no metric reads are None."""
        read = {
            field
            for statistic in _unique(metric.statistics for metric in self.sample_metrics)
            for field in statistic.reads
        }
        unread: dict[str, Any] = {field: None for field in set(FeatureBatch._fields) - read - {"features"}}
        return [(batch._replace(**unread), start) for batch, start in self.extract_features(samples)]

    def score_collected(self, batches: Sequence[tuple[FeatureBatch, int]]) -> dict[str, float]:
        """Return the scores of what `collect_features` returned."""
        return self._score(self.sample_metrics, iter(batches))

    def score_resampled(self, batches: Sequence[tuple[FeatureBatch, int]], rows: Tensor) -> dict[str, float]:
        """Return scores of the samples with the indices `rows`, which may repeat, for metrics that read only sums.

        To a metric that compares pairs of samples, a repeated sample would be a duplicate.
        """
        metrics = [
            metric
            for metric in self.sample_metrics
            if all(isinstance(statistic, SumStatistic) for statistic in metric.statistics)
        ]
        return self._score(metrics, _select_rows(batches, rows, self.batch_size))

    def reference_statistics(self, name: str, requested: Sequence[Statistic]) -> SampleStatistics:
        """Return statistics of one set of real samples, from memory, from the cache, or gathered by all processes."""
        known = self._reference_values.setdefault(name, {})
        missing = [] if name == "none" else [statistic for statistic in requested if statistic not in known]
        if missing:
            samples = self.references[name]
            if self.processes.rank == 0:
                for statistic in missing:
                    if (values := self._load(samples, statistic)) is not None:
                        known[statistic] = values
            missing = self.processes.broadcast([statistic for statistic in missing if statistic not in known])
        if missing:
            known |= gather(self.extract_features(samples), missing)
            if self.processes.rank == 0:
                for statistic in missing:
                    self._save(samples, statistic, known[statistic])
        # Only rank 0 has the values from the cache; the others must not request them again.
        for statistic in requested:
            known.setdefault(statistic, {})
        return SampleStatistics(known)

    def provide(self, name: str, values: Mapping[Statistic, StatisticValues]) -> None:
        """Use these statistics of a set of real samples that are not there themselves."""
        self._reference_values[name] = dict(values)

    def forget(self, name: str) -> None:
        """Remove a set of real samples and its statistics from memory."""
        del self.references[name], self._reference_values[name]

    def _score(
        self,
        metrics: Collection[Metric],
        batches: Iterator[tuple[FeatureBatch, int]],
        context: EvaluationContext | None = None,
    ) -> dict[str, float]:
        fake = SampleStatistics(gather(batches, _unique(metric.statistics for metric in metrics)))
        scores: dict[str, float] = {}
        real = {
            name: self.reference_statistics(
                name, _unique(metric.reference_statistics for metric in metrics if metric.reference == name)
            )
            for name in dict.fromkeys(metric.reference for metric in metrics)  # in the same order in every process
        }
        if self.processes.rank == 0:  # which has the statistics over all processes
            for metric in metrics:
                scores |= metric.compute(real[metric.reference], fake)
            if context is not None:
                for model_metric in self.model_metrics:
                    scores |= model_metric.measure(context)
        result: dict[str, float] = self.processes.broadcast(scores)
        return result

    def _load(self, samples: Samples, statistic: Statistic) -> dict[str, Tensor] | None:
        return self.cache.load(self._cache_key(samples, statistic)) if self.cache and samples.key else None

    def _save(self, samples: Samples, statistic: Statistic, values: StatisticValues) -> None:
        if self.cache and samples.key:
            self.cache.save(self._cache_key(samples, statistic), values)

    def _cache_key(self, samples: Samples, statistic: Statistic) -> dict[str, Any]:
        device = next(self.features.parameters(), torch.empty(0)).device.type  # kernels differ in the last digits
        features = {**self.features.describe(), "device": device, "torch": torch.__version__}
        content = {"samples": dict(samples.key or {}), "batch_size": self.batch_size}
        return {"features": features, **content, "of": repr(statistic)}


def _unique(statistics: Iterable[Sequence[Statistic]]) -> list[Statistic]:
    """Return all statistics that some metrics read, each once, in a fixed order."""
    return list(dict.fromkeys(chain.from_iterable(statistics)))


def _select_rows(
    batches: Sequence[tuple[FeatureBatch, int]], rows: Tensor, batch_size: int
) -> Iterator[tuple[FeatureBatch, int]]:
    columns = zip(*(batch for batch, _ in batches), strict=True)
    fields = [None if column[0] is None else torch.cat(column) for column in columns]
    for start in range(0, len(rows), batch_size):
        selected = rows[start : start + batch_size]
        yield FeatureBatch._make(None if field is None else field[selected] for field in fields), start
