"""Candidates of TAB completion that are found in files: run directories, settings inside components, descriptions."""

import os
import shlex
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

from ganlab.config.groups import LIST_GROUPS, choices, conf_directory, sweep_choices
from ganlab.config.help import setting_lines
from ganlab.config.setting_keys import setting_keys
from ganlab.config.update_settings import NETWORKS, UPDATE_SETTINGS
from ganlab.runs.directory_search import RUN_FILES, list_entries

DEFAULT = "outputs"  # where the runs are that an empty word lists
MAX_DEPTH = 4  # of runs below it


def run_candidates(word: str, prefix: str = "", files: Collection[str] = RUN_FILES) -> Iterator[str]:
    """Yield `prefix` and the directories below outputs/ that have one of the files, by default runs.

    If the word begins another path, yield the folders there. Paths that a shell would not read as one word are left
    out.
    """
    path = word.removeprefix(prefix)
    found = [] if "=" in path else [*_find(DEFAULT, MAX_DEPTH, files)]
    if not any(run.startswith(path) for run in found):
        folder, _, begin = path.rpartition("/")
        top = f"{folder}/" if folder or path.startswith("/") else ""
        found = [
            f"{top}{name}" if _has(f"{top}{name}", RUN_FILES) else f"{top}{name}/" for name in _folders(top or ".")
        ]
        found = [each for each in found if begin or not each.removeprefix(top).startswith(".")]
    yield from (f"{prefix}{each}" for each in found if shlex.quote(each) == each)


def setting_candidates(
    directories: Sequence[Path], groups: Mapping[str, Sequence[str]], words: Sequence[str], word: str
) -> Iterator[str]:
    """Yield settings inside a component, up to the next dot, and true and false for one that is either."""
    key, equals, _ = word.partition("=")
    group, name = key.split(".")[:2]
    names = groups.get(group, ())
    if group in LIST_GROUPS:
        names = [name] if name in names and key.count(".") > 1 else names
    else:
        chosen = [each.partition("=")[2] for each in words if each.startswith(f"{group}=")]
        names = [each for each in chosen if each in names] or names
    settings = setting_keys(directories, group, names)
    settings |= {f"{group}.{key}": setting.default for key, setting in UPDATE_SETTINGS.items() if group in NETWORKS}
    if equals:
        yield from (f"{key}={value}" for value in ("true", "false") if settings.get(key) in ("true", "false"))
        return
    depth = key.count(".") + 1
    for setting in settings:
        parts = setting.split(".")
        yield ".".join(parts[:depth]) + ("=" if len(parts) == depth else ".")


def description_candidates(words: Sequence[str], word: str) -> Iterator[str]:
    """Yield the groups, the settings of a run and, after a group and a dot, the choices of the group."""
    groups = choices([conf_directory(), *config_dirs(words)]) | sweep_choices(conf_directory())
    group, dot, _ = word.partition(".")
    if dot:
        yield from (f"{group}.{name}" for name in groups.get(group, ()))
    else:
        yield from (*groups, *setting_lines(conf_directory() / "train.yaml"))


def config_dirs(words: Sequence[str]) -> list[Path]:
    """Return the folders of --config-dir DIR and --config-dir=DIR."""
    named = [word for previous, word in pairwise(words) if previous == "--config-dir"]
    named += [word.partition("=")[2] for word in words if word.startswith("--config-dir=")]
    return [Path(name).expanduser() for name in named]


def _find(folder: str, depth: int, files: Collection[str]) -> Iterator[str]:
    for name in _folders(folder):
        path = f"{folder}/{name}"
        if _has(path, files):
            yield path
        if depth > 1 and not _has(path, RUN_FILES):  # a run contains no other
            yield from _find(path, depth - 1, files)


def _has(path: str, files: Collection[str]) -> bool:
    return any(os.path.isfile(f"{path}/{name}") for name in files)


def _folders(path: str) -> list[str]:
    return sorted(name for name, entry in list_entries(path).items() if entry.is_dir())
