"""Scores finished samples against the mean and covariance of real features that another program computed."""

import logging
from pathlib import Path
from typing import Any

import torch
from omegaconf import DictConfig

from ganlab.analysis.evaluation.files import sample_set, score_with_intervals
from ganlab.analysis.evaluation.result import EvaluationResult, build_features_and_metrics
from ganlab.config.targets import instantiate
from ganlab.core.errors import UserError
from ganlab.data.sample_files.feature_statistics import FeatureStatistics
from ganlab.data.sample_files.open import open_sample_files
from ganlab.data.sample_files.reading import Reading
from ganlab.engine.device import select_device
from ganlab.features import Cache, Features
from ganlab.features.auto import auto_features
from ganlab.metrics import BaseMetric, Evaluator, Metric
from ganlab.metrics.intervals import standard_error_intervals
from ganlab.metrics.scoring.scoring import build_report, describe_protocol
from ganlab.metrics.statistics import Moments, StatisticValues
from ganlab.protocols import Protocol

log = logging.getLogger(__name__)
NOMINAL_COUNT = 2  # of real samples: mean and covariance do not depend on it, and the file does not tell theirs


def evaluate_against_statistics(config: DictConfig) -> EvaluationResult:
    """Score the samples `fake` by the metrics that need no more of the real ones than `real` has.

    Raises UserError if no metric is left or the features have another width, and what reading and metrics raise.
    """
    if config.train is not None:
        raise UserError(f"train={config.train} needs real samples, but real={config.real} has statistics; remove train")
    real = FeatureStatistics(Path(config.real).expanduser())
    reading = Reading.of(config.resolution, config.fit, config.frames, config.grey_range)
    fake = open_sample_files(config.fake, reading)
    protocol: Protocol = instantiate(config.protocol)
    make_features = instantiate(config.features) or auto_features
    features, built = build_features_and_metrics(
        make_features, config.metric, fake, select_device(config.device), Metric
    )
    moments = _moments(features, real)
    metrics = _suitable_metrics(built, moments, config)
    evaluator = Evaluator(features, metrics, {}, protocol.batch_size, Cache())
    evaluator.provide("held_out", {moments: _values(real)})
    generated = sample_set(fake, protocol.batch_size, "generated samples")
    scores, intervals = score_with_intervals(evaluator, generated, protocol)
    origin = f"mean and covariance in {real.path.name}, of features that another program computed"
    facts: dict[str, Any] = {"weights": None, "truncation": None, "data": real.fingerprint(), "real": origin}
    description = describe_protocol(protocol, features, metrics, **facts, **reading.describe())
    counts = {"samples": len(fake), "real_samples": None, "split": None, "repeats": 1}
    content = build_report(
        scores,
        {**standard_error_intervals(scores), **intervals},
        metrics,
        {**description, **counts},
        {},
        remarks={},
        real=str(config.real),
        fake=str(config.fake),
        fake_data=fake.fingerprint(),
    )
    return EvaluationResult(content, evaluator, lambda: generated)


def _moments(features: Features, real: FeatureStatistics) -> Moments:
    """Return the statistic that the file has; raises UserError if its features are of another width."""
    if features.width != len(real.mean):
        raise UserError(
            f"real={real.path} has the statistics of {len(real.mean):,} features, but features={features.name} has "
            f"{features.width:,}; choose the feature space that they were computed in"
        )
    return Moments("features", features.width)


def _suitable_metrics(built: dict[str, BaseMetric], moments: Moments, config: DictConfig) -> dict[str, BaseMetric]:
    """Return the metrics that read nothing else of the real samples; raises UserError if none is left."""
    metrics: dict[str, BaseMetric] = {
        name: metric
        for name, metric in built.items()
        if isinstance(metric, Metric)
        and (
            metric.reference == "none"
            or (metric.reference == "held_out" and [moments] == [*metric.reference_statistics])
        )
    }
    reasons = [
        f"metric={name} needs the real samples, but real={config.real} has only their mean and covariance; give the "
        f"samples, or remove {name} from metric"
        for name in built.keys() - metrics.keys()
    ]
    if not metrics:
        raise UserError("; ".join(reasons))
    for reason in sorted(reasons):
        log.warning("left out: %s", reason)
    return metrics


def _values(real: FeatureStatistics) -> StatisticValues:
    """Return the sums over NOMINAL_COUNT samples that have this mean and this unbiased covariance."""
    mean, covariance = torch.from_numpy(real.mean), torch.from_numpy(real.covariance)
    products = covariance * (NOMINAL_COUNT - 1) + NOMINAL_COUNT * torch.outer(mean, mean)
    return {"total": NOMINAL_COUNT * mean, "products": products, "count": torch.tensor(float(NOMINAL_COUNT))}
