"""Words and columns of a sweep's tables."""

import shutil
from collections.abc import Collection, Sequence

from ganlab.sweeps.jobs.job import Job, Outcome

WIDTH = 100  # characters, where there is no terminal


def label(overrides: Sequence[str], swept: Collection[str]) -> str:
    """Return what tells a point from others: the settings that are swept, as they are written on a command line."""
    plain = [each.lstrip("+") for each in overrides]
    return " ".join(each for each in plain if each.split("=")[0] in swept) or "as configured"


def progress(outcome: Outcome) -> str:
    """Return how far a job is: its state, its steps while it has some left, and why it ended before."""
    steps = f" {outcome.step}/{outcome.iterations}" if outcome.iterations and outcome.state != "finished" else ""
    reason = " ".join(outcome.reason.split())
    return f"{outcome.state}{steps}" + (f": {reason}" if reason else "")


def numbers(outcome: Outcome, names: Collection[str]) -> str:
    """Return the scores of a finished job, of those named."""
    return "  ".join(f"{name} {outcome.scores[name]:.4g}" for name in names if name in outcome.scores)


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return rows as lines of columns, cut at the width of the terminal."""
    width = shutil.get_terminal_size((WIDTH, 0)).columns
    sizes = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(size) for cell, size in zip(row, sizes, strict=True)).rstrip() for row in rows]
    return [line if len(line) <= width else f"{line[: width - 1]}…" for line in lines]


def job_rows(jobs: Sequence[Job], swept: Collection[str], objectives: Collection[str]) -> list[list[str]]:
    """Return a row for each job: its number, settings, and where it is."""
    rows = [["job", "settings", "state"]]
    for job in jobs:
        outcome = Outcome.of(job.directory)
        state = "  ".join(part for part in (progress(outcome), numbers(outcome, objectives)) if part)
        rows.append([str(job.number), label(job.overrides, swept), state])
    return rows


def counted(jobs: Sequence[Job]) -> str:
    """Return how many jobs are in which state."""
    states = [Outcome.of(job.directory).state for job in jobs]
    return f"{len(jobs)} jobs: " + ", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(states))
