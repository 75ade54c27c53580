"""Finds the directories of runs and sweeps by the names of the files in them."""

import os
import re
from collections.abc import Callable, Collection, Iterator

from ganlab.runs.directory import CONFIG, STATUS, SWEEP_FILE

RUN_FILES = frozenset({CONFIG, STATUS})  # a directory with one of them is a run
RUN_AND_SWEEP_FILES = RUN_FILES | {SWEEP_FILE}
Entries = dict[str, os.DirEntry[str]]  # of a directory, by name


def ignore(error: OSError) -> None:
    """Leave out a directory of another user, or one that was removed meanwhile."""


def find_directories(
    path: str, files: Collection[str] = RUN_FILES, on_error: Callable[[OSError], None] = ignore
) -> Iterator[tuple[str, Entries]]:
    """Yield the directories at or below a path that have one of the files, and their entries, in natural order.

    What is below such a directory is not searched, and links to directories are not followed. `on_error` receives the
    error of a directory that cannot be read.
    """
    entries = list_entries(path, on_error)
    if has_any(entries, files):
        yield path, entries
        return
    for name in sorted(entries, key=natural_order):
        if entries[name].is_dir(follow_symlinks=False):
            yield from find_directories(entries[name].path, files, on_error)


def list_entries(path: str, on_error: Callable[[OSError], None] = ignore) -> Entries:
    """Return what a directory contains, nothing after an error that `on_error` does not raise."""
    try:
        with os.scandir(path) as entries:
            return {entry.name: entry for entry in entries}
    except OSError as error:
        on_error(error)
        return {}


def has_any(entries: Entries, files: Collection[str]) -> bool:
    """Return whether a directory has one of the files."""
    return not entries.keys().isdisjoint(files)


def natural_order(path: str) -> list[tuple[bool, int, str]]:
    """Return a sort key by which 2 comes before 10."""
    parts = re.split(r"(\d+)", path)
    return [(part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in parts]
