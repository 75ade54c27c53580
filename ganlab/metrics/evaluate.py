"""Scoring: one feature pass over real and generated samples, shared by all metrics."""

from collections.abc import Callable, Iterable, Mapping

from torch import Tensor

from ganlab.metrics.features import Features, check_finite
from ganlab.metrics.metric import Metric


def check_compatible(features: Features, metrics: Mapping[str, Metric]) -> None:
    """Raise ValueError where a metric cannot read the feature space."""
    for metric in metrics.values():
        metric.check(features)


def score(
    fakes: Iterable[Tensor],
    reals: Iterable[Tensor],
    features: Features,
    metrics: Mapping[str, Metric],
    progress: Callable[[int], object] = lambda samples: None,
) -> dict[str, float]:
    """Return the scores of generated against real samples by name; `progress` hears the size of every batch done.

    Batches are uint8 images or float points on the features' device; their size is part of the protocol, as float32
    features depend on it in their last digits. Real samples are read only where a metric needs them, and no random
    number is drawn. Raises ValueError for samples or features that are not finite.
    """
    check_compatible(features, metrics)
    for metric in metrics.values():
        metric.reset()
    comparing = {name: metric for name, metric in metrics.items() if metric.needs_real}
    for batches, readers, real in ((reals, comparing, True), (fakes, metrics, False)):
        if readers:
            for samples in batches:
                _take_in(samples, features, readers, real)
                progress(len(samples))
    return {name: value for metric in metrics.values() for name, value in metric.compute().items()}


def _take_in(samples: Tensor, features: Features, metrics: Mapping[str, Metric], real: bool) -> None:
    batch = features(check_finite(samples))
    check_finite(batch.features)
    for metric in metrics.values():
        metric.update(batch, real)
