"""The scores that a sweep optimizes, and whether higher or lower is better, as declared by their metrics."""

from collections.abc import Sequence

from omegaconf import DictConfig

from ganlab.config.targets import locate
from ganlab.core.errors import UserError, suggest
from ganlab.metrics.torchmetrics_adapter import adapter


def score_directions(config: DictConfig) -> dict[str, bool | None]:
    """Return for each score of a configuration's metrics whether higher is better, None if it has no direction."""
    directions: dict[str, bool | None] = {}
    for name, node in config.metric.items():
        directions |= metric_directions(str(name), node)
    return directions


def metric_directions(name: str, node: DictConfig) -> dict[str, bool | None]:
    """Return for each score of one metric whether higher is better, None if it has no direction."""
    return adapter.directions(name, locate(node._target_))


def default_objective(config: DictConfig) -> dict[str, bool]:
    """Return `optimized_metric` with its direction; empty if it is not computed or has no direction."""
    higher_is_better = score_directions(config).get(config.optimized_metric)
    return {} if higher_is_better is None else {config.optimized_metric: higher_is_better}


def select_objectives(config: DictConfig, names: Sequence[str] = ()) -> dict[str, bool]:
    """Return the named scores, `optimized_metric` by default, each with whether higher is better.

    Raises UserError if no metric computes a score, or if a score has no direction.
    """
    directions, setting = score_directions(config), "hydra.sweeper.objectives" if names else "optimized_metric"
    objectives: dict[str, bool] = {}
    for name in names or [config.optimized_metric]:
        higher_is_better = directions.get(name)
        if name not in directions:
            advice = "metric is empty; write metric=[fid]"
            if directions:
                advice = f"choose {', '.join(directions)}{suggest(name, directions)}"
            raise UserError(f"{setting}: no metric computes '{name}'; {advice}")
        if higher_is_better is None:
            raise UserError(
                f"{setting}: '{name}' has no direction (higher or lower is better), so it cannot be an objective"
            )
        objectives[name] = higher_is_better
    return objectives
