"""Whether a protocol generates enough samples for its metrics."""

from collections.abc import Iterable

from ganlab.metrics.metric import BaseMetric


def require_generated_samples(metrics: Iterable[BaseMetric], count: int) -> None:
    """Raise ValueError for the first metric that cannot be computed from `count` generated samples."""
    for metric in metrics:
        if count < metric.needed_generated_samples:
            raise ValueError(
                f"metric.{metric.name} needs at least {metric.needed_generated_samples} generated samples, got "
                f"protocol.samples={count}; raise it, or remove {metric.name} from metric"
            )
