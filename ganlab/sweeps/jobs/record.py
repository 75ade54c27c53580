"""The directory of a sweep: sweep.json with its jobs, and a lock that excludes a second sweep."""

import fcntl
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ganlab.core.errors import UserError
from ganlab.core.renamed import current_override
from ganlab.core.shell_lines import as_path, ganlab_line
from ganlab.runs.file_memory import FileMemory
from ganlab.runs.json_files import read_json, write_json
from ganlab.sweeps.jobs.job import Job

FILE, LOCK = "sweep.json", "sweep.lock"


class Record:
    """The jobs of a sweep, identified by their overrides: the same point always is the same job."""

    def __init__(self, path: Path, config_dirs: Sequence[str] = ()) -> None:
        self.path = path
        self._config_dirs = tuple(config_dirs)
        self._lock: int | None = None
        self._files = FileMemory(_read)

    @property
    def content(self) -> dict[str, Any]:
        """The content of sweep.json, which must not be changed; empty before the first plan.

        Raises UserError if the file is damaged.
        """
        return self._files.read(self.path / FILE)

    @property
    def config_dirs(self) -> tuple[str, ...]:
        """The user's folders of config groups, without which the overrides of the jobs mean nothing."""
        return self._config_dirs or tuple(map(str, self.content.get("config_dirs", [])))

    @property
    def packages(self) -> str:
        """The packages that configurations may use in addition to the shipped ones, as $GANLAB_ALLOW names them."""
        return str(self.content.get("packages") or "")

    @property
    def swept(self) -> list[str]:
        """The keys in which jobs differ: those with several values in one command, and those changed by later ones."""
        content = self.content
        points = [job["overrides"] for job in content.get("jobs", [])]
        shared = set.intersection(*map(set, points)) if points else set()
        differing = [override for point in points for override in point if override not in shared]
        keys = [override.lstrip("+").split("=")[0] for override in differing]
        return list(dict.fromkeys([*content.get("swept", []), *keys]))

    @property
    def swept_without_seed(self) -> list[str]:
        """The swept keys in which configurations differ; jobs that differ only in the seed are one configuration."""
        return [key for key in self.swept if key != "seed"]

    @property
    def objectives(self) -> dict[str, bool]:
        """The scores by which configurations are ranked, and whether higher is better."""
        return dict(self.content.get("objectives", {}))

    def jobs(self) -> list[Job]:
        """Return all jobs ever planned here, by number."""
        return [self._job(job["number"], job["overrides"]) for job in self.content.get("jobs", [])]

    def plan(self, points: Sequence[Sequence[str]]) -> list[Job]:
        """Return a job for each point and save new jobs; a point with known overrides returns its existing job."""
        known = {_key(job.overrides): job for job in self.jobs()}
        planned = []
        for point in points:
            job = known.setdefault(_key(point), self._job(len(known), point))
            planned.append(job)
        self.write(jobs=[{"number": job.number, "overrides": list(job.overrides)} for job in known.values()])
        return planned

    def write(self, **entries: Any) -> None:
        """Update entries of sweep.json and leave the others; raises UserError if the file cannot be written."""
        try:
            write_json(self.path / FILE, {**self.content, **entries})
        except OSError as error:
            raise self._write_error(error) from error

    def lock(self) -> int:
        """Lock the directory until this process and every process that inherits the descriptor have ended.

        Returns the file descriptor of the lock. Raises UserError if another sweep, or a job of a killed launcher, is
        still running here.
        """
        descriptor = -1
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self.path / LOCK, os.O_RDWR | os.O_CREAT, 0o644)
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(descriptor)
            raise UserError(
                f"a sweep in {self.path}, or a job of a launcher that was killed, is still running; see "
                f"`{ganlab_line(['sweep', 'status', as_path(self.path)])}`, and wait for it or end it"
            ) from error
        except OSError as error:
            raise self._write_error(error) from error
        self._lock = descriptor
        return descriptor

    def unlock(self) -> None:
        """Release the lock of this process."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _write_error(self, error: OSError) -> UserError:
        return UserError(f"hydra.sweep.dir={self.path} cannot be written ({error.strerror}); choose another")

    def _job(self, number: int, overrides: Sequence[str]) -> Job:
        return Job(number, tuple(overrides), self.path / str(number), self.config_dirs)


def _read(file: Path) -> dict[str, Any]:
    """Return the content of sweep.json with the present names of settings."""
    content = read_json(file) if file.exists() else {}
    jobs = content.get("jobs", [])
    present = {override: current_override(override) for override in {o for job in jobs for o in job["overrides"]}}
    for job in jobs:
        job["overrides"] = [present[override] for override in job["overrides"]]
    return content


def _key(overrides: Sequence[str]) -> frozenset[str]:
    return frozenset(overrides)
