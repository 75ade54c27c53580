"""`ganlab sweep`: the state and the results of a sweep, as `ganlab sweep status DIR` and `ganlab sweep collect DIR`."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ganlab.commands import flags
from ganlab.commands.exit_codes import guarded
from ganlab.core.errors import UserError, suggest
from ganlab.core.paused_collections import paused_collections
from ganlab.core.process_end import end_process
from ganlab.core.shell_lines import without_directory

if TYPE_CHECKING:
    from ganlab.sweeps.jobs.record import Record

HELP = """ganlab sweep: show or collect a sweep that `ganlab train -m` started, running or not

usage: ganlab sweep status DIR    print a table of its jobs, read from their run directories
       ganlab sweep collect DIR   write sweep.json, plots and the best configuration of the finished jobs

  DIR  the sweep's directory: hydra.sweep.dir, by default outputs/NAME/TIME

Resume a sweep by repeating its command with hydra.sweep.dir=DIR; finished jobs are not repeated. `status` exits with 0
if all jobs have finished or were pruned, else with 1; `collect` exits with 2 if DIR is not a sweep.
"""
SLURM_FILE = "slurm.json"  # the jobs that SLURM knows
ACTIONS = ("status", "collect")
UNFINISHED = ("lost", "preempted", "waiting")  # states of jobs that the sweep's command resumes


def main(arguments: Sequence[str]) -> int:
    """Run the command and return its exit code."""
    if flags.answer(arguments, HELP):
        return 0
    action = arguments[0] if arguments else ""
    if action not in ACTIONS:
        raise UserError(f"ganlab sweep needs one of {', '.join(ACTIONS)}, got '{action}'{suggest(action, ACTIONS)}")
    if len(arguments) != 2:
        raise UserError(f"ganlab sweep {action} needs one directory, got {len(arguments) - 1}")
    if not arguments[1].strip():
        raise UserError(f"ganlab sweep {action} needs a directory, got an empty name")
    with paused_collections():
        record = _load_record(Path(arguments[1]))
        return _print_status(record) if action == "status" else _collect(record)


def _print_status(record: "Record") -> int:
    from ganlab.sweeps.jobs.job import Outcome
    from ganlab.sweeps.results.tables import align_columns, count_states, job_rows

    jobs = record.jobs()
    outcomes = {job.number: Outcome.read(job.directory) for job in jobs}
    rows = job_rows(jobs, outcomes, record.swept, record.objectives)
    print("\n".join([*align_columns(rows), count_states(outcomes.values())]))
    states = {outcome.state for outcome in outcomes.values()}
    line = without_directory(str(record.content.get("resume") or ""))
    if line and "running" not in states and not states.isdisjoint(UNFINISHED):
        print(f"resume with: {line}")
    return 0 if states <= {"finished", "pruned"} else 1


def _collect(record: "Record") -> int:
    from ganlab.sweeps.results.collect import collect

    print(collect(record).text, end="")
    return 0


def _load_record(directory: Path) -> "Record":
    from ganlab.sweeps.jobs.record import FILE, Record

    record = Record(directory)
    if not record.jobs():
        raise UserError(f"{directory} is not a sweep: there is no {FILE} with jobs, which `ganlab train -m` writes")
    if (directory / SLURM_FILE).exists():
        from ganlab.sweeps.launchers.slurm_record import update_ended_jobs

        update_ended_jobs(directory, record.jobs())
    return record


if __name__ == "__main__":
    end_process(guarded(main, sys.argv[1:]))
