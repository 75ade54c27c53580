"""Settings of both players' networks that limit which weights are updated; the classes of networks do not know them.

They are written next to the arguments of the class, as in discriminator.frozen=2, and are removed before it is built. A
class with an argument of the same name keeps that argument.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from omegaconf import DictConfig, OmegaConf

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
TakesArgument = Callable[[str, str], bool]  # whether the class of a target has an argument of a name


def is_update_setting(path: str, key: str) -> bool:
    """Return whether a key of the node at a dotted path is one of these settings, unless its class takes it itself."""
    outer, _, name = path.rpartition(".")
    return key in UPDATE_SETTINGS and outer in ("", "game") and name in NETWORKS


def find_update_settings(node: Any, takes_argument: TakesArgument) -> dict[str, Any]:
    """Return these settings of a network's node, without those that its class takes itself."""
    plain = _plain(node)
    target = str(plain.get("_target_", ""))
    return {key: plain[key] for key in UPDATE_SETTINGS if key in plain and not takes_argument(target, key)}


def without_update_settings(node: Any, takes_argument: TakesArgument) -> Any:
    """Return the node of a network or of a game without these settings; the same object if it has none."""
    plain = _plain(node)
    networks = [plain, *(value for key in NETWORKS if isinstance(value := plain.get(key), dict))]
    found = [(network, key) for network in networks for key in find_update_settings(network, takes_argument)]
    for network, key in found:
        del network[key]
    return plain if found else node


def _plain(node: Any) -> dict[Any, Any]:
    """Return a copy of a node as a dict, an empty one for other values."""
    content = OmegaConf.to_container(node, resolve=True) if isinstance(node, DictConfig) else node
    if not isinstance(content, dict):
        return {}
    return {key: dict(value) if isinstance(value, dict) else value for key, value in content.items()}
