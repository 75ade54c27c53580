"""Sets of images that are divided into several files, and their parts, such as train and test."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

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
    """Return the files with a suffix in a folder, or else in its folder data/, sorted."""
    for place in (folder, folder / "data"):
        if place.is_dir() and (shards := sorted(file for file in place.iterdir() if file.suffix.lower() == suffix)):
            return shards
    return []


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
