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

usage: ganlab compare DIR... [by=SCORE] [protocol=NAME] [scores=A,B] [protocols=separate] [format=table]
                      [output=FILE]

  DIR       a run directory, a folder with runs at any depth, or a score file
  by        the score that orders the rows, best first; by default the score that the runs optimised
  protocol  read evaluations/NAME.json, or several: NAME,NAME; by default the report scores that every run has, or the
            selection scores of training if a run has none
  scores    the columns; by default all scores
  protocols separate: a table for each protocol; together: one table, with the fields that differ as columns
  format    table, csv, markdown, latex (tabulars with the lines of booktabs) or json
  output    a file to write instead of printing

Runs that differ only in their seed, and in settings that do not affect training, share one row. A row has the
name of its directory if settings do not distinguish it from another one. Unless protocols=together requests it, a
column never holds scores under different protocols. Scores of an earlier step than the one that a run has reached have
a row of their own. Runs without scores are listed with their state and reason.
"""
SETTINGS = {"by": None, "protocol": None, "scores": "", "protocols": "separate", "format": "table", "output": None}
CHOICES = {"protocols": ("separate", "together"), "format": ("table", "csv", "markdown", "latex", "json")}


def main(arguments: Sequence[str]) -> int:
    """Run the command and return its exit code."""
    if flags.answer(arguments, HELP):
        return 0
    args = KeyValueArguments("compare", SETTINGS, arguments, takes_paths=True)
    protocols = args.choice("protocols", CHOICES["protocols"])
    file_format = args.choice("format", CHOICES["format"])
    args.require("DIR is needed: run directories, folders with runs, or score files", args.paths)
    args.raise_if_invalid()
    scores = [name for name in args["scores"].split(",") if name]
    with paused_collections():
        from ganlab.analysis.comparison import FORMATS, compare, remarks

        comparison = compare(args.paths, args.values["by"], args.values["protocol"], scores, protocols)
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
