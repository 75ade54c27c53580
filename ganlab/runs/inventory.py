"""The runs and sweeps below directories, as their files describe them; thousands are listed in a second.

Only JSON files are read, and neither torch nor OmegaConf is imported.
"""

import math
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

from ganlab.core.errors import UserError
from ganlab.core.shell_lines import as_path, ganlab_line
from ganlab.runs.demos import require_run
from ganlab.runs.directory import CONFIG, INITIAL_WEIGHTS, STATUS, SWEEP_FILE, state_of
from ganlab.runs.directory_search import (
    RUN_AND_SWEEP_FILES,
    RUN_FILES,
    Entries,
    find_directories,
    has_any,
    list_entries,
    natural_order,
)
from ganlab.runs.json_files import read_json_if_valid

BEST = "checkpoints/best.json"
RESUMABLE = ("failed", "preempted", "lost", "waiting")
STATES = ("running", "finished", "failed", "preempted", "lost", "waiting", "pruned")


@final
@dataclass(frozen=True)
class RunSummary:
    """The state of a run, its best score so far, the bytes of its files, and the line that resumes it, if any.

    `state` is that of `RunDirectory.state`, or "pruned" for a job that a search has stopped early.
    """

    path: str
    state: str
    step: int | None = None
    iterations: int | None = None
    score: str = ""
    best: float | None = None
    best_step: int | None = None
    size_bytes: int = 0
    resume: str = ""
    reason: str = ""
    init_from: str = ""  # the run whose weights it started from


@final
@dataclass(frozen=True)
class SweepSummary:
    """The runs of a sweep, how many jobs it has in each state, and the line that resumes it, if any.

    A job that waits for its start is a run without files.
    """

    path: str
    runs: tuple[RunSummary, ...]
    states: Mapping[str, int]
    score: str = ""
    best: float | None = None
    best_run: str = ""
    size_bytes: int = 0
    resume: str = ""


Summary = RunSummary | SweepSummary


def list_directory(path: Path) -> list[Summary]:
    """Return the runs and sweeps at or below a path in natural order; of a path that is a sweep itself, its runs.

    Raises UserError if the path is no directory.
    """
    require_run(path, "this command")
    if not os.path.isdir(path):
        problem = "is not a directory" if os.path.lexists(path) else "does not exist"
        raise UserError(f"{path} {problem}; give a directory that contains runs, or a run")
    found = [_read(*each) for each in find_directories(str(path), RUN_AND_SWEEP_FILES)]
    is_sweep = (path / SWEEP_FILE).is_file()
    return [*all_runs(found)] if is_sweep else found


def all_runs(summaries: Iterable[Summary]) -> Iterator[RunSummary]:
    """Yield each run, also those of sweeps."""
    for summary in summaries:
        yield from summary.runs if isinstance(summary, SweepSummary) else (summary,)


def planned_jobs(content: Mapping[str, Any]) -> list[str]:
    """Return the names of the run directories that the jobs in a sweep.json have, also of those not yet started."""
    jobs = content.get("jobs")
    known = [job for job in jobs if isinstance(job, dict) and "number" in job] if isinstance(jobs, list) else []
    return [str(job["number"]) for job in known]


def _read(path: str, entries: Entries) -> Summary:
    return _read_run(path, entries) if has_any(entries, RUN_FILES) else _read_sweep(path, entries)


def _read_run(path: str, entries: Entries) -> RunSummary:
    status = read_json_if_valid(f"{path}/{STATUS}")
    best = read_json_if_valid(f"{path}/{BEST}") if "checkpoints" in entries else {}
    state = "pruned" if status.get("pruned") else state_of(status)
    return RunSummary(
        os.path.normpath(path),
        state,
        _number(status, "step", int),
        _number(status, "iterations", int),
        str(best.get("score") or ""),
        _number(best, "value", float),
        _number(best, "step", int),
        _size_bytes(entries),
        _resume_line(path, status) if state in RESUMABLE and CONFIG in entries else "",
        " ".join(str(status.get("reason") or "").split()),
        _source(status),
    )


def _source(status: Mapping[str, Any]) -> str:
    weights = status.get(INITIAL_WEIGHTS)
    return str(weights.get("run") or "") if isinstance(weights, dict) else ""


def _resume_line(path: str, status: Mapping[str, Any]) -> str:
    """Return the line that the run itself has written; runs of earlier versions have none."""
    return str(status.get("resume") or ganlab_line(["resume", as_path(os.path.normpath(path))]))


def _read_sweep(path: str, entries: Entries) -> SweepSummary:
    content = read_json_if_valid(f"{path}/{SWEEP_FILE}")
    found, other_bytes = [], 0
    for name, entry in entries.items():
        inner = list_entries(entry.path) if entry.is_dir(follow_symlinks=False) else {}
        if has_any(inner, RUN_FILES):
            found.append(_read_run(entry.path, inner))
        else:
            other_bytes += _size_bytes({name: entry})
    started = {os.path.basename(run.path) for run in found}
    waiting = [name for name in planned_jobs(content) if name not in started]
    states = Counter(run.state for run in found) + Counter(waiting=len(waiting))
    score, best = _best(content.get("objectives"), found)
    is_resumable = "running" not in states and not {*states} <= {"finished", "pruned"}
    resume = str(content.get("resume") or content.get("command") or "") if is_resumable else ""
    found += [RunSummary(os.path.normpath(f"{path}/{name}"), "waiting", resume=resume) for name in waiting]
    return SweepSummary(
        os.path.normpath(path),
        tuple(sorted(found, key=lambda run: natural_order(run.path))),
        dict(states),
        score,
        best and best.best,
        os.path.basename(best.path) if best else "",
        other_bytes + sum(run.size_bytes for run in found),
        resume,
    )


def _best(objectives: Any, runs: Sequence[RunSummary]) -> tuple[str, RunSummary | None]:
    """Return the first objective of a sweep and the finished run that is best by it, if there is any."""
    if not isinstance(objectives, dict) or not objectives:
        return "", None
    score, higher_is_better = next(iter(objectives.items()))
    scored = [run for run in runs if run.best is not None and run.score == score and run.state == "finished"]
    sign = 1 if higher_is_better else -1
    return str(score), max(scored, key=lambda run: sign * (run.best or 0.0), default=None)


def _size_bytes(entries: Entries) -> int:
    """Return the bytes of all files; links count as what they take themselves."""
    total = 0
    for entry in entries.values():
        try:
            if entry.is_dir(follow_symlinks=False):
                total += _size_bytes(list_entries(entry.path))
            else:
                total += entry.stat(follow_symlinks=False).st_size
        except OSError:  # it was removed meanwhile
            continue
    return total


def _number(content: Mapping[str, Any], key: str, kind: type[Any]) -> Any:
    """Return a finite number of a JSON file, None if it is absent or something else."""
    value = content.get(key)
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return kind(value) if is_number else None
