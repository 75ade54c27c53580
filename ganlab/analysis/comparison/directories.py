"""Directories as names of rows, where settings do not distinguish them."""

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from ganlab.analysis.comparison.group import Group
from ganlab.analysis.comparison.runs import Run
from ganlab.analysis.comparison.scores import ScoreFile
from ganlab.analysis.comparison.table import Row, Table

DIRECTORY = "directory"  # the name that it has among the settings of a row


def split_repeated(groups: Sequence[Group], file_of: Callable[[Run], ScoreFile | None]) -> list[Group]:
    """Split groups in which a seed has comparable scores under several of the paths that were given, one for each."""
    parts: list[Group] = []
    for group in groups:
        by_path: dict[str, list[Run]] = {}
        for run in group.runs:
            by_path.setdefault(run.argument, []).append(run)
        if len(by_path) > 1 and _has_repeated_seed(group.runs, file_of):
            parts += [Group(group.training_config, runs, directory=path) for path, runs in by_path.items()]
        else:
            parts.append(group)
    return parts


def _has_repeated_seed(runs: Sequence[Run], file_of: Callable[[Run], ScoreFile | None]) -> bool:
    """Return whether a seed has runs of different paths whose scores are comparable."""
    known: dict[int | None, list[Run]] = {}
    for run in runs:
        for other in known.setdefault(run.seed, []):
            first, second = file_of(run), file_of(other)
            if run.argument != other.argument and (not first or not second or first.is_comparable(second)):
                return True
        known[run.seed].append(run)
    return False


def name_by_directory(tables: Sequence[Table]) -> list[Table]:
    """Name rows of different tables that have the same label by the directory that contains their runs."""
    rows = [row for table in tables for row in table.rows]
    labels = [row.label for row in rows]
    named = {id(row): _named(row, rows) for row, label in zip(rows, labels, strict=True) if labels.count(label) > 1}
    return [replace(table, rows=tuple(named.get(id(row), row) for row in table.rows)) for table in tables]


def _named(row: Row, rows: Sequence[Row]) -> Row:
    """Return a row with its directory in the label, or as it is if its runs are not apart from those of its like."""
    like = [other for other in rows if other.label == row.label]
    folders = [_common_folder(other) for other in like]
    is_apart = not any(
        one is not other and (one == other or Path(other).is_relative_to(one)) for one in folders for other in folders
    )
    if not is_apart:
        return row
    folder = _common_folder(row)
    label = f"{row.label} {DIRECTORY}={folder}" if row.settings else folder
    return replace(row, label=label, settings=row.settings | {DIRECTORY: folder})


def _common_folder(row: Row) -> str:
    return row.paths[0] if len(row.paths) == 1 else os.path.commonpath(row.paths)
