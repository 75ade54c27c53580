"""Rules for metrics and for the score by which checkpoints and sweeps choose."""

import inspect

from omegaconf import DictConfig

from ganlab import metrics
from ganlab.config.compatibility.registry import Components, rule
from ganlab.config.schema import RESERVED
from ganlab.config.targets import locate
from ganlab.core.errors import suggest
from ganlab.core.interfaces import Game
from ganlab.core.torchmetrics_classes import is_torchmetrics
from ganlab.metrics import BaseMetric
from ganlab.metrics.metric import ModelMetric
from ganlab.metrics.torchmetrics_adapter.adapter import directions
from ganlab.metrics.torchmetrics_adapter.inputs import find_unknown_settings, read_inputs


@rule("metric")
def require_metric_classes(config: DictConfig, components: Components) -> str | None:
    """Reject a class that cannot score, or does not declare its name and scores."""
    for name, node in config.metric.items():
        kind = locate(str(node._target_))
        if not inspect.isclass(kind):  # a function; what it returns is checked when it is called
            continue
        if is_torchmetrics(kind):
            if problem := _find_torchmetrics_problem(kind, node):
                return f"metric.{name}: {problem}"
            continue
        if not issubclass(kind, BaseMetric):
            return (
                f"metric.{name}: {kind.__name__} must extend ganlab.metrics.Metric, ganlab.metrics.ModelMetric or "
                "torchmetrics.Metric"
            )
        if missing := sorted(kind.__abstractmethods__):
            return f"metric.{name}: {kind.__name__} cannot score without {', '.join(missing)}; write what is missing"
        if undeclared := [attribute for attribute in ("name", "scores") if getattr(kind, attribute, None) is None]:
            return (
                f"metric.{name}: {kind.__name__} must declare its {' and its '.join(undeclared)}, "
                "as ganlab.metrics.FID does"
            )
    return None


@rule("metric", "optimized_metric")
def require_known_score(config: DictConfig, components: Components) -> str | None:
    """Reject an optimized_metric that no metric computes; one that only this run does not compute is a warning."""
    selected = {
        score: better
        for name, node in config.metric.items()
        for score, better in directions(name, locate(node._target_)).items()
    }
    shipped = {name for kind in vars(metrics).values() for name in getattr(kind, "scores", None) or ()}
    score = str(config.optimized_metric)
    if score in shipped or score in selected:
        return None
    choices = ", ".join(name for name, better in selected.items() if better is not None) or "metric=[fid]"
    return f"optimized_metric: no metric computes '{score}'; choose {choices}{suggest(score, shipped)}"


@rule("game", "metric")
def reject_unsupported_metrics(config: DictConfig, components: Components) -> str | None:
    """Reject a metric that requires a capability that the game does not have."""
    game = locate(str(config.game._target_))
    if not (isinstance(game, type) and issubclass(game, Game)):
        return None
    for node in config.metric.values():
        kind = locate(str(node._target_))
        if isinstance(kind, type) and issubclass(kind, ModelMetric) and (reason := kind.unsupported_reason(game)):
            return reason
    return None


def _find_torchmetrics_problem(kind: type, node: DictConfig) -> str:
    """Return why a class of torchmetrics cannot score generated samples with these settings; empty if it can."""
    settings = {str(key): value for key, value in node.items() if key not in RESERVED}
    if unknown := find_unknown_settings(kind, settings):
        return f"{kind.__name__} has no setting '{unknown[0]}'{suggest(unknown[0], inspect.signature(kind).parameters)}"
    try:
        read_inputs(kind, settings)
    except ValueError as error:
        return str(error)
    return ""
