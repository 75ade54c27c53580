"""Look at a sweep from outside: `ganlab sweep status DIR`, `ganlab sweep collect DIR`."""

import sys
from collections.abc import Sequence
from pathlib import Path

from ganlab.commands.exit_codes import guarded
from ganlab.core.errors import UserError, suggest
from ganlab.sweeps.jobs.record import FILE, Record
from ganlab.sweeps.launchers.slurm_record import explain_ended

HELP = """ganlab sweep: look at a sweep that `ganlab train -m` began, whether its launcher is there or not

usage: ganlab sweep status DIR    a table of its jobs, as their run directories tell
       ganlab sweep collect DIR   write sweep.json, plots and the best configuration from what is finished

  DIR  the sweep's directory: hydra.sweep.dir, or outputs/NAME/TIME where none was given

Go on with a sweep by giving its command again with hydra.sweep.dir=DIR; finished jobs are not run again. `status` ends
with 0 when all jobs have ended well, and with 1 while some have not; `collect` only with 2, where there is no sweep.
"""


def main(arguments: Sequence[str]) -> int:
    """Run the command."""
    if "-h" in arguments or "--help" in arguments:
        print(HELP)
        return 0
    actions = {"status": _status, "collect": _collect}
    action = arguments[0] if arguments else ""
    if action not in actions:
        raise UserError(f"ganlab sweep needs one of {', '.join(actions)}, got '{action}'{suggest(action, actions)}")
    if len(arguments) != 2:
        raise UserError(f"ganlab sweep {action} needs one directory, got {len(arguments) - 1}")
    return actions[action](Path(arguments[1]))


def _status(directory: Path) -> int:
    from ganlab.sweeps.jobs.job import Outcome
    from ganlab.sweeps.results.tables import aligned, counted, job_rows

    record = _record(directory)
    jobs = record.jobs()
    print("\n".join([*aligned(job_rows(jobs, record.swept, record.objectives)), counted(jobs)]))
    return 0 if all(Outcome.of(job.directory).state in ("finished", "pruned") for job in jobs) else 1


def _collect(directory: Path) -> int:
    from ganlab.sweeps.results.collect import collect

    print(collect(_record(directory)).text, end="")
    return 0


def _record(directory: Path) -> Record:
    record = Record(directory)
    if not record.jobs():
        raise UserError(f"{directory} holds no sweep: there is no {FILE} with jobs; `ganlab train -m` writes it")
    explain_ended(directory, record.jobs())
    return record


if __name__ == "__main__":
    sys.exit(guarded(main, sys.argv[1:]))
