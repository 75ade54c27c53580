"""Collects the results of a sweep from its run directories into sweep.json, plots and a printed table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ganlab.analysis.comparison.captions import CLIPPED_LEGEND, SEEDS_LEGEND
from ganlab.analysis.comparison.columns import differing_settings
from ganlab.core.shell_lines import as_path, ganlab_line, without_directory
from ganlab.sweeps.jobs.job import Job, Outcome
from ganlab.sweeps.jobs.record import Record
from ganlab.sweeps.results.configurations import Configuration, group_configurations, select_best
from ganlab.sweeps.results.importance_plots import Importance, read_importance, write_plots
from ganlab.sweeps.results.protocols import Protocols, describe_variants, read_protocols
from ganlab.sweeps.results.tables import align_columns, count_states, describe_point, describe_state

BEST = "best"  # in front of a row; the sign * has another meaning in the tables of `ganlab compare`


@dataclass(frozen=True)
class Summary:
    """The printed results, and whether every job is finished or pruned."""

    text: str
    all_finished: bool


def collect(record: Record) -> Summary:
    """Read all jobs, write sweep.json and plots, and return the results as text.

    Plots of the same configurations with the same scores are not drawn again.
    """
    jobs, objectives = record.jobs(), record.objectives
    outcomes = {job.number: Outcome.read(job.directory) for job in jobs}
    protocols = read_protocols(jobs, outcomes, objectives)
    configurations = group_configurations(jobs, outcomes, objectives, protocols)
    comparable = [] if protocols.differ else configurations
    best = select_best(comparable, objectives)
    commands = [configuration.train_command(record.config_dirs, record.packages) for configuration in best]
    position = {id(configuration): i for i, configuration in enumerate(configurations)}
    entries = [configuration.as_json() for configuration in configurations]
    is_known = not protocols.differ and record.content.get("configurations") == entries
    importance: dict[str, Importance] = {}
    for name, higher_is_better in objectives.items():
        known = read_importance(record, name) if is_known else None
        importance[name] = known or write_plots(record, comparable, name, higher_is_better)
    record.write(
        jobs=[_job_entry(job, outcomes[job.number]) for job in jobs],
        configurations=entries,
        best=[position[id(configuration)] for configuration in best],
        rerun=commands,
        importance=importance,
    )
    lines = [f"{record.path}: {count_states(outcomes.values())}"]
    lines += _result_lines(record, configurations, best, protocols)
    lines += [f"reproduce the best with: {command}" for command in commands]
    lines += [_importance_line(name, method, shares) for name, (method, shares) in importance.items() if shares]
    lines += _failure_lines(record, jobs, outcomes)
    lines.append(f"compare all scores with: {_compare_line(record)}")
    all_finished = all(outcome.state in ("finished", "pruned") for outcome in outcomes.values())
    return Summary("\n".join(lines) + "\n", all_finished)


def _job_entry(job: Job, outcome: Outcome) -> dict[str, Any]:
    return {
        "number": job.number,
        "overrides": list(job.overrides),
        "directory": str(job.directory),
        **outcome._asdict(),
    }


def _result_lines(
    record: Record, configurations: list[Configuration], best: list[Configuration], protocols: Protocols
) -> list[str]:
    """Return the table of configurations, and the best of them or why there is none."""
    keys, objectives = record.swept_without_seed, record.objectives
    headers = [header for name in objectives for header in protocols.columns(name)]
    rows = [["", "settings", "n", *headers, "state", "jobs"]]
    marked = {id(configuration) for configuration in best}
    for configuration in configurations:
        mark = BEST if id(configuration) in marked else ""
        cells = [
            configuration.format_score(name) if column == configuration.protocol else "-"
            for name in objectives
            for column in range(len(protocols.columns(name)))
        ]
        numbers = ",".join(str(job.number) for job in configuration.jobs)
        settings = describe_point(configuration.overrides, keys)
        rows.append([mark, settings, str(configuration.n), *cells, configuration.state, numbers])
    lines = align_columns(rows)
    if any(configuration.n > 1 for configuration in configurations):
        lines.append(SEEDS_LEGEND)
    if any(" +" in configuration.format_score(name) for configuration in configurations for name in objectives):
        lines.append(CLIPPED_LEGEND)
    if best:
        names = [f"{name} ({'higher' if up else 'lower'} is better)" for name, up in objectives.items()]
        settings = "; ".join(describe_point(configuration.overrides, keys) for configuration in best)
        lines.append(f"best by {' and '.join(names)}: {settings}")
    if protocols.differ:
        lines.append(_no_best_line(record, protocols))
    return lines


def _no_best_line(record: Record, protocols: Protocols) -> str:
    names, variants = list(record.objectives), describe_variants(differing_settings(protocols.variants))
    return (
        f"no best: {' and '.join(names)} {'were' if names[1:] else 'was'} measured under different protocols "
        f"({variants}); scores are comparable within one protocol only, see {_compare_line(record)}"
    )


def _compare_line(record: Record) -> str:
    return ganlab_line(["compare", as_path(record.path)])


def _failure_lines(record: Record, jobs: Sequence[Job], outcomes: Mapping[int, Outcome]) -> list[str]:
    """Return the failed jobs with their reasons, and the command that retries them."""
    failed = [job for job in jobs if outcomes[job.number].state == "failed"]
    lines = [f"job {job.number} {describe_state(outcomes[job.number])}" for job in failed]
    line = without_directory(str(record.content.get("resume") or "")).removesuffix(" --retry-failed")
    advice = "retry the failed jobs with --retry-failed" + (f": {line} --retry-failed" if line else "")
    return [*lines, advice] if failed else []


def _importance_line(name: str, method: str, shares: Mapping[str, float]) -> str:
    return f"importance for {name} ({method}): " + ", ".join(f"{key} {share:.2f}" for key, share in shares.items())
