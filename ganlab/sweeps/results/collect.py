"""Collects the results of a sweep from its run directories into sweep.json, plots and a printed table."""

import math
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ganlab.analysis.comparison.columns import differing_settings
from ganlab.sweeps.jobs.job import Job, Outcome
from ganlab.sweeps.jobs.record import Record
from ganlab.sweeps.results.configurations import Configuration, group_configurations, select_best
from ganlab.sweeps.results.importance import importances
from ganlab.sweeps.results.plots import importance_bars, parallel_coordinates, parse_variable, read_variables
from ganlab.sweeps.results.protocols import Protocols, describe_variants, read_protocols
from ganlab.sweeps.results.tables import align_columns, count_states, describe_point, describe_state


@dataclass(frozen=True)
class Summary:
    """The printed results, and whether every job is finished or pruned."""

    text: str
    all_finished: bool


def collect(record: Record) -> Summary:
    """Read all jobs, write sweep.json and plots, and return the results as text."""
    jobs, objectives = record.jobs(), record.objectives
    outcomes = {job.number: Outcome.read(job.directory) for job in jobs}
    protocols = read_protocols(jobs, outcomes, objectives)
    configurations = group_configurations(jobs, outcomes, objectives, protocols)
    comparable = [] if protocols.differ else configurations
    best = select_best(comparable, objectives)
    commands = [configuration.train_command(record.config_dirs) for configuration in best]
    importance = {name: _plot(record, comparable, name, higher) for name, higher in objectives.items()}
    record.write(
        jobs=[_job_entry(job, outcomes[job.number]) for job in jobs],
        configurations=[configuration.as_json() for configuration in configurations],
        best=[configurations.index(configuration) for configuration in best],
        rerun=commands,
        importance=importance,
    )
    lines = _result_lines(record, configurations, best, protocols)
    lines += [f"reproduce the best with: {command}" for command in commands]
    lines += [_importance_line(name, method, shares) for name, (method, shares) in importance.items() if shares]
    lines += _failure_lines(jobs, outcomes)
    lines.append(f"compare all scores with: ganlab compare {shlex.quote(str(record.path))}")
    all_finished = all(outcome.state in ("finished", "pruned") for outcome in outcomes.values())
    return Summary("\n".join(lines) + "\n", all_finished)


def _job_entry(job: Job, outcome: Outcome) -> dict[str, Any]:
    return {"number": job.number, "overrides": list(job.overrides), "directory": str(job.directory), **asdict(outcome)}


def _result_lines(
    record: Record, configurations: list[Configuration], best: list[Configuration], protocols: Protocols
) -> list[str]:
    """Return the table of configurations, and the best of them or why there is none."""
    keys = [key for key in record.swept if key != "seed"]
    headers = [header for name in record.objectives for header in protocols.columns(name)]
    rows = [["", "settings", "n", *headers, "state", "jobs"]]
    for configuration in configurations:
        mark = "*" if configuration in best else ""
        cells = [
            configuration.format_score(name) if column == configuration.protocol else "-"
            for name in record.objectives
            for column in range(len(protocols.columns(name)))
        ]
        numbers = ",".join(str(job.number) for job in configuration.jobs)
        settings = describe_point(configuration.overrides, keys)
        rows.append([mark, settings, str(configuration.n), *cells, configuration.state, numbers])
    lines = [f"{record.path}: {count_states(record.jobs())}", *align_columns(rows)]
    if any(configuration.n > 1 for configuration in configurations):
        lines.append("± is half the width of the mean's 95 % confidence interval over n seeds (Student's t)")
    if best:
        names = [f"{name} ({'higher' if up else 'lower'} is better)" for name, up in record.objectives.items()]
        settings = "; ".join(describe_point(configuration.overrides, keys) for configuration in best)
        lines.append(f"best by {' and '.join(names)}: {settings}")
    if protocols.differ:
        lines.append(_no_best_line(record, protocols))
    return lines


def _no_best_line(record: Record, protocols: Protocols) -> str:
    names, variants = list(record.objectives), describe_variants(differing_settings(protocols.variants))
    return (
        f"no best: {' and '.join(names)} {'were' if names[1:] else 'was'} measured under different protocols "
        f"({variants}); scores are comparable within one protocol only, see ganlab compare "
        f"{shlex.quote(str(record.path))}"
    )


def _failure_lines(jobs: Sequence[Job], outcomes: Mapping[int, Outcome]) -> list[str]:
    failed = [job for job in jobs if outcomes[job.number].state == "failed"]
    lines = [f"job {job.number} {describe_state(outcomes[job.number])}" for job in failed]
    return [*lines, "retry the failed jobs with --retry-failed"] if failed else []


def _plot(
    record: Record, configurations: Sequence[Configuration], name: str, higher_is_better: bool
) -> tuple[str, dict[str, float]]:
    """Draw the plots of an objective, and return the method and the shares of the settings' importance for it."""
    paths = {kind: record.path / f"{kind}_{name}.png" for kind in ("parallel", "importance")}
    for path in paths.values():
        path.unlink(missing_ok=True)  # it shows an earlier state of the sweep
    scored = [
        configuration
        for configuration in configurations
        if name in configuration.scores and math.isfinite(configuration.scores[name].mean)
    ]
    settings = read_variables(scored, [key for key in record.swept if key != "seed"])
    means = [configuration.scores[name].mean for configuration in scored]
    if len(scored) < 2 or not settings:
        return "", {}
    score = parse_variable(name, [repr(mean) for mean in means])
    parallel_coordinates(paths["parallel"], settings, score, higher_is_better)
    method, shares = importances(settings, means)
    if shares:
        importance_bars(paths["importance"], shares, name, method)
    return method, shares


def _importance_line(name: str, method: str, shares: Mapping[str, float]) -> str:
    return f"importance for {name} ({method}): " + ", ".join(f"{key} {share:.2f}" for key, share in shares.items())
