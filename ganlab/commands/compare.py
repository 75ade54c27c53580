"""Compare runs in one table: `ganlab compare outputs/digits by=fid`."""

import sys
from collections.abc import Sequence
from pathlib import Path

from ganlab.analysis.comparison import FORMATS, compare, remarks
from ganlab.commands.exit_codes import guarded
from ganlab.commands.key_value import KeyValueArguments
from ganlab.core.errors import UserError

HELP = """ganlab compare: print one table of runs, with intervals over seeds

usage: ganlab compare DIR... [by=SCORE] [protocol=NAME] [scores=A,B] [format=table] [output=FILE]

  DIR       a run's directory, a folder with runs at any depth, or a score file
  by        the score that orders the rows, best first; else what the runs were optimised for
  protocol  read evaluations/NAME.json; else the report scores that every run has, and where some have none the
            selection scores of training
  scores    the columns, from all that were measured
  format    table, csv, markdown or json
  output    a file to write instead of printing

Runs that differ in nothing but their seed, and in settings that do not touch training, are one row. Scores under unlike
protocols are never in one column. Runs without scores are named with their state and reason.
"""
SETTINGS = {"by": None, "protocol": None, "scores": "", "format": "table", "output": None}


def main(arguments: Sequence[str]) -> int:
    """Run the command."""
    if "-h" in arguments or "--help" in arguments:
        print(HELP)
        return 0
    words = KeyValueArguments("compare", SETTINGS, arguments, takes_paths=True)
    form = words.choice("format", FORMATS)
    words.require("DIR is needed: directories of runs, folders that hold some, or score files", words.paths)
    words.raise_if_invalid()
    scores = [name for name in words["scores"].split(",") if name]
    comparison = compare(words.paths, words.values["by"], words.values["protocol"], scores)
    text = FORMATS[form](comparison)
    if form == "csv":  # which has no place for them
        print("".join(f"{line}\n" for line in remarks(comparison)), end="", file=sys.stderr)
    if words.values["output"]:
        _write(Path(words["output"]), text)
    else:
        print(text, end="")
    return 0


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UserError(f"output={path} cannot be written: {error.strerror}") from error
    print(f"wrote {path}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(guarded(main, sys.argv[1:]))
