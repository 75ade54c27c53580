"""The `ganlab` command: replaces this process by `python -m ganlab.commands.COMMAND`.

The new process has a command line that Hydra and Lightning can read, for the processes that they start.
"""

import os
import sys

from ganlab.commands import flags
from ganlab.core.errors import suggest

COMMANDS = {
    "train": "train one experiment, or a sweep with -m",
    "evaluate": "score a run, or finished samples in files",
    "sample": "write samples of a finished run",
    "compare": "print one table of runs, with intervals over seeds",
    "sweep": "show the state of a sweep, or collect its results",
    "dashboard": "build a W&B workspace, and a report of a sweep",
    "doctor": "report what this machine can run, and what is missing",
    "new": "write a package with a generator and a loss of your own",
    "completion": "print a script for TAB completion in bash or zsh",
    "help": "print the help of a command",
}
USAGE = f"""usage: ganlab COMMAND [KEY=VALUE ...]
       ganlab --version

{chr(10).join(f"  {name:10} {summary}" for name, summary in COMMANDS.items())}

Run 'ganlab COMMAND --help' for details."""


def main() -> int:
    """Run the command that the first argument names; returns an exit code only if no process replaced this one."""
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
    os.execv(sys.executable, [sys.executable, "-m", f"ganlab.commands.{command}", *arguments[1:]])
