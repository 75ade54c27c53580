"""After a sweep, or in the midst of one: what its run directories tell, gathered in sweep.json and a table."""

import shlex
from dataclasses import asdict, dataclass
from typing import Any

from ganlab.sweeps.configurations import Configuration, best_of, configurations
from ganlab.sweeps.job import Job, Outcome
from ganlab.sweeps.record import Record
from ganlab.sweeps.text import aligned, counted, label, progress


@dataclass(frozen=True)
class Summary:
    """A table with what to do next, and whether every job has ended well."""

    text: str
    is_done: bool


def collect(record: Record) -> Summary:
    """Read all jobs, write sweep.json, and return what there is to say."""
    jobs, objectives = record.jobs(), record.objectives
    outcomes = {job.number: Outcome.of(job.directory) for job in jobs}
    found = configurations(jobs, outcomes, objectives)
    best = best_of(found, objectives)
    commands = [each.command(record.config_dirs) for each in best]
    record.write(
        jobs=[_entry(job, outcomes[job.number]) for job in jobs],
        configurations=[each.as_json() for each in found],
        best=[found.index(each) for each in best],
        rerun=commands,
    )
    failed = [job for job in jobs if outcomes[job.number].state == "failed"]
    is_done = all(outcome.state in ("finished", "pruned") for outcome in outcomes.values())
    return Summary("\n".join(_lines(record, found, best, commands, failed, outcomes)) + "\n", is_done)


def _entry(job: Job, outcome: Outcome) -> dict[str, Any]:
    return {"number": job.number, "overrides": list(job.overrides), "directory": str(job.directory), **asdict(outcome)}


def _lines(
    record: Record,
    found: list[Configuration],
    best: list[Configuration],
    commands: list[str],
    failed: list[Job],
    outcomes: dict[int, Outcome],
) -> list[str]:
    keys = [key for key in record.swept if key != "seed"]
    rows = [["", "settings", "n", *record.objectives, "state", "jobs"]]
    for each in found:
        mark, jobs = "*" if each in best else "", ",".join(str(job.number) for job in each.jobs)
        cells = [each.cell(name) for name in record.objectives]
        rows.append([mark, label(each.overrides, keys), str(each.n), *cells, each.state, jobs])
    lines = [f"{record.path}: {counted(record.jobs())}", *aligned(rows)]
    if any(each.n > 1 for each in found):
        lines.append("± is half of the mean's 95 % interval over n seeds (Student's t)")
    for job in failed:
        lines.append(f"job {job.number} {progress(outcomes[job.number])}")
    if failed:
        lines.append("take the failed jobs up again with --retry-failed")
    names = " and ".join(f"{name} ({'higher' if up else 'lower'} is better)" for name, up in record.objectives.items())
    if best:
        lines.append(f"best by {names}: {'; '.join(label(each.overrides, keys) for each in best)}")
        lines += [f"run it again with: {command}" for command in commands]
    lines.append(f"compare all scores with: ganlab compare {shlex.quote(str(record.path))}")
    return lines
