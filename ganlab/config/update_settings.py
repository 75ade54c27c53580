"""Settings of both players' networks that limit which weights are updated; the classes of networks do not know them.

They are written next to the arguments of the class, as in discriminator.frozen=2, and are removed before it is built. A
class with an argument of the same name keeps it. This module imports only the standard library, for completion.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

NETWORKS = ("generator", "discriminator")  # groups, and arguments of a game, whose components have these settings


class UpdateSetting(NamedTuple):
    """The type of a setting, its name and default as documentation shows them, and what the setting means."""

    type: Any
    type_name: str
    default: str
    comment: str


UPDATE_SETTINGS: Mapping[str, UpdateSetting] = {
    "frozen": UpdateSetting(
        int, "int", "0", "layers, from the input on, whose weights stay as they are (Mo et al. 2020, FreezeD)"
    ),
    "trainable": UpdateSetting(
        str | list[str],
        "str | list[str]",
        "all",
        "weights that are updated: all | norms: scales and shifts of normalisations | styles: modulation by styles | "
        "names, with * for any characters",
    ),
}


def is_update_setting(path: str, key: str) -> bool:
    """Return whether a key of the node at a dotted path is one of these settings, unless its class takes it itself."""
    outer, _, name = path.rpartition(".")
    return key in UPDATE_SETTINGS and outer in ("", "game") and name in NETWORKS
