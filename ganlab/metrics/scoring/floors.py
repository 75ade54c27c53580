"""Floors: the scores of real samples in place of generated ones, under the same protocol."""

from collections.abc import Iterable, Mapping

from ganlab.data import DataSet
from ganlab.metrics.metric import BaseMetric, Metric
from ganlab.metrics.scoring.evaluator import Evaluator
from ganlab.metrics.scoring.samples import Samples
from ganlab.metrics.scoring.scoring import real_samples
from ganlab.protocols import Protocol

# What is scored in place of generated samples, by what a metric reads. The training samples are unknown to the split
# that they are compared with; a metric that reads the training samples themselves gets those of the split.
STAND_INS = {"held_out": "train", "none": "train", "train": "held_out"}


def stand_ins(data: DataSet, protocol: Protocol, metrics: Iterable[BaseMetric]) -> dict[str, Samples]:
    """Return the real samples to score in place of generated ones, as many as the protocol generates if there are."""
    splits = {"train": "train", "held_out": protocol.split}
    references = dict.fromkeys(metric.reference for metric in metrics if isinstance(metric, Metric))
    return {name: real_samples(data, splits[STAND_INS[name]], protocol, protocol.samples) for name in references}


def score_floor(evaluator: Evaluator, samples: Mapping[str, Samples]) -> dict[str, float]:
    """Return the scores of real samples by name, the same in every process; `samples` is from `stand_ins`.

    A score without direction, such as a standard error, has no floor, and neither has a metric that cannot score them.
    Raises ValueError for a metric that cannot even compare the reference with itself, because no generator could be
    scored either: the split has too few samples, or too few of a class.
    """
    floor: dict[str, float] = {}
    for reference, stand_in in samples.items():
        metrics = [
            metric
            for metric in evaluator.sample_metrics
            if metric.reference == reference and not metric.needs_truth  # which real samples would be themselves
        ]
        name = f"in place of generated samples, for {reference}"
        evaluator.references[name] = stand_in
        fake = evaluator.reference_statistics(name, [s for metric in metrics for s in metric.statistics])
        real = evaluator.reference_statistics(reference, [s for metric in metrics for s in metric.reference_statistics])
        for metric in metrics if evaluator.processes.rank == 0 else []:
            try:
                scores = metric.compute(real, fake)
                floor |= {score: value for score, value in scores.items() if metric.scores.get(score) is not None}
            except ValueError:
                if reference != "none" and metric.reference_statistics == metric.statistics:
                    metric.compute(real, real)
        evaluator.forget(name)
    result: dict[str, float] = evaluator.processes.broadcast(floor)
    return result


def weak_scores(metrics: Iterable[BaseMetric], references: Mapping[str, Samples]) -> dict[str, str]:
    """Return by score why it says little: it has fewer real samples than its metric needs."""
    weak: dict[str, str] = {}
    for metric in metrics:
        count = references[metric.reference].count if metric.reference in references else metric.needed_real_samples
        if count < metric.needed_real_samples:
            sentence = f"only {count:,} of {metric.needed_real_samples:,} real samples"
            weak |= {score: sentence for score, better in metric.scores.items() if better is not None}
    return weak
