"""Finds runs below directories: those with scores, and those without, with the reason."""

import os
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, final

from yaml import YAMLError

from ganlab.analysis.comparison.scores import ScoreFile, read_scores
from ganlab.core.errors import UserError
from ganlab.core.plain_files import require_plain
from ganlab.core.shell_lines import as_path, ganlab_line, setting
from ganlab.runs.demos import require_run
from ganlab.runs.directory import CONFIG, INITIAL_WEIGHTS, STATUS, SWEEP_FILE, RunDirectory, state_of
from ganlab.runs.directory_search import RUN_AND_SWEEP_FILES, RUN_FILES, find_directories, has_any
from ganlab.runs.inventory import planned_jobs
from ganlab.runs.json_files import read_json, read_json_if_valid
from ganlab.runs.saved_config import read_config

SELECTION = "scores.json"


@final
@dataclass(frozen=True)
class Run:
    """A finished run with all its score files, or a `single_file` that is compared without a run and a `config`."""

    path: Path
    config: dict[str, Any] | None = None
    time: str = ""  # at which it finished
    selection: ScoreFile | None = None
    reports: dict[str, ScoreFile] = field(default_factory=dict)  # by name
    single_file: ScoreFile | None = None
    steps: int | None = None  # of training, None if they are unknown
    argument: str = ""  # the path below which the run was found
    initial_weights: dict[str, Any] = field(default_factory=dict)  # the source that it started from, and what was taken

    @property
    def seed(self) -> int | None:
        """The seed of training, None if it is unknown."""
        seed = (self.config or {}).get("seed")
        return seed if isinstance(seed, int) else None


@final
@dataclass(frozen=True)
class SkippedRun:
    """A run, or the jobs of a sweep that have not started, in no table: the path, the state, and the reason."""

    path: str
    state: str
    reason: str


def read_runs(paths: Iterable[str | Path]) -> tuple[list[Run], list[SkippedRun]]:
    """Return the runs and score files below some paths, each once, and the runs that have nothing to compare.

    Raises UserError if a path does not exist or contains no run, and if a file is damaged.
    """
    runs = []
    directories, skipped = find_run_directories(paths)
    for path, found_below in directories:
        run = Run(path, single_file=read_scores(path)) if path.is_file() else _read_run(path, found_below)
        if isinstance(run, Run):
            runs.append(run)
        else:
            skipped.append(run)
    return runs, skipped


def find_run_directories(paths: Iterable[str | Path]) -> tuple[list[tuple[Path, str]], list[SkippedRun]]:
    """Return the run directories below some paths, and the paths that are files, each once, with the path it is below.

    Also the sweeps below them whose jobs have not all started. Raises UserError if a path does not exist or contains
    no run.
    """
    unique: dict[str, tuple[Path, str]] = {}
    unstarted: dict[str, SkippedRun] = {}
    for argument in paths:
        runs, waiting = _find_runs(Path(argument))
        for path in runs:
            unique.setdefault(os.path.realpath(path), (path, str(argument)))
        unstarted |= {os.path.realpath(sweep.path): sweep for sweep in waiting}
    return list(unique.values()), list(unstarted.values())


def _find_runs(path: Path) -> tuple[list[Path], list[SkippedRun]]:
    require_run(path, "this command")
    if os.path.isfile(path):
        return [path], []
    if not os.path.isdir(path):
        raise UserError(_describe_wrong_path(path))
    runs: list[Path] = []
    waiting: list[SkippedRun] = []
    for directory, entries in find_directories(str(path), RUN_AND_SWEEP_FILES, _fail):
        if has_any(entries, RUN_FILES):
            runs.append(Path(directory))
        else:
            jobs = [Path(run) for run, _ in find_directories(directory, RUN_FILES, _fail)]
            waiting += _waiting_jobs(Path(directory), jobs)
            runs += jobs
    if not runs and not waiting:
        raise UserError(
            f"{path} contains no run: no directory in it has a {CONFIG}; give directories that `ganlab train` wrote"
        )
    return runs, waiting


def _fail(error: OSError) -> None:
    raise UserError(f"{error.filename} cannot be read: {error.strerror}") from error


def _describe_wrong_path(path: Path) -> str:
    try:
        require_plain(path)
    except ValueError as error:  # a pipe or a device
        return str(error)
    return f"{path} does not exist; give run directories, folders that contain some, or score files"


def _waiting_jobs(sweep: Path, started: Collection[Path]) -> list[SkippedRun]:
    """Return the jobs of a sweep that have no run directory yet as one entry, none if all have one."""
    names = [name for name in planned_jobs(read_json_if_valid(sweep / SWEEP_FILE)) if sweep / name not in started]
    if not names:
        return []
    count = f"{len(names)} job{'' if len(names) == 1 else 's'} not yet started"
    return [SkippedRun(str(sweep), "waiting", f"({count}); see `{ganlab_line(['sweep', 'status', as_path(sweep)])}`")]


def _read_run(path: Path, argument: str) -> Run | SkippedRun:
    if not (path / STATUS).exists():
        return SkippedRun(str(path), "not started", f"or stopped at once: there is no {STATUS}")
    status = read_json(path / STATUS)
    state = state_of(status)
    if state != "finished":
        return SkippedRun(str(path), state, _progress(status))
    run = RunDirectory(path)
    paths = [path / SELECTION, *sorted((path / "evaluations").glob("*.json"))]
    files = {file: scores for file in paths if file.exists() and (scores := read_scores(file)).scores}
    if not files:
        return SkippedRun(str(path), state, f"without scores; run `{ganlab_line(['evaluate', setting('run', path)])}`")
    if not run.config.exists():
        return SkippedRun(str(path), state, f"without {CONFIG}, so its settings are unknown")
    selection = files.pop(path / SELECTION, None)
    reports = {file.stem: scores for file, scores in files.items()}
    steps = status.get("step")
    return Run(
        path,
        read_run_config(run.config),
        str(status.get("time", "")),
        selection,
        reports,
        steps=steps if isinstance(steps, int) else None,
        argument=argument,
        initial_weights=run.initial_weights().get(INITIAL_WEIGHTS, {}),
    )


def _progress(status: dict[str, Any]) -> str:
    position = f"at step {status['step']}" if "step" in status else "before the first step"
    if "iterations" in status:
        position += f" of {status['iterations']}"
    reason = " ".join(str(status.get("reason") or "").split())
    return f"{position}: {reason}" if reason else position


def read_run_config(path: Path) -> dict[str, Any]:
    """Return the settings in a run's config.yaml; raises UserError if there are none or the file is damaged."""
    try:
        config = read_config(path)
    except (OSError, YAMLError, ValueError) as error:
        raise UserError(f"{path} cannot be read ({' '.join(str(error).split())}); fix it or leave it out") from error
    if not isinstance(config, dict):
        raise UserError(f"{path} contains no settings; fix it or leave it out")
    return config
