"""After a sweep, or in the midst of one: what its run directories tell, gathered in sweep.json and a table."""

import math
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ganlab.analysis.comparison.columns import telling
from ganlab.sweeps.jobs.job import Job, Outcome
from ganlab.sweeps.jobs.record import Record
from ganlab.sweeps.results.configurations import Configuration, best_of, configurations
from ganlab.sweeps.results.importance import importances
from ganlab.sweeps.results.plots import importance_bars, parallel_coordinates
from ganlab.sweeps.results.protocols import Protocols, numbered, protocols_of
from ganlab.sweeps.results.tables import aligned, counted, label, progress
from ganlab.sweeps.results.variables import variable, variables


@dataclass(frozen=True)
class Summary:
    """A table with what to do next, and whether every job has ended well."""

    text: str
    is_done: bool


def collect(record: Record) -> Summary:
    """Read all jobs, write sweep.json, and return what there is to say."""
    jobs, objectives = record.jobs(), record.objectives
    outcomes = {job.number: Outcome.of(job.directory) for job in jobs}
    protocols = protocols_of(jobs, outcomes, objectives)
    found = configurations(jobs, outcomes, objectives, protocols)
    comparable = [] if protocols.are_unlike else found
    best = best_of(comparable, objectives)
    commands = [each.command(record.config_dirs) for each in best]
    matters = {name: _draw(record, comparable, name, higher) for name, higher in objectives.items()}
    record.write(
        jobs=[_entry(job, outcomes[job.number]) for job in jobs],
        configurations=[each.as_json() for each in found],
        best=[found.index(each) for each in best],
        rerun=commands,
        importance=matters,
    )
    lines = _lines(record, found, best, protocols)
    lines += [f"run it again with: {command}" for command in commands]
    lines += [_important(name, *each) for name, each in matters.items() if each[1]]
    lines += _failures(jobs, outcomes)
    lines.append(f"compare all scores with: ganlab compare {shlex.quote(str(record.path))}")
    is_done = all(outcome.state in ("finished", "pruned") for outcome in outcomes.values())
    return Summary("\n".join(lines) + "\n", is_done)


def _entry(job: Job, outcome: Outcome) -> dict[str, Any]:
    return {"number": job.number, "overrides": list(job.overrides), "directory": str(job.directory), **asdict(outcome)}


def _lines(record: Record, found: list[Configuration], best: list[Configuration], protocols: Protocols) -> list[str]:
    keys = [key for key in record.swept if key != "seed"]
    heads = [head for name in record.objectives for head in protocols.columns(name)]
    rows = [["", "settings", "n", *heads, "state", "jobs"]]
    for each in found:
        mark, jobs = "*" if each in best else "", ",".join(str(job.number) for job in each.jobs)
        cells = [
            each.cell(name) if place == each.protocol else "-"
            for name in record.objectives
            for place in range(len(protocols.columns(name)))
        ]
        rows.append([mark, label(each.overrides, keys), str(each.n), *cells, each.state, jobs])
    lines = [f"{record.path}: {counted(record.jobs())}", *aligned(rows)]
    if any(each.n > 1 for each in found):
        lines.append("± is half of the mean's 95 % interval over n seeds (Student's t)")
    names = " and ".join(f"{name} ({'higher' if up else 'lower'} is better)" for name, up in record.objectives.items())
    if best:
        lines.append(f"best by {names}: {'; '.join(label(each.overrides, keys) for each in best)}")
    if protocols.are_unlike:
        lines.append(_none(record, protocols))
    return lines


def _none(record: Record, protocols: Protocols) -> str:
    """Say why there is no best."""
    names, told = list(record.objectives), numbered(telling(protocols.variants))
    return (
        f"no best: {' and '.join(names)} {'were' if names[1:] else 'was'} measured under unlike protocols ({told}); "
        f"compare like with like, see ganlab compare {shlex.quote(str(record.path))}"
    )


def _failures(jobs: Sequence[Job], outcomes: Mapping[int, Outcome]) -> list[str]:
    failed = [job for job in jobs if outcomes[job.number].state == "failed"]
    lines = [f"job {job.number} {progress(outcomes[job.number])}" for job in failed]
    return [*lines, "take the failed jobs up again with --retry-failed"] if failed else []


def _draw(record: Record, found: Sequence[Configuration], name: str, higher: bool) -> tuple[str, dict[str, float]]:
    """Draw what there is to see of an objective, and return how settings matter for it, and by which method."""
    pictures = {kind: record.path / f"{kind}_{name}.png" for kind in ("parallel", "importance")}
    for path in pictures.values():
        path.unlink(missing_ok=True)  # of what was there to see before
    scored = [each for each in found if name in each.scores and math.isfinite(each.scores[name].mean)]
    settings = variables(scored, [key for key in record.swept if key != "seed"])
    means = [each.scores[name].mean for each in scored]
    if len(scored) < 2 or not settings:
        return "", {}
    score = variable(name, [repr(mean) for mean in means])
    parallel_coordinates(pictures["parallel"], settings, score, higher)
    method, shares = importances(settings, means)
    if shares:
        importance_bars(pictures["importance"], shares, name, method)
    return method, shares


def _important(name: str, method: str, shares: Mapping[str, float]) -> str:
    return f"importance for {name} ({method}): " + ", ".join(f"{key} {share:.2f}" for key, share in shares.items())
