"""The plots of an objective of a sweep, and the importance of the swept settings for it that they show."""

import math
from collections.abc import Sequence
from pathlib import Path

from ganlab.sweeps.jobs.record import Record
from ganlab.sweeps.results.configurations import Configuration
from ganlab.sweeps.results.importance import importances, method_name
from ganlab.sweeps.results.plots import importance_bars, parallel_coordinates, parse_variable, read_variables

Importance = tuple[str, dict[str, float]]  # the method, and the share of each setting


def read_importance(record: Record, name: str) -> Importance | None:
    """Return the importance for an objective that sweep.json has, None if it or a plot is missing or by another method.

    An importance without shares counts as missing: it has no plot that would tell whether it is complete.
    """
    method, shares = record.content.get("importance", {}).get(name, ("", {}))
    is_complete = shares and method == method_name() and all(path.exists() for path in _paths(record, name))
    return (method, shares) if is_complete else None


def write_plots(
    record: Record, configurations: Sequence[Configuration], name: str, higher_is_better: bool
) -> Importance:
    """Draw the plots of an objective, and return the method and the shares of the settings' importance for it."""
    parallel, bars = _paths(record, name)
    for path in (parallel, bars):
        path.unlink(missing_ok=True)  # it shows an earlier state of the sweep
    scored = [
        configuration
        for configuration in configurations
        if name in configuration.scores and math.isfinite(configuration.scores[name].mean)
    ]
    settings = read_variables(scored, record.swept_without_seed)
    means = [configuration.scores[name].mean for configuration in scored]
    if len(scored) < 2 or not settings:
        return "", {}
    score = parse_variable(name, [repr(mean) for mean in means])
    parallel_coordinates(parallel, settings, score, higher_is_better)
    method, shares = importances(settings, means)
    if shares:
        importance_bars(bars, shares, name, method)
    return method, shares


def _paths(record: Record, name: str) -> tuple[Path, Path]:
    return record.path / f"parallel_{name}.png", record.path / f"importance_{name}.png"
