"""Scoring: one pass of each side through the feature space, shared by all metrics; real sides are remembered."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, final

import torch
from torch import Tensor
from tqdm import tqdm

from ganlab.core.interfaces import Batch
from ganlab.features.base import FeatureBatch, Features, check_finite
from ganlab.features.cache import Cache
from ganlab.metrics.metric import BaseMetric, EvaluationContext, Metric, ModelMetric
from ganlab.metrics.statistics import Gathered, SampleStatistics, Statistic, SumStatistic, gather

PATIENCE_SECONDS = 2.0  # before a progress bar shows


@final
@dataclass(frozen=True)
class Samples:
    """One side: uint8 images, or points in the data's own coordinates, with their labels where known.

    `batches(first, stride)` yields every `stride`-th batch from `first` on. `key` names the content for the cache, None
    for what is never seen again.
    """

    batches: Callable[[int, int], Iterator[Batch]]
    count: int
    key: Mapping[str, Any] | None = None
    name: str = "samples"

    def pick(self, rows: Tensor) -> Tensor:
        """Return single samples by their numbers, which must ascend."""
        found, start = [], 0
        for batch in self.batches(0, 1):
            stop = start + len(batch.sample)
            found.append(batch.sample[rows[(rows >= start) & (rows < stop)] - start])
            start = stop
        return torch.cat(found)


class Processes(NamedTuple):
    """Our place among the processes that evaluate together; `broadcast` hands everyone the first one's value."""

    rank: int = 0
    world: int = 1
    broadcast: Callable[[Any], Any] = lambda value: value


@final
class Evaluator:
    """Scores sets of generated samples against the same real ones, which it passes through the features once.

    `batch_size` belongs to the protocol, as float32 features depend on it in their last digits.
    """

    def __init__(
        self,
        features: Features,
        measures: Mapping[str, BaseMetric],
        references: Mapping[str, Samples],
        batch_size: int,
        cache: Cache | None = None,
        processes: Processes | None = None,
    ) -> None:
        self.features, self.references, self.batch_size = features, references, batch_size
        self.metrics = {name: each for name, each in measures.items() if isinstance(each, Metric)}
        self.probes = {name: each for name, each in measures.items() if isinstance(each, ModelMetric)}
        self.cache, self.processes = cache, processes or Processes()
        for measure in measures.values():
            measure.check(features)
        self._known: dict[str, dict[Statistic, Gathered]] = {"none": {}}

    def __call__(self, fakes: Samples, subject: EvaluationContext | None = None) -> dict[str, float]:
        """Return the scores by name, the same in every process.

        Raises ValueError for samples or features that are not finite, and what metrics raise for too few of them.
        """
        return self._scores(self.metrics.values(), self.featured(fakes), subject)

    def featured(self, samples: Samples) -> Iterator[tuple[FeatureBatch, int]]:
        """Yield this process's batches in the feature space, each with the number of its first sample."""
        rank, world, _ = self.processes
        hidden = None if rank == 0 else True
        bar = tqdm(
            desc=samples.name, total=samples.count, unit="sample", delay=PATIENCE_SECONDS, disable=hidden, leave=False
        )
        device = next(self.features.parameters(), torch.empty(0)).device
        with bar:
            for number, (sample, labels) in enumerate(samples.batches(rank, world)):
                batch = self.features(check_finite(sample.to(device)))
                check_finite(batch.features)
                if batch.features.shape[1] != self.features.width:
                    raise ValueError(
                        f"{samples.name} have {batch.features.shape[1]} {self.features.name} features each where "
                        f"{self.features.width} are compared; bring both sides to one size, or choose other features"
                    )
                yield batch._replace(samples=sample, labels=labels), (rank + number * world) * self.batch_size
                bar.update(len(sample) * world)

    def keep(self, samples: Samples) -> list[tuple[FeatureBatch, int]]:
        """Return what the metrics read of samples, to score them more than once: the pictures only where one does."""
        read = {field for statistic in _asked(self.metrics.values()) for field in statistic.reads}
        dropped: dict[str, Any] = dict.fromkeys(set(FeatureBatch._fields) - read - {"features"})
        return [(batch._replace(**dropped), start) for batch, start in self.featured(samples)]

    def kept(self, batches: Sequence[tuple[FeatureBatch, int]]) -> dict[str, float]:
        """Score generated samples from what `keep` returned."""
        return self._scores(self.metrics.values(), iter(batches))

    def resampled(self, batches: Sequence[tuple[FeatureBatch, int]], rows: Tensor) -> dict[str, float]:
        """Score the samples of some rows, in their order and maybe several times, by the metrics of sums alone.

        To metrics that look at pairs of samples, a sample drawn twice would be a copy.
        """
        metrics = [each for each in self.metrics.values() if all(isinstance(s, SumStatistic) for s in each.statistics)]
        return self._scores(metrics, _rows(batches, rows, self.batch_size))

    def reference(self, name: str, wanted: Sequence[Statistic]) -> SampleStatistics:
        """Return statistics of one set of real samples: remembered, from the cache, or gathered by everyone."""
        known = self._known.setdefault(name, {})
        missing = [statistic for statistic in wanted if statistic not in known] if name != "none" else []
        if missing:
            reals = self.references[name]
            if self.processes.rank == 0:
                known |= {each: found for each in missing if (found := self._load(reals, each)) is not None}
            missing = self.processes.broadcast([each for each in missing if each not in known])
        if missing:
            known |= gather(self.featured(reals), missing)
            for statistic in missing if self.processes.rank == 0 else ():
                self._save(reals, statistic, known[statistic])
        for statistic in wanted:  # which the first process may have from the cache: the others shall not ask again
            known.setdefault(statistic, {})
        return SampleStatistics(known)

    def _scores(
        self,
        metrics: Collection[Metric],
        batches: Iterator[tuple[FeatureBatch, int]],
        subject: EvaluationContext | None = None,
    ) -> dict[str, float]:
        fake = SampleStatistics(gather(batches, _asked(metrics)))
        scores: dict[str, float] = {}
        reals = {
            name: self.reference(name, _asked(each for each in metrics if each.reference == name))
            for name in dict.fromkeys(metric.reference for metric in metrics)
        }
        if self.processes.rank == 0:  # who has joined everything
            for metric in metrics:
                scores |= metric.compute(reals[metric.reference], fake)
            if subject is not None:
                for probe in self.probes.values():
                    scores |= probe.measure(subject)
        result: dict[str, float] = self.processes.broadcast(scores)
        return result

    def _load(self, reals: Samples, statistic: Statistic) -> dict[str, Tensor] | None:
        return self.cache.load(self._key(reals, statistic)) if self.cache and reals.key else None

    def _save(self, reals: Samples, statistic: Statistic, gathered: Gathered) -> None:
        if self.cache and reals.key:
            self.cache.save(self._key(reals, statistic), gathered)

    def _key(self, reals: Samples, statistic: Statistic) -> dict[str, Any]:
        device = next(self.features.parameters(), torch.empty(0)).device.type  # kernels differ in the last digits
        features = {**self.features.describe(), "device": device, "torch": torch.__version__}
        return {
            "features": features,
            "samples": dict(reals.key or {}),
            "batch_size": self.batch_size,
            "of": repr(statistic),
        }


def _asked(metrics: Iterable[Metric]) -> list[Statistic]:
    return list(dict.fromkeys(statistic for metric in metrics for statistic in metric.statistics))


def _rows(kept: Sequence[tuple[FeatureBatch, int]], rows: Tensor, size: int) -> Iterator[tuple[FeatureBatch, int]]:
    fields = [None if part[0] is None else torch.cat(part) for part in zip(*(each for each, _ in kept), strict=True)]
    for start in range(0, len(rows), size):
        chosen = rows[start : start + size]
        yield FeatureBatch._make(None if field is None else field[chosen] for field in fields), start
