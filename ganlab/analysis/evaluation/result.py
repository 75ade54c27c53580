"""The result of an evaluation, and the construction of its features and metrics."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, final

import torch

from ganlab.config.targets import instantiate
from ganlab.core.errors import UserError
from ganlab.data import DataSet
from ganlab.data.sample_files.base import SampleFiles
from ganlab.features import Features
from ganlab.metrics import BaseMetric, Evaluator, Samples
from ganlab.metrics.scoring.scoring import build_metrics, describe_left_out

log = logging.getLogger(__name__)


@final
@dataclass(frozen=True)
class EvaluationResult:
    """The content of a score file, and the evaluator and generated samples for an image of nearest neighbours."""

    content: Mapping[str, Any]
    evaluator: Evaluator
    generated: Callable[[], Samples]


def build_features_and_metrics(
    make_features: Callable[[Any], Features],
    metric: Mapping[Any, Any],
    data: DataSet | SampleFiles,
    device: torch.device,
    kind: type[BaseMetric] = BaseMetric,
) -> tuple[Features, dict[str, BaseMetric]]:
    """Build features and metrics; logs a warning for each metric that does not fit or is not of the given kind.

    Raises UserError if no metric is left.
    """
    with torch.random.fork_rng(devices=[]):
        features = make_features(data)
    factories = {name: instantiate(node) for name, node in metric.items()}
    built, left_out = build_metrics(factories, features, data)
    metrics = {name: instance for name, instance in built.items() if isinstance(instance, kind)}
    left_out += [
        f"metric={name} needs the model, not only its samples; give run=DIR, or remove {name} from metric"
        for name in built.keys() - metrics.keys()
    ]
    if not metrics:
        raise UserError("; ".join(left_out) or "metric=[] computes no score; choose metric=[fid] or others")
    for line in describe_left_out(left_out):
        log.warning(line)
    return features.to(device), metrics
