"""Trial construction of shipped metrics and loggers, which checks settings that only their constructors know.

They are built from the data set, the feature space and the run directory, which do not exist yet; stand-ins replace
them.
"""

from contextlib import suppress
from types import SimpleNamespace
from typing import Any

from omegaconf import DictConfig

from ganlab.config.targets import instantiate
from ganlab.core.interfaces import Spec

SHIPPED = "ganlab."  # other packages' constructors may read files or networks
# A feature space and a data set of images and of points; every shipped metric suits one of these pairs.
_STAND_INS = (
    (
        SimpleNamespace(name="stand-in", width=8, spatial_width=8, classes=10),
        SimpleNamespace(spec=Spec((3, 64, 64), classes=1)),
    ),
    (SimpleNamespace(name="identity", width=2, spatial_width=0, classes=0), SimpleNamespace(spec=Spec((2,)))),
)


def check_metric(node: DictConfig, samples: int | None = None) -> None:
    """Raise ValueError if a shipped metric has a setting out of bounds, or needs more than `samples` generated samples.

    Whether it suits the data is not known yet.
    """
    from ganlab.metrics.metric import UnsuitableMetricError
    from ganlab.metrics.scoring.sample_counts import require_generated_samples

    if not _is_shipped(node):
        return
    for features, data in _STAND_INS:
        with suppress(UnsuitableMetricError):
            metric = instantiate(node)(features, data)
            # One that needs classes is left out without them, which is known when the features are.
            if samples is not None and not (metric.needs_logits or metric.needs_labels):
                require_generated_samples([metric], samples)


def check_logger(node: DictConfig) -> None:
    """Raise UserError if a shipped logger has a setting that it rejects."""
    if _is_shipped(node):
        instantiate(node)("outputs")


def _is_shipped(node: Any) -> bool:
    return str(node.get("_target_", "")).startswith(SHIPPED)
