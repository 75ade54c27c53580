"""From directories to runs: those with scores, and those without, with the reason."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, final

from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from ganlab.analysis.comparison.scores import ScoreFile, read_json, read_scores
from ganlab.core.errors import UserError
from ganlab.core.renamed import current_config
from ganlab.runs.directory import RunDirectory

CONFIG, STATUS, SELECTION = "config.yaml", "status.json", "scores.json"


@final
@dataclass(frozen=True)
class Run:
    """A finished run with all its scores, or a score file that stands for itself and has no `config`."""

    path: Path
    config: dict[str, Any] | None = None
    time: str = ""  # of its end
    selection: ScoreFile | None = None
    reports: dict[str, ScoreFile] = field(default_factory=dict)
    alone: ScoreFile | None = None

    @property
    def seed(self) -> int | None:
        """The seed it was trained with."""
        seed = (self.config or {}).get("seed")
        return seed if isinstance(seed, int) else None


@final
@dataclass(frozen=True)
class SkippedRun:
    """A run that is in no table: where it is, its state, and what to know of it."""

    path: str
    state: str
    reason: str


def read(paths: Iterable[str | Path]) -> tuple[list[Run], list[SkippedRun]]:
    """Return the runs and score files below some paths, each once, and the runs that have nothing to compare.

    Raises UserError for a path that does not exist or holds no run, and for files that cannot be understood.
    """
    found: dict[str, Path] = {}
    for given in paths:
        for path in _find(Path(given)):
            found.setdefault(os.path.realpath(path), path)
    read = [Run(path, alone=read_scores(path)) if path.is_file() else _read_run(path) for path in found.values()]
    return [each for each in read if isinstance(each, Run)], [each for each in read if isinstance(each, SkippedRun)]


def _find(path: Path) -> list[Path]:
    if os.path.isfile(path):
        return [path]
    if not os.path.isdir(path):
        raise UserError(f"{path} does not exist; give directories of runs, folders that hold some, or score files")
    found = list(_walk(path))
    if not found:
        raise UserError(f"{path} holds no run: no directory in it has a {CONFIG}; give directories that `train` wrote")
    return found


def _walk(top: Path) -> Iterator[Path]:
    def fail(error: OSError) -> None:
        raise UserError(f"{error.filename} cannot be read: {error.strerror}") from error

    for directory, inner, files in os.walk(top, onerror=fail):
        inner.sort()
        if CONFIG in files or STATUS in files:
            inner.clear()  # nothing in a run's directory is another run
            yield Path(directory)


def _read_run(path: Path) -> Run | SkippedRun:
    if not (path / STATUS).exists():
        return SkippedRun(str(path), "not begun", f"or stopped at once: there is no {STATUS}")
    status = read_json(path / STATUS)
    state = str(status.get("state"))
    if state != "finished":
        return SkippedRun(str(path), state, _progress(status))
    run = RunDirectory(path)
    files = {
        file: read_scores(file)
        for file in [path / SELECTION, *sorted((path / "evaluations").glob("*.json"))]
        if file.exists()
    }
    files = {file: read for file, read in files.items() if read.scores}
    if not files:
        return SkippedRun(str(path), state, f"without scores; `ganlab evaluate run={path}` makes some")
    if not run.config.exists():
        return SkippedRun(str(path), state, f"without {CONFIG}, so that nobody knows what was trained")
    selection = files.pop(path / SELECTION, None)
    reports = {file.stem: read for file, read in files.items()}
    return Run(path, _config(run.config), str(status.get("time", "")), selection, reports)


def _progress(status: dict[str, Any]) -> str:
    where = f"at step {status['step']}" if "step" in status else "before the first step"
    where += f" of {status['iterations']}" if "iterations" in status else ""
    reason = " ".join(str(status.get("reason") or "").split())
    return f"{where}: {reason}" if reason else where


def _config(path: Path) -> dict[str, Any]:
    try:
        config = current_config(OmegaConf.to_container(OmegaConf.load(path)))
    except (OSError, YAMLError, OmegaConfBaseException, ValueError) as error:
        raise UserError(f"{path} cannot be read ({' '.join(str(error).split())}); mend it, or leave it out") from error
    if not isinstance(config, dict):
        raise UserError(f"{path} holds no settings; mend it, or leave it out")
    return config
