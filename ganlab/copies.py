"""What of a resolved configuration only repeats another part of it, as `game` does with the parts that it is given."""

from collections.abc import Mapping
from typing import Any


def without_copies(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the configuration without what, inside a group, is equal to a whole group."""
    groups = [value for value in config.values() if isinstance(value, Mapping)]
    return {
        key: {name: part for name, part in value.items() if not (isinstance(part, Mapping) and part in groups)}
        if isinstance(value, Mapping)
        else value
        for key, value in config.items()
    }
