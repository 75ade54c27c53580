"""Runs jobs on a SLURM cluster: submits them as job arrays and waits for them; any later call resumes the sweep."""

import sys
import time
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any, ClassVar, final

from ganlab.core.errors import UserError
from ganlab.sweeps.jobs.job import Job, Outcome, write_state
from ganlab.sweeps.launchers.launcher import Launcher
from ganlab.sweeps.launchers.progress_display import ProgressDisplay, create_display
from ganlab.sweeps.launchers.slurm_queue import ENDED, GONE, HELD, cancel
from ganlab.sweeps.launchers.slurm_record import SlurmRecord, write_final_state
from ganlab.sweeps.launchers.slurm_submission import Layout, Resources

FOLDER = "slurm"
REFRESH_SECONDS = 0.5


@final
class Slurm(Launcher):
    """Submits the jobs that are not in SLURM's queue yet, and waits until each has a final state.

    Ctrl-C, or the end of the launcher, leaves the jobs running. `poll_seconds` is the time between two queries of the
    queue. A job without a final status that SLURM has not listed for `lost_after_seconds` is lost.
    """

    can_stop: ClassVar[bool] = True
    can_detach: ClassVar[bool] = True

    def __init__(
        self,
        poll_seconds: float,
        lost_after_seconds: float,
        wait: bool = True,
        retry_failed: bool = False,
        **resources: Any,
    ) -> None:
        super().__init__(wait, retry_failed)
        self.poll_seconds, self.lost_after_seconds = poll_seconds, lost_after_seconds
        try:
            self.resources = Resources(**resources)
        except TypeError as error:
            problem = str(error).removeprefix("Resources.__init__() ")
            raise UserError(f"hydra.launcher: {problem}; conf/hydra/launcher/slurm.yaml lists all settings") from error

    @property
    def capacity(self) -> int:
        """How many jobs a search runs at once by default."""
        return min(super().capacity, self.resources.array_parallelism)

    def run(self, jobs: Sequence[Job]) -> None:
        """Submit the jobs that are not in the queue, and wait for all of them."""
        record = SlurmRecord(self.record.path)
        queued = record.queued(jobs)
        if queued:
            print(f"{len(queued)} jobs are already in SLURM's queue", file=sys.stderr)
        new = [job for job in jobs if job.number not in queued]
        layouts = {job.number: self.resources.layout(self.checked_points.compose(job.overrides)) for job in new}
        new.sort(key=lambda job: (layouts[job.number], job.number))
        for layout, group in groupby(new, lambda job: layouts[job.number]):
            self._submit(list(group), layout, record)
        if not self.wait:
            return
        try:
            self._wait(jobs, record)
        except KeyboardInterrupt:
            message = "the jobs keep running; wait for them again with the same command, or end them with scancel"
            print(f"\n{message}", file=sys.stderr)
            raise

    def stop(self, job: Job) -> None:
        """Ask one job to save its state and end."""
        cancel(SlurmRecord(self.record.path).ids[job.number])

    def _submit(self, jobs: list[Job], layout: Layout, record: SlurmRecord) -> None:
        for job in jobs:
            if Outcome.read(job.directory).is_final:  # the old state must not be taken for that of the new submission
                write_state(job, "preempted", "submitted again")
        ids = self.resources.submit(jobs, layout, self.record.path / FOLDER)
        record.add(jobs, ids)
        print(f"submitted {len(jobs)} jobs to SLURM as {ids[0].split('_')[0]}", file=sys.stderr)

    def _wait(self, jobs: Sequence[Job], record: SlurmRecord) -> None:
        display = create_display(jobs, self.record.swept, self.record.objectives)
        pending = _PendingJobs(jobs, display, self.lost_after_seconds)
        last_poll = -self.poll_seconds
        while pending.jobs:
            if time.monotonic() - last_poll >= self.poll_seconds:
                last_poll = time.monotonic()
                pending.update(record.states(pending.jobs))
                self.on_poll()
            display.refresh()
            time.sleep(min(REFRESH_SECONDS, self.poll_seconds))


@final
class _PendingJobs:
    """The jobs that have not ended yet."""

    def __init__(self, jobs: Sequence[Job], display: ProgressDisplay, lost_after_seconds: float) -> None:
        self.jobs, self.display, self.lost_after_seconds = list(jobs), display, lost_after_seconds
        self._reported: set[tuple[int, str]] = set()
        self._ended_since: dict[int, float] = {}

    def update(self, states: Mapping[int, str] | None) -> None:
        """Remove the jobs that have ended; `states` is None if SLURM did not answer, and then no job is removed."""
        if states is None:
            return
        for job in list(self.jobs):
            state = states[job.number]
            if state in ENDED or state == GONE:
                self._remove_ended(job, state)
                continue
            self._ended_since.pop(job.number, None)
            if (job.number, state) not in self._reported:
                self._reported.add((job.number, state))
                self._report(job, state)

    def _report(self, job: Job, state: str) -> None:
        if state == "RUNNING":
            self.display.job_started(job)
        elif state in HELD:
            message = f"job {job.number} is held in SLURM; squeue shows why, `scontrol release` releases it"
            print(message, file=sys.stderr)

    def _remove_ended(self, job: Job, state: str) -> None:
        """Remove a job with a final status, or that ended in SLURM a while ago; sooner, SLURM may still requeue it."""
        if not Outcome.read(job.directory).is_final:
            since = self._ended_since.setdefault(job.number, time.monotonic())
            if time.monotonic() - since < self.lost_after_seconds:
                return
            write_final_state(job, state)
        self.jobs.remove(job)
        self.display.job_ended(job)
