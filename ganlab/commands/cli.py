"""The `ganlab` command: it gives way to `python -m ganlab.COMMAND`, so that Hydra and Lightning see clean arguments."""

import os
import sys

from ganlab.core.errors import suggest

COMMANDS = {
    "train": "train one experiment, or a sweep with -m",
    "sweep": "look at a sweep while it runs, or gather what it has",
    "evaluate": "score a run, or finished samples in files",
    "sample": "write samples of a finished run",
    "compare": "print one table of runs, with intervals over seeds",
    "dashboard": "build a W&B workspace, and a report of a sweep",
    "doctor": "say what this machine can do for a run, and what it lacks",
}


def main() -> int:
    """Re-execute as the module of a command."""
    words = sys.argv[1:]
    if not words or words[0] in ("-h", "--help"):
        print("usage: ganlab COMMAND [KEY=VALUE ...]\n")
        print("\n".join(f"  {name:10} {what}" for name, what in COMMANDS.items()))
        print("\nganlab COMMAND --help tells more")
        return 0
    if words[0] not in COMMANDS:
        print(
            f"there is no command '{words[0]}'; choose {', '.join(COMMANDS)}{suggest(words[0], COMMANDS)}",
            file=sys.stderr,
        )
        return 2
    os.execv(sys.executable, [sys.executable, "-m", f"ganlab.commands.{words[0]}", *words[1:]])
