"""Finds runs below directories: those with scores, and those without, with the reason."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, final

from yaml import YAMLError

from ganlab.analysis.comparison.scores import ScoreFile, read_scores
from ganlab.core.errors import UserError
from ganlab.core.shell_lines import ganlab_line, setting
from ganlab.runs.directory import RunDirectory
from ganlab.runs.json_files import read_json
from ganlab.runs.saved_config import read_config

CONFIG, STATUS, SELECTION = "config.yaml", "status.json", "scores.json"


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

    @property
    def seed(self) -> int | None:
        """The seed of training, None if it is unknown."""
        seed = (self.config or {}).get("seed")
        return seed if isinstance(seed, int) else None


@final
@dataclass(frozen=True)
class SkippedRun:
    """A run that is in no table: its path, its state, and the reason."""

    path: str
    state: str
    reason: str


def read_runs(paths: Iterable[str | Path]) -> tuple[list[Run], list[SkippedRun]]:
    """Return the runs and score files below some paths, each once, and the runs that have nothing to compare.

    Raises UserError if a path does not exist or contains no run, and if a file is damaged.
    """
    runs, skipped = [], []
    for path, found_below in find_run_directories(paths):
        run = Run(path, single_file=read_scores(path)) if path.is_file() else _read_run(path, found_below)
        if isinstance(run, Run):
            runs.append(run)
        else:
            skipped.append(run)
    return runs, skipped


def find_run_directories(paths: Iterable[str | Path]) -> list[tuple[Path, str]]:
    """Return the run directories below some paths, and the paths that are files, each once, with the path it is below.

    Raises UserError if a path does not exist or contains no run.
    """
    unique: dict[str, tuple[Path, str]] = {}
    for argument in paths:
        for run_path in _find_runs(Path(argument)):
            unique.setdefault(os.path.realpath(run_path), (run_path, str(argument)))
    return list(unique.values())


def _find_runs(path: Path) -> list[Path]:
    if os.path.isfile(path):
        return [path]
    if not os.path.isdir(path):
        raise UserError(f"{path} does not exist; give run directories, folders that contain some, or score files")
    directories = list(_walk(path))
    if not directories:
        raise UserError(
            f"{path} contains no run: no directory in it has a {CONFIG}; give directories that `ganlab train` wrote"
        )
    return directories


def _walk(top: Path) -> Iterator[Path]:
    def fail(error: OSError) -> None:
        raise UserError(f"{error.filename} cannot be read: {error.strerror}") from error

    for directory, inner, files in os.walk(top, onerror=fail):
        inner.sort()
        if CONFIG in files or STATUS in files:
            inner.clear()  # a run's directory contains no other run
            yield Path(directory)


def _read_run(path: Path, argument: str) -> Run | SkippedRun:
    if not (path / STATUS).exists():
        return SkippedRun(str(path), "not started", f"or stopped at once: there is no {STATUS}")
    status = read_json(path / STATUS)
    state = str(status.get("state"))
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
