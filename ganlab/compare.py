"""Compare runs in one table: `ganlab compare outputs/digits by=fid`."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from ganlab.command import guarded
from ganlab.comparison import FORMATS, compare, remarks
from ganlab.errors import UserError, suggest

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
SETTINGS = ("by", "protocol", "scores", "format", "output")


def settings(arguments: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """Sort words into paths and KEY=VALUE; raises UserError naming every mistake."""
    paths, given, mistakes = [], {"format": "table"}, []
    for word in arguments:
        key, equals, value = word.partition("=")
        if equals and key in SETTINGS and value:
            given[key] = value
        elif equals and key in SETTINGS:
            mistakes.append(f"{key} needs a value")
        elif word.startswith("-") or (equals and not os.path.exists(word)):  # a sweep's folder may be called loss=hinge
            mistakes.append(f"'{word}' is neither a path nor a setting of ganlab compare{suggest(key, SETTINGS)}")
        else:
            paths.append(word)
    if given["format"] not in FORMATS:
        near = suggest(given["format"], FORMATS)
        mistakes.append(f"there is no format '{given['format']}'; choose {', '.join(FORMATS)}{near}")
    if not paths and not mistakes:
        mistakes.append("DIR is needed: directories of runs, folders that hold some, or score files")
    if mistakes:
        raise UserError("; ".join(mistakes))
    return paths, given


def main(arguments: Sequence[str]) -> int:
    """Run the command."""
    if "-h" in arguments or "--help" in arguments:
        print(HELP)
        return 0
    paths, given = settings(arguments)
    scores = [name for name in given.get("scores", "").split(",") if name]
    comparison = compare(paths, given.get("by"), given.get("protocol"), scores)
    text = FORMATS[given["format"]](comparison)
    if given["format"] == "csv":  # which has no place for them
        print("".join(f"{line}\n" for line in remarks(comparison)), end="", file=sys.stderr)
    if "output" in given:
        _write(Path(given["output"]), text)
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
