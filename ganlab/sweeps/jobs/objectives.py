"""What a sweep is after: scores by name, and whether higher is better, as their metrics say."""

from collections.abc import Sequence

from omegaconf import DictConfig

from ganlab.config.targets import locate
from ganlab.core.errors import UserError, suggest


def directions(config: DictConfig) -> dict[str, bool | None]:
    """Return the scores that a configuration's metrics compute: is higher better? None where neither is."""
    found: dict[str, bool | None] = {}
    for node in config.metric.values():
        found |= scores_of(node)
    return found


def scores_of(node: DictConfig) -> dict[str, bool | None]:
    """Return the scores that one metric computes."""
    return dict(getattr(locate(node._target_), "scores", {}))


def known_objectives(config: DictConfig) -> dict[str, bool]:
    """Return the optimized metric of a configuration with its direction, or nothing where it has none."""
    better = directions(config).get(config.optimized_metric)
    return {} if better is None else {config.optimized_metric: better}


def objectives(config: DictConfig, names: Sequence[str] = ()) -> dict[str, bool]:
    """Return scores by which to search, the optimized metric where none is named.

    Raises UserError for a score that no metric computes, and for one that has no better end.
    """
    known, setting = directions(config), "hydra.sweeper.objectives" if names else "optimized_metric"
    chosen: dict[str, bool] = {}
    for name in names or [config.optimized_metric]:
        better = known.get(name)
        if name not in known:
            there = (
                f"choose {', '.join(known)}{suggest(name, known)}" if known else "metric is empty; write metric=[fid]"
            )
            raise UserError(f"{setting}: no metric computes '{name}'; {there}")
        if better is None:
            raise UserError(f"{setting}: '{name}' has no better end, so that nothing can be searched by it")
        chosen[name] = better
    return chosen
