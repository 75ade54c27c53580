"""Jobs on this machine: one process each, as many at once as there is room for."""

import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Sequence
from types import FrameType
from typing import Any, ClassVar, final

from ganlab.sweeps.jobs.job import Job, Outcome, settle
from ganlab.sweeps.launchers.launcher import Launcher
from ganlab.sweeps.launchers.progress_display import Board, progress_display
from ganlab.sweeps.launchers.resources import Allocation, this_machine

POLL_SECONDS = 0.1
WATCH_SECONDS = 1.0
GENTLE = signal.SIGTERM  # asks a job to save itself; jobs of a background launcher would ignore SIGINT
# Exit codes of a process that a signal has ended, by itself or before it could take the signal.
INTERRUPTED = [code for number in (signal.SIGINT, signal.SIGTERM) for code in (128 + number, -number)]


@final
class Local(Launcher):
    """Starts `python -m ganlab.train` for each job, in a session of its own, with its output in the job's job.log.

    Ctrl-C, or SIGTERM, lets the running jobs save themselves; a second one kills them.
    """

    can_stop: ClassVar[bool] = True

    def __init__(
        self, slots: int | None = None, threads: int | None = None, wait: bool = True, retry_failed: bool = False
    ) -> None:
        super().__init__(wait, retry_failed)
        self._room = this_machine(slots, threads)
        self._running: dict[int, _Running] = {}
        self._asked: list[int] = []  # the signals that asked for the end

    @property
    def width(self) -> int:
        """How many jobs a search should have at work at once."""
        return min(super().width, self._room.width)

    def run(self, jobs: Sequence[Job]) -> None:
        """Start jobs, wait for them and show their progress."""
        waiting, shown = deque(jobs), progress_display(jobs, self.record.swept, self.record.objectives)
        former = {number: signal.signal(number, self._ask) for number in (signal.SIGINT, signal.SIGTERM)}
        watched = time.monotonic()
        try:
            while (waiting and not self._asked) or self._running:
                while waiting and not self._asked and self._start(waiting[0], len(jobs), shown):
                    waiting.popleft()
                self._reap(shown)
                if time.monotonic() - watched >= WATCH_SECONDS:
                    self.watch()
                    watched = time.monotonic()
                shown.show()
                time.sleep(POLL_SECONDS)
        finally:
            for number, handler in former.items():
                signal.signal(number, handler)
            self._signal(signal.SIGKILL)  # nothing runs any more, unless a bug of ours ended the loop
        if self._asked:
            raise KeyboardInterrupt if self._asked[0] == signal.SIGINT else SystemExit(128 + self._asked[0])

    def stop(self, job: Job) -> None:
        """End one running job gently."""
        if job.number in self._running:
            self._running[job.number].signal(GENTLE)

    def _start(self, job: Job, jobs: int, shown: Board) -> bool:
        place = self._room.take(self.checked(job.overrides).trainer, jobs)
        if place is None:
            return False
        job.directory.mkdir(parents=True, exist_ok=True)
        if Outcome.of(job.directory).state == "failed":  # or its former reason would be taken for the next one
            settle(job, "preempted", "taken up again")
        with job.log.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "ganlab.commands.train", *job.arguments],
                env=place.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # the terminal's Ctrl-C is ours to pass on
                pass_fds=(self.lock,),  # so that nobody begins again while a job of a killed launcher is at work
            )
        self._running[job.number] = _Running(job, process, place)
        shown.started(job)
        return True

    def _reap(self, shown: Board) -> None:
        for number, each in list(self._running.items()):
            code = each.process.poll()
            if code is not None:
                del self._running[number]
                self._room.free(each.place)
                _explain(each.job, code, killed_by_user=len(self._asked) > 1)
                shown.ended(each.job)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self._asked.append(number)
        if len(self._asked) == 1:
            os.write(2, b"\nthe jobs save themselves and end; once more kills them\n")
        self._signal(GENTLE if len(self._asked) == 1 else signal.SIGKILL)

    def _signal(self, number: int) -> None:
        for each in self._running.values():
            each.signal(number)


@final
class _Running:
    def __init__(self, job: Job, process: "subprocess.Popen[Any]", place: Allocation) -> None:
        self.job, self.process, self.place = job, process, place

    def signal(self, number: int) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, number)


def _explain(job: Job, code: int, killed_by_user: bool) -> None:
    """Write what became of a job whose process could not write it."""
    state = Outcome.of(job.directory).state
    if code in INTERRUPTED:
        if state not in ("preempted", "pruned"):
            settle(job, "preempted", "interrupted")
    elif code < 0 and killed_by_user:
        settle(job, "preempted", "killed by the user")
    elif code < 0:
        settle(job, "failed", f"killed by {signal.Signals(-code).name}; see {job.log}")
    elif code > 0 and state != "failed":
        lines = job.log.read_text(errors="replace").strip().splitlines()
        settle(job, "failed", f"{lines[-1].strip() if lines else 'no output'} (exit code {code})")
