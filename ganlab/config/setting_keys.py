"""The settings inside components by name, read from their files in a millisecond, for TAB completion.

Only the layout of the shipped files is understood: two spaces of indentation, `&name` and `*name`. A YAML parser would
take longer to import than the shell should wait.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from ganlab.config.groups import LIST_GROUPS

LINE = re.compile(r"( *)([A-Za-z]\w*):(?: +([^#\n]*?))? *(?:#.*)?$")
BASE = re.compile(r"^  - (\w+)$", re.MULTILINE)  # in a defaults list: the choice that the file is based on


def setting_keys(directories: Sequence[Path], group: str, names: Sequence[str]) -> dict[str, str]:
    """Return the dotted settings of some choices of a group, with their defaults, as regularizer.r1.weight."""
    keys: dict[str, str] = {}
    for name in names:
        prefix = f"{group}.{name}" if group in LIST_GROUPS else group
        keys |= {f"{prefix}.{key}": default for key, default in _read(directories, group, name).items()}
    return keys


def _read(directories: Sequence[Path], group: str, name: str) -> dict[str, str]:
    paths = [directory / group / f"{name}.yaml" for directory in directories]
    text = next((path.read_text(encoding="utf-8", errors="replace") for path in paths if path.is_file()), "")
    if "@package _global_" in text:  # its keys are those of other groups
        return {}
    bases = [base for base in BASE.findall(text) if base not in ("_self_", name)]
    keys = {key: default for base in bases for key, default in _read(directories, group, base).items()}
    return keys | dict(_keys(text))


def _keys(text: str) -> Iterator[tuple[str, str]]:
    """Yield the keys of values, and those of a mapping that an alias repeats."""
    anchors: dict[str, str] = {}
    found: dict[str, str] = {}
    outer: list[str] = []
    for line in text.splitlines():
        match = LINE.match(line)
        if match is None or match[2] == "defaults":
            continue
        depth, value = len(match[1]) // 2, (match[3] or "").strip()
        outer = [*outer[:depth], match[2]]
        key = ".".join(outer)
        if value.startswith("*"):
            former = anchors.get(value[1:], "")
            found |= {
                f"{key}{name.removeprefix(former)}": d for name, d in found.items() if name.startswith(f"{former}.")
            }
        elif value.startswith("&"):
            anchors[value[1:]] = key
        elif value:
            found[key] = value
    yield from found.items()
