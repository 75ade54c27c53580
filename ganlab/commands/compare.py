"""`ganlab compare`: one table of runs, with intervals over seeds, such as `ganlab compare outputs/digits by=fid`."""

import sys
from collections.abc import Sequence
from pathlib import Path

from ganlab.commands import flags
from ganlab.commands.exit_codes import guarded
from ganlab.commands.key_value import KeyValueArguments
from ganlab.core.errors import UserError
from ganlab.core.file_replacement import replace_text
from ganlab.core.paused_collections import paused_collections
from ganlab.core.process_end import end_process

HELP = """ganlab compare: print one table of runs, with intervals over seeds

usage: ganlab compare DIR... [by=SCORE] [protocol=NAME] [scores=A,B] [format=table] [output=FILE]

  DIR       a run directory, a folder with runs at any depth, or a score file
  by        the score that orders the rows, best first; by default the score that the runs optimised
  protocol  read evaluations/NAME.json; by default the report scores that every run has, or the selection scores of
            training if a run has none
  scores    the columns; by default all scores
  format    table, csv, markdown or json
  output    a file to write instead of printing

Runs that differ only in their seed, and in settings that do not affect training, share one row. A column never holds
scores under different protocols. Runs without scores are listed with their state and reason.
"""
SETTINGS = {"by": None, "protocol": None, "scores": "", "format": "table", "output": None}
CHOICES = {"format": ("table", "csv", "markdown", "json")}


def main(arguments: Sequence[str]) -> int:
    """Run the command and return its exit code."""
    if flags.answer(arguments, HELP):
        return 0
    args = KeyValueArguments("compare", SETTINGS, arguments, takes_paths=True)
    file_format = args.choice("format", CHOICES["format"])
    args.require("DIR is needed: run directories, folders with runs, or score files", args.paths)
    args.raise_if_invalid()
    scores = [name for name in args["scores"].split(",") if name]
    with paused_collections():
        from ganlab.analysis.comparison import FORMATS, compare, remarks

        comparison = compare(args.paths, args.values["by"], args.values["protocol"], scores)
    text = FORMATS[file_format](comparison)
    if file_format == "csv":  # a CSV file cannot hold remarks
        print("".join(f"{line}\n" for line in remarks(comparison)), end="", file=sys.stderr)
    if args.values["output"]:
        _write(Path(args["output"]), text)
    else:
        print(text, end="")
    return 0


def _write(path: Path, text: str) -> None:
    try:
        replace_text(path, text)
    except OSError as error:
        raise UserError(f"output={path} cannot be written: {error.strerror}") from error
    print(f"wrote {path}", file=sys.stderr)


if __name__ == "__main__":
    end_process(guarded(main, sys.argv[1:]))
