"""Overrides inside a copy of a component, such as game.loss.flip: the copy would lose everything but that value."""

from collections.abc import Collection, Sequence
from pathlib import Path

from ganlab.config.references import find_references
from ganlab.config.schema import NAMED_COMPONENTS


def explain_copied_setting(key: str, value: str, groups: Collection[str], directories: Sequence[Path]) -> str:
    """Return a sentence if a dotted key leads into what a component's file takes from another group; else nothing.

    `value` is the rest of the override, to write the right one.
    """
    group, *parts = key.split(".")
    inside = parts[1:] if group in NAMED_COMPONENTS else parts
    if len(inside) < 2:
        return ""
    names = {
        reference.name
        for reference in find_references(directories)
        if reference.group == group and reference.key == inside[0] and reference.name in groups
    }
    if len(names) != 1:
        return ""
    (name,) = names
    copy = key.removesuffix("." + ".".join(inside[1:]))
    return f"{key}: {copy} is a copy of {name}; write {'.'.join([name, *inside[1:]])}={value}"
