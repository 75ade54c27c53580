"""Finds the settings that limit updates in the nodes of networks, and removes them before the networks are built."""

from collections.abc import Callable
from typing import Any

from omegaconf import DictConfig, OmegaConf

from ganlab.config.update_settings import NETWORKS, UPDATE_SETTINGS

TakesArgument = Callable[[str, str], bool]  # whether the class of a target has an argument of a name


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
