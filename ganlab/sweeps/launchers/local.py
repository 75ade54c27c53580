"""Runs jobs on this machine: one process each, as many at once as its GPUs or cores allow."""

import os
import signal
import time
from collections import deque
from collections.abc import Sequence
from types import FrameType
from typing import ClassVar, final

from ganlab.core.output import write_error_line
from ganlab.sweeps.jobs.job import Job, Outcome, write_state
from ganlab.sweeps.launchers.job_processes import JobProcess, create_job_processes
from ganlab.sweeps.launchers.launcher import Launcher
from ganlab.sweeps.launchers.progress_display import ProgressDisplay, create_display
from ganlab.sweeps.launchers.resources import Allocation, local_resources

POLL_SECONDS = 0.1
ON_POLL_SECONDS = 1.0
STOP_SIGNAL = signal.SIGTERM  # a job saves its state and ends; jobs of a background launcher would ignore SIGINT
# Exit codes of a process that a signal ended, with or without the process handling it.
INTERRUPTED = [code for number in (signal.SIGINT, signal.SIGTERM) for code in (128 + number, -number)]


@final
class Local(Launcher):
    """Runs each job as `python -m ganlab.commands.train` in its own session, with its output in the job's job.log.

    `start_method` is how: "forkserver" forks each job from a process that has imported everything and done nothing
    else, "spawn" starts a new Python for each; "auto" is the first on Linux. Ctrl-C or SIGTERM makes the running jobs
    save their state and end; a second one kills them.
    """

    can_stop: ClassVar[bool] = True

    def __init__(
        self,
        slots: int | None = None,
        threads: int | None = None,
        wait: bool = True,
        retry_failed: bool = False,
        start_method: str = "auto",
    ) -> None:
        super().__init__(wait, retry_failed)
        self._processes = create_job_processes(start_method)
        self._resources = local_resources(slots, threads)
        self._running: dict[int, _RunningJob] = {}
        self._signals: list[int] = []  # received so far

    @property
    def capacity(self) -> int:
        """How many jobs a search runs at once by default."""
        return min(super().capacity, self._resources.capacity)

    def run(self, jobs: Sequence[Job]) -> None:
        """Start jobs, wait for them and show their progress."""
        waiting, display = deque(jobs), create_display(jobs, self.record.swept, self.record.objectives)
        handlers = {number: signal.signal(number, self._on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
        last_poll = time.monotonic()
        try:
            while (waiting and not self._signals) or self._running:
                while waiting and not self._signals and self._start(waiting[0], len(jobs), display):
                    waiting.popleft()
                self._collect_ended(display)
                if time.monotonic() - last_poll >= ON_POLL_SECONDS:
                    self.on_poll()
                    last_poll = time.monotonic()
                display.refresh()
                time.sleep(POLL_SECONDS)
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)
            self._send_signal(signal.SIGKILL)  # no job is running here unless an exception ended the loop
        if self._signals:
            raise KeyboardInterrupt if self._signals[0] == signal.SIGINT else SystemExit(128 + self._signals[0])

    def stop(self, job: Job) -> None:
        """Ask one running job to save its state and end."""
        if job.number in self._running:
            self._running[job.number].send_signal(STOP_SIGNAL)

    def _start(self, job: Job, jobs: int, display: ProgressDisplay) -> bool:
        """Start a job if its resources are free, and return whether it was started."""
        allocation = self._resources.allocate(self.checked_points.compose(job.overrides).trainer, jobs)
        if allocation is None:
            return False
        job.directory.mkdir(parents=True, exist_ok=True)
        if Outcome.read(job.directory).state == "failed":  # otherwise a new failure would show the old reason
            write_state(job, "preempted", "retried")
        process = self._processes.start(job, allocation.environment, self.lock)
        self._running[job.number] = _RunningJob(job, process, allocation)
        display.job_started(job)
        return True

    def _collect_ended(self, display: ProgressDisplay) -> None:
        for number, running in list(self._running.items()):
            code = running.process.poll()
            if code is not None:
                del self._running[number]
                self._resources.release(running.allocation)
                _write_final_state(running.job, code, killed_by_user=len(self._signals) > 1)
                display.job_ended(running.job)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._signals.append(number)
        is_first = len(self._signals) == 1
        if is_first:
            write_error_line("\nstopping: the jobs save their state and end; a second Ctrl-C or SIGTERM kills them\n")
        self._send_signal(STOP_SIGNAL if is_first else signal.SIGKILL)

    def _send_signal(self, number: int) -> None:
        for running in self._running.values():
            running.send_signal(number)


@final
class _RunningJob:
    def __init__(self, job: Job, process: JobProcess, allocation: Allocation) -> None:
        self.job, self.process, self.allocation = job, process, allocation

    def send_signal(self, number: int) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, number)


def _write_final_state(job: Job, code: int, killed_by_user: bool) -> None:
    """Write the final state of a job whose process ended with an exit code and could not write it."""
    state = Outcome.read(job.directory).state
    if code in INTERRUPTED:
        if state not in ("preempted", "pruned"):
            write_state(job, "preempted", "interrupted")
    elif code < 0 and killed_by_user:
        write_state(job, "preempted", "killed by the user")
    elif code < 0:
        write_state(job, "failed", f"killed by {signal.Signals(-code).name}; see {job.log}")
    elif code > 0 and state != "failed":
        lines = job.log.read_text(errors="replace").strip().splitlines()
        write_state(job, "failed", f"{lines[-1].strip() if lines else 'no output'} (exit code {code})")
