"""`ganlab prune`: frees the checkpoints of finished runs, as in `ganlab prune outputs/ring --yes`."""

import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from ganlab.commands import flags
from ganlab.commands.exit_codes import guarded
from ganlab.commands.key_value import KeyValueArguments
from ganlab.core.byte_counts import format_bytes
from ganlab.core.errors import UserError, suggest
from ganlab.core.process_end import end_process
from ganlab.runs.freeing import Checkpoints, find_checkpoints, free
from ganlab.runs.inventory import RunSummary, all_runs, list_directory
from ganlab.sweeps.results.tables import align_columns

HELP = """ganlab prune: free the checkpoints of finished runs

usage: ganlab prune DIR [DIR ...] [keep=NAME[,NAME]] [--yes]

  DIR    a directory that contains runs at any depth, a sweep, or a run, such as outputs
  keep   checkpoints that stay: last, best or last,best; by default none
  --yes  remove them; without it, nothing is removed and the list of what would be is printed

generator.safetensors, scores, samples, metrics.csv and the settings stay, so a run can still be sampled and compared.
Without last.ckpt it can neither be trained further nor scored by `ganlab evaluate run=DIR`. Runs that are running or
have not finished are never touched.
"""
SETTINGS = {"keep": ""}
CHOICES = {"keep": ("last", "best", "last,best")}
YES = "--yes"
FLAGS = (YES,)
NAMES = ("last", "best")
ALSO_KEPT = {"last": ("previous",), "best": ()}  # previous.ckpt replaces a damaged last.ckpt


def main(arguments: Sequence[str]) -> int:
    """Run the command and return its exit code: 2 if the checkpoints of some run could not be removed."""
    if flags.answer(arguments, HELP):
        return 0
    words = [argument for argument in arguments if argument != YES]
    args = KeyValueArguments("prune", SETTINGS, words, takes_paths=True)
    names = [name for name in args["keep"].split(",") if name]
    args.issues += [
        f"keep: there is no checkpoint '{n}'; choose last or best{suggest(n, NAMES)}" for n in names if n not in NAMES
    ]
    args.require("DIR is needed: a directory with runs, such as outputs", args.paths)
    args.raise_if_invalid()
    runs = {run.path: run for path in args.paths for run in all_runs(list_directory(Path(path)))}
    kept = {each for name in names for each in (name, *ALSO_KEPT[name])}
    found = [checkpoints for run in runs.values() if (checkpoints := find_checkpoints(run, kept))]
    return _free(found) if YES in arguments else _show(found, [*runs.values()])


def _show(found: Sequence[Checkpoints], runs: Sequence[RunSummary]) -> int:
    """Print what would be freed, and what is not touched."""
    if found:
        rows = [["size", "checkpoints", "run"]]
        for each in found:
            names = ", ".join(Path(file).name for file in each.files)
            rows.append([format_bytes(each.size_bytes), names, each.run])
        print("\n".join(align_columns(rows, None if sys.stdout.isatty() else sys.maxsize)))
    states = Counter(run.state for run in runs if run.state != "finished")
    if states:
        print(f"not touched: {', '.join(f'{count} {state}' for state, count in states.items())}")
    if not found:
        print("no finished run has checkpoints to free")
        return 0
    print(f"would free {_total(found)}; nothing is removed without {YES}")
    return 0


def _free(found: Sequence[Checkpoints]) -> int:
    freed, problems = [], []
    for each in found:
        try:
            free(each)
            freed.append(each)
        except UserError as error:
            problems.append(str(error))
    print(f"freed {_total(freed)}" if freed or not problems else "nothing was freed")
    if problems:
        raise UserError("\n".join(problems))
    return 0


def _total(found: Sequence[Checkpoints]) -> str:
    size = format_bytes(sum(each.size_bytes for each in found))
    return f"{size} in {len(found)} run{'' if len(found) == 1 else 's'}"


if __name__ == "__main__":
    end_process(guarded(main, sys.argv[1:]))
