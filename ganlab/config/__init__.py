"""From the command line to built components: compose, validate and instantiate configurations.

Names are imported when first used, because `composition` imports Hydra, which help texts do not need.
"""

from importlib import import_module
from typing import Any

_MODULES = {
    "allow": "ganlab.config.targets",
    "allowed": "ganlab.config.targets",
    "check": "ganlab.config.composition",
    "compose": "ganlab.config.composition",
    "conf_directory": "ganlab.config.groups",
    "instantiate": "ganlab.config.targets",
    "locate": "ganlab.config.targets",
    "node_targets": "ganlab.config.targets",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module 'ganlab.config' has no attribute '{name}'")
    return getattr(import_module(_MODULES[name]), name)


def __dir__() -> list[str]:
    return sorted(_MODULES)
