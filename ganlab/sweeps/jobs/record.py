"""A sweep's directory: sweep.json, which says what the jobs are, and a lock against two sweeps at a time."""

import fcntl
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ganlab.analysis.comparison.scores import read_json
from ganlab.core.errors import UserError
from ganlab.core.renamed import current_override
from ganlab.runs.directory import write_json
from ganlab.sweeps.jobs.job import Job

FILE, LOCK = "sweep.json", "sweep.lock"


class Record:
    """The jobs of a sweep, known by their settings: a point that comes again is the job it was before."""

    def __init__(self, path: Path, config_dirs: Sequence[str] = ()) -> None:
        self.path = path
        self.config_dirs = tuple(config_dirs)
        self._lock: int | None = None

    @property
    def content(self) -> dict[str, Any]:
        """Return what sweep.json holds, empty before the first plan; raises UserError where it is broken."""
        file = self.path / FILE
        content = read_json(file) if file.exists() else {}
        for job in content.get("jobs", []):
            job["overrides"] = [current_override(override) for override in job["overrides"]]
        return content

    @property
    def swept(self) -> list[str]:
        """The keys in which jobs differ: those that a command gave several values, and those that another changed."""
        content = self.content
        jobs = [each["overrides"] for each in content.get("jobs", [])]
        shared = set.intersection(*map(set, jobs)) if jobs else set()
        apart = [each.lstrip("+").split("=")[0] for overrides in jobs for each in overrides if each not in shared]
        return list(dict.fromkeys([*content.get("swept", []), *apart]))

    @property
    def objectives(self) -> dict[str, bool]:
        """The scores by which configurations are judged, and whether higher is better."""
        return dict(self.content.get("objectives", {}))

    def jobs(self) -> list[Job]:
        """Return all jobs ever planned here, by number."""
        return [self._job(each["number"], each["overrides"]) for each in self.content.get("jobs", [])]

    def plan(self, points: Sequence[Sequence[str]]) -> list[Job]:
        """Return a job for each point, the former one where its settings are known, and remember the new ones."""
        known = {_key(job.overrides): job for job in self.jobs()}
        planned = []
        for point in points:
            job = known.setdefault(_key(point), self._job(len(known), point))
            planned.append(job)
        self.write(jobs=[{"number": job.number, "overrides": list(job.overrides)} for job in known.values()])
        return planned

    def write(self, **entries: Any) -> None:
        """Write entries of sweep.json, keeping the others; raises UserError where it cannot be written."""
        try:
            write_json(self.path / FILE, {**self.content, **entries})
        except OSError as error:
            raise self._unwritable(error) from error

    def lock(self) -> int:
        """Keep other sweeps out for as long as this process lives, and every process that inherits the number.

        Raises UserError where another sweep, or a job of one that was killed, is still at work here.
        """
        number = -1
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            number = os.open(self.path / LOCK, os.O_RDWR | os.O_CREAT, 0o644)
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(number)
            raise UserError(
                f"a sweep in {self.path}, or a job of one whose launcher is gone, is still running; look with `ganlab "
                f"sweep status {self.path}`, and wait for it or end it"
            ) from error
        except OSError as error:
            raise self._unwritable(error) from error
        self._lock = number
        return number

    def unlock(self) -> None:
        """Let others in."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _unwritable(self, error: OSError) -> UserError:
        return UserError(f"hydra.sweep.dir={self.path} cannot be written ({error.strerror}); choose another")

    def _job(self, number: int, overrides: Sequence[str]) -> Job:
        return Job(number, tuple(overrides), self.path / str(number), self.config_dirs)


def _key(overrides: Sequence[str]) -> frozenset[str]:
    return frozenset(overrides)
