"""Sets of images that are divided into several files, and their parts, such as train and test."""

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from ganlab.data.readers.file_list import SUFFIXES

DATA_FOLDER = "data"
NUMBER = re.compile(r"[-_.]?\d+([-_]of[-_]\d+)?$")  # at the end of a shard's name: train-00003-of-00010


def list_shards(path: Path, part: str, suffix: str) -> list[Path]:
    """Return the file at a path, or the files with a suffix in a folder or its folder data/, of one part.

    Raises ValueError if the folder holds several parts and none is chosen, or not this one.
    """
    if path.is_file():
        if part:
            raise ValueError(f"{path} has no parts, so {path}/{part} does not exist; give {path}")
        return [path]
    return choose_part(path, group_shards(find_shards(path, suffix)), part)


def find_shards(folder: Path, suffix: str) -> list[Path]:
    """Return the files with a suffix in a folder, or else in its only folder data/, sorted.

    A folder that also has images or other folders is one of images, next to which an archive may lie.
    """
    files, folders = list_visible(folder)
    if any(file.lower().endswith(SUFFIXES) for file in files):
        return []
    shards = sorted(folder / file for file in files if file.lower().endswith(suffix))
    if folders == [DATA_FOLDER] and not shards:
        return find_shards(folder / DATA_FOLDER, suffix)
    return [] if folders else shards


def list_visible(folder: Path) -> tuple[list[str], list[str]]:
    """Return the names of the files and of the folders in a folder, without hidden ones; nothing if it is unreadable.

    It ends at the first image, because a folder may have millions of them.
    """
    files: list[str] = []
    folders: list[str] = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                (folders if entry.is_dir() else files).append(entry.name)
                if entry.name.lower().endswith(SUFFIXES):
                    break
    except OSError:  # which the reader of folders reports
        return [], []
    return files, folders


def group_shards(shards: Sequence[Path]) -> dict[str, list[Path]]:
    """Return files by the part that they belong to: their name without its number."""
    groups: dict[str, list[Path]] = {}
    for shard in shards:
        groups.setdefault(NUMBER.sub("", shard.stem), []).append(shard)
    return groups


def choose_part(path: Path, groups: Mapping[str, list[Path]], part: str) -> list[Path]:
    """Return the files of a part; raises ValueError if there are several and none is chosen, or not this one."""
    names = ", ".join(name or "(without a name)" for name in groups)
    if part:
        if part not in groups:
            raise ValueError(f"{path} has no part {part!r}; it has {names}")
        return groups[part]
    if len(groups) > 1:
        example = path / next(name for name in groups if name)
        raise ValueError(f"{path} holds the parts {names}; choose one of them, such as {example}")
    return next(iter(groups.values()))
