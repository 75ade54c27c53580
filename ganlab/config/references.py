"""Restores the interpolations that a saved configuration has lost, so that an override reaches every copy of a value.

A run's config.yaml is resolved: `callback.progress.every` is 100, and no longer `${log_every}`. The files of the
components have the interpolations, and a value that still equals what they refer to is replaced by them.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from ganlab.config.schema import NAMED_COMPONENTS
from ganlab.core.renamed import current_target

REFERENCE = re.compile(r"\$\{(\w+)\}")


class Reference(NamedTuple):
    """A setting of a class in a group whose value is that of a setting, or of a group, at the top level."""

    group: str
    target: str
    key: str
    name: str


def restore_references(saved: Mapping[str, Any], directories: Sequence[Path]) -> dict[str, Any]:
    """Return a saved configuration with the interpolations of the components' files in some folders of groups."""
    restored = dict(saved)
    for reference in find_references(directories):
        group = restored.get(reference.group)
        if not isinstance(group, Mapping) or reference.name not in saved:
            continue
        if reference.group in NAMED_COMPONENTS:
            value = saved[reference.name]
            restored[reference.group] = {name: _restore(node, reference, value) for name, node in group.items()}
        else:
            restored[reference.group] = _restore(group, reference, saved[reference.name])
    return restored


def _restore(node: Any, reference: Reference, value: Any) -> Any:
    if not isinstance(node, Mapping) or node.get("_target_") != reference.target or reference.key not in node:
        return node
    return {**node, reference.key: f"${{{reference.name}}}"} if node[reference.key] == value else node


def find_references(directories: Sequence[Path]) -> Iterator[Reference]:
    """Yield the settings in the components' files that take the value of a setting or a group at the top level."""
    for directory in directories:
        for path in sorted(directory.glob("*/*.yaml")):
            for target, key, name in _references_in(path):
                yield Reference(path.parent.name, target, key, name)


def _references_in(path: Path) -> Iterator[tuple[str, str, str]]:
    """Yield the class, the setting and the name that it refers to; nothing for a file that is no component."""
    content: Any = {}
    with suppress(OSError, ValueError, YAMLError, OmegaConfBaseException):  # the composition reports a damaged file
        if "${" in path.read_text(encoding="utf-8"):
            content = OmegaConf.to_container(OmegaConf.load(path), resolve=False)
    if isinstance(content, dict) and "_target_" in content:
        for key, value in content.items():
            if isinstance(value, str) and (match := REFERENCE.fullmatch(value)):
                yield current_target(str(content["_target_"])), str(key), match[1]
