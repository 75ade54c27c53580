"""Jobs on a cluster: submitted to SLURM as an array, watched without being held, picked up again by any later call."""

import sys
import time
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any, ClassVar, final

from ganlab.core.errors import UserError
from ganlab.sweeps.jobs.job import Job, Outcome, settle
from ganlab.sweeps.launchers.launcher import Launcher
from ganlab.sweeps.launchers.progress_display import Board, progress_display
from ganlab.sweeps.launchers.slurm_queue import GONE, HELD, OVER, cancel
from ganlab.sweeps.launchers.slurm_record import Submitted, explain
from ganlab.sweeps.launchers.slurm_submission import Layout, Resources

FOLDER = "slurm"
SHOW_SECONDS = 0.5


@final
class Slurm(Launcher):
    """Submits what is not in SLURM's queue yet, and waits until every job has ended by its own word or by SLURM's.

    Ctrl-C, or the launcher's death, leaves the jobs at work. `poll_seconds` pass between two looks at the queue; a job
    that SLURM has not had for `lost_after_seconds`, and that left no final status, is lost.
    """

    can_stop: ClassVar[bool] = True
    can_leave: ClassVar[bool] = True

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
            what = str(error).removeprefix("Resources.__init__() ")
            raise UserError(f"hydra.launcher: {what}; conf/hydra/launcher/slurm.yaml lists all settings") from error

    @property
    def width(self) -> int:
        """How many jobs a search should have at work at once."""
        return min(super().width, self.resources.array_parallelism)

    def run(self, jobs: Sequence[Job]) -> None:
        """Submit jobs, unless they are in the queue, and wait for them."""
        submitted = Submitted(self.record.path)
        queued = submitted.alive(jobs)
        if queued:
            print(f"{len(queued)} jobs are in SLURM's queue already", file=sys.stderr)
        rest = [job for job in jobs if job.number not in queued]
        layouts = {job.number: self.resources.layout(self.checked(job.overrides)) for job in rest}
        rest.sort(key=lambda job: (layouts[job.number], job.number))
        for layout, group in groupby(rest, lambda job: layouts[job.number]):
            self._submit(list(group), layout, submitted)
        if not self.wait:
            return
        try:
            self._wait(jobs, submitted)
        except KeyboardInterrupt:
            print("\nthe jobs go on: wait again with the same command, or end them with scancel", file=sys.stderr)
            raise

    def stop(self, job: Job) -> None:
        """End one job gently."""
        cancel(Submitted(self.record.path).ids[job.number])

    def _submit(self, jobs: list[Job], layout: Layout, submitted: Submitted) -> None:
        for job in jobs:
            if Outcome.of(job.directory).is_final:  # what it was must not be taken for what it will be
                settle(job, "preempted", "submitted again")
        ids = self.resources.submit(jobs, layout, self.record.path / FOLDER)
        submitted.add(jobs, ids)
        print(f"submitted {len(jobs)} jobs to SLURM as {ids[0].split('_')[0]}", file=sys.stderr)

    def _wait(self, jobs: Sequence[Job], submitted: Submitted) -> None:
        shown = progress_display(jobs, self.record.swept, self.record.objectives)
        watch = _Watch(jobs, shown, self.lost_after_seconds)
        looked = -self.poll_seconds
        while watch.left:
            if time.monotonic() - looked >= self.poll_seconds:
                looked = time.monotonic()
                watch.look(submitted.states(watch.left))
                self.watch()
            shown.show()
            time.sleep(min(SHOW_SECONDS, self.poll_seconds))


@final
class _Watch:
    """The jobs that have not ended yet."""

    def __init__(self, jobs: Sequence[Job], shown: Board, patience_seconds: float) -> None:
        self.left, self.shown, self.patience_seconds = list(jobs), shown, patience_seconds
        self._seen: set[tuple[int, str]] = set()
        self._over_since: dict[int, float] = {}

    def look(self, states: Mapping[int, str] | None) -> None:
        """Let go of jobs that have ended; without an answer of SLURM's, of none."""
        for job in list(self.left) if states is not None else []:
            state = (states or {})[job.number]
            if state in OVER or state == GONE:
                self._over(job, state)
                continue
            self._over_since.pop(job.number, None)
            if (job.number, state) not in self._seen:
                self._seen.add((job.number, state))
                self._tell(job, state)

    def _tell(self, job: Job, state: str) -> None:
        if state == "RUNNING":
            self.shown.started(job)
        elif state in HELD:
            print(f"job {job.number} is held in SLURM; squeue says why, scontrol release lets it go", file=sys.stderr)

    def _over(self, job: Job, state: str) -> None:
        """Believe a final status at once, and SLURM alone only after a while: the job may be about to be requeued."""
        if not Outcome.of(job.directory).is_final:
            since = self._over_since.setdefault(job.number, time.monotonic())
            if time.monotonic() - since < self.patience_seconds:
                return
            explain(job, state)
        self.left.remove(job)
        self.shown.ended(job)
