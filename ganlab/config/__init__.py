"""From the command line to built components: compose, validate and instantiate configurations.

Names are imported when first used: `composition` imports Hydra, which help texts and errors do not need.
"""

from importlib import import_module
from typing import Any

_HOMES = {
    "allow": "ganlab.config.targets",
    "allowed": "ganlab.config.targets",
    "check": "ganlab.config.composition",
    "compose": "ganlab.config.composition",
    "conf_directory": "ganlab.config.targets",
    "instantiate": "ganlab.config.targets",
    "locate": "ganlab.config.targets",
    "node_targets": "ganlab.config.targets",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'ganlab.config' has no attribute '{name}'")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(_HOMES)
