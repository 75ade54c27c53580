"""Starts the processes of jobs on this machine: forked from one that has imported everything, or fresh ones."""

import os
import pkgutil
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Protocol, final

import ganlab
from ganlab.core.errors import UserError
from ganlab.sweeps.jobs.job import Job
from ganlab.sweeps.launchers.fork_server import ForkServer, ServerEndedError, shared_environment

MODULE = "ganlab.commands.train"
# What no job needs: the packages of other commands. Importing MODULE itself would run it twice.
NOT_NEEDED = {"__main__", "analysis", "commands", "sweeps"}
PRELOADED = (
    *("ganlab.commands", "ganlab.commands.exit_codes", "ganlab.commands.flags"),
    *(f"ganlab.{found.name}" for found in pkgutil.iter_modules(ganlab.__path__) if found.name not in NOT_NEEDED),
    *("ganlab.config.composition", "ganlab.config.validation", "ganlab.config.arguments", "ganlab.config.help"),
    *("ganlab.training.api", "ganlab.training.run", "PIL.PngImagePlugin"),
)


class JobProcess(Protocol):
    """A running job; its members are those of subprocess.Popen."""

    pid: int

    def poll(self) -> int | None:
        """Return the exit code, minus the number of the signal that ended the process, or None while it runs."""

    def wait(self) -> int:
        """Wait for the end of the process and return its exit code."""


class JobProcesses(ABC):
    """Starts the process of each job in a session of its own, with its own environment and log.

    A subclass implements `start`:

    >>> class Counted(JobProcesses):
    ...     count = 0
    ...     def start(self, job, environment, lock):
    ...         self.count += 1
    ...         return FreshProcesses().start(job, environment, lock)
    """

    @abstractmethod
    def start(self, job: Job, environment: Mapping[str, str], lock: int) -> JobProcess:
        """Start a job whose output is appended to its log; it inherits `lock`, so the sweep stays locked meanwhile."""


@final
class FreshProcesses(JobProcesses):
    """Starts a new Python for each job, which imports everything again: for platforms without a safe fork."""

    def start(self, job: Job, environment: Mapping[str, str], lock: int) -> JobProcess:
        """Start the process of a job."""
        with job.log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", MODULE, *job.arguments],
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # the terminal's Ctrl-C reaches only the launcher, which passes it on
                pass_fds=(lock,),
            )


@final
class ForkedProcesses(JobProcesses):
    """Forks jobs from a server of their environment; if the server is lost, it starts fresh processes."""

    def __init__(self) -> None:
        self._servers: dict[frozenset[tuple[str, str]], ForkServer] = {}
        self._fallback = FreshProcesses()

    @property
    def servers(self) -> list[ForkServer]:
        """The servers so far, one for each environment."""
        return list(self._servers.values())

    def start(self, job: Job, environment: Mapping[str, str], lock: int) -> JobProcess:
        """Start the process of a job, and first the server if it is the first job of its environment."""
        key = shared_environment(environment)
        if key not in self._servers:
            self._servers[key] = ForkServer(PRELOADED, environment)
        with job.log.open("ab") as log, open(os.devnull, "rb") as null:
            files = (null.fileno(), log.fileno(), log.fileno())
            try:
                return self._servers[key].start(MODULE, job.arguments, environment, files, pass_fds=(lock,))
            except ServerEndedError:
                return self._fallback.start(job, environment, lock)


START_METHODS: dict[str, type[JobProcesses]] = {"forkserver": ForkedProcesses, "spawn": FreshProcesses}


def create_job_processes(start_method: str) -> JobProcesses:
    """Return the way of starting jobs that a setting names: "auto" is "forkserver" on Linux, "spawn" elsewhere."""
    name = start_method
    if name == "auto":
        name = "forkserver" if sys.platform == "linux" else "spawn"
    if name not in START_METHODS:
        raise UserError(f"hydra.launcher.start_method must be auto, {' or '.join(START_METHODS)}, got '{start_method}'")
    return START_METHODS[name]()
