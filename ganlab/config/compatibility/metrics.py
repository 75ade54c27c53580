"""Metrics that are none."""

import inspect

from omegaconf import DictConfig

from ganlab.config.compatibility.registry import Parts, rule
from ganlab.config.targets import locate
from ganlab.metrics import BaseMetric


@rule("metric")
def metrics_that_measure(config: DictConfig, parts: Parts) -> str | None:
    """Refuse, before training, a class that cannot score, or does not say what."""
    for name, node in config.metric.items():
        made = locate(str(node._target_))
        if not inspect.isclass(made):  # a function, of which only its call can tell
            continue
        if not issubclass(made, BaseMetric):
            return f"metric.{name}: {made.__name__} is no metric; it must extend ganlab.metrics.metric.Metric or Probe"
        if missing := sorted(made.__abstractmethods__):
            return f"metric.{name}: {made.__name__} cannot score without {', '.join(missing)}; write what is missing"
        if unsaid := [each for each in ("name", "scores") if getattr(made, each, None) is None]:
            return f"metric.{name}: {made.__name__} must say its {' and its '.join(unsaid)}, as ganlab.metrics.FID does"
    return None
