"""The tables of a sweep as text: one row per job, in aligned columns."""

import shutil
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

from ganlab.sweeps.jobs.job import Job, Outcome

WIDTH = 100  # characters, if there is no terminal


def describe_point(overrides: Sequence[str], swept: Collection[str]) -> str:
    """Return the swept settings of a point, as written on a command line."""
    settings = [override.lstrip("+") for override in overrides]
    return " ".join(setting for setting in settings if setting.split("=")[0] in swept) or "as configured"


def describe_state(outcome: Outcome) -> str:
    """Return the state of a job with its step, if the job has not finished, and the reason for its end."""
    steps = f" {outcome.step}/{outcome.iterations}" if outcome.iterations and outcome.state != "finished" else ""
    reason = " ".join(outcome.reason.split())
    return f"{outcome.state}{steps}" + (f": {reason}" if reason else "")


def describe_outcome(outcome: Outcome, scores: Collection[str]) -> str:
    """Return the state of a job and those of the named scores that it has."""
    values = [f"{name} {outcome.scores[name]:.4g}" for name in scores if name in outcome.scores]
    return "  ".join([describe_state(outcome), *values])


def align_columns(rows: Sequence[Sequence[str]], width: int | None = None) -> list[str]:
    """Return rows as lines with aligned columns, cut at a number of characters: by default that of the terminal."""
    width = width or shutil.get_terminal_size((WIDTH, 0)).columns
    sizes = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(size) for cell, size in zip(row, sizes, strict=True)).rstrip() for row in rows]
    return [line if len(line) <= width else f"{line[: width - 1]}…" for line in lines]


def job_rows(
    jobs: Sequence[Job], outcomes: Mapping[int, Outcome], swept: Collection[str], objectives: Collection[str]
) -> list[list[str]]:
    """Return a header and one row per job: its number, its swept settings, and its state with the objectives."""
    rows = [["job", "settings", "state"]]
    for job in jobs:
        state = describe_outcome(outcomes[job.number], objectives)
        rows.append([str(job.number), describe_point(job.overrides, swept), state])
    return rows


def count_states(outcomes: Iterable[Outcome]) -> str:
    """Return the number of jobs in each state: "4 jobs: 2 finished, 2 failed"."""
    counts = Counter(outcome.state for outcome in outcomes)
    return f"{counts.total()} jobs: " + ", ".join(f"{count} {state}" for state, count in counts.items())
