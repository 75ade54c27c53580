"""The `ganlab` command: runs the module ganlab.commands.COMMAND.

A command that uses Hydra or Lightning replaces this process by `python -m ganlab.commands.COMMAND`, a command line that
they can repeat for the processes that they start. The others run in this process, which saves a start of Python.
"""

import os
import runpy
import sys

from ganlab.commands import flags
from ganlab.core.early_interrupts import end_at_interrupt, interrupts_held
from ganlab.core.errors import suggest

COMMANDS = {
    "train": "train one experiment, or a sweep with -m",
    "resume": "continue stopped, failed or finished runs from their directories",
    "inspect": "look at a set of images before training",
    "evaluate": "score a run, or finished samples in files",
    "sample": "write samples of a finished run",
    "apply": "translate or enhance image files with a finished run",
    "compare": "print one table of runs, with intervals over seeds",
    "ls": "list runs and sweeps with their state, best score and size",
    "prune": "free the checkpoints of finished runs",
    "plot": "draw a figure of runs or sweeps, as SVG, PDF or PNG",
    "sweep": "show the state of a sweep, or collect its results",
    "dashboard": "build a W&B workspace, and a report of a sweep",
    "describe": "print the settings of a component, with their meaning",
    "doctor": "report what this machine can run, and what is missing",
    "new": "write a package with a generator and a loss of your own",
    "completion": "print a script for TAB completion in bash or zsh",
    "help": "print the help of a command",
}
REPLACING = ("train", "resume", "inspect", "evaluate", "sample", "apply")  # commands that replace this process
USAGE = f"""usage: ganlab COMMAND [KEY=VALUE ...]
       ganlab --version

{chr(10).join(f"  {name:10} {summary}" for name, summary in COMMANDS.items())}

Run 'ganlab COMMAND --help' for details."""


def main() -> int:
    """Run the command that the first argument names; returns an exit code only if there is no command to run."""
    end_at_interrupt()
    arguments = sys.argv[1:]
    if arguments[:1] == ["help"]:
        arguments = [argument for argument in arguments if argument != "help"] + ["--help"]
    command = arguments[0] if arguments else "--help"
    if flags.answer([command], USAGE):
        return 0
    if command not in COMMANDS:
        names = ", ".join(COMMANDS)
        print(f"there is no command '{command}'; choose {names}{suggest(command, COMMANDS)}", file=sys.stderr)
        return 2
    module = f"ganlab.commands.{command}"
    if command in REPLACING:
        with interrupts_held():
            os.execv(sys.executable, [sys.executable, "-m", module, *arguments[1:]])
    sys.argv[1:] = arguments[1:]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
    return 0
