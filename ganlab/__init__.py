"""ganlab: run, compare and trust GAN experiments.

`compose` a configuration, `train` it, `load` a generator from its run directory, `instantiate` single parts. Names are
imported when first used, so that `ganlab train --help` need not wait for torch.
"""

from importlib import import_module
from typing import Any

from ganlab.late_imports import arrange

arrange()

_HOMES = {
    "ConfigurationError": "ganlab.errors",
    "Result": "ganlab.train",
    "Spec": "ganlab.interfaces",
    "compose": "ganlab.config",
    "instantiate": "ganlab.config",
    "load": "ganlab.export",
    "train": "ganlab.train",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'ganlab' has no attribute '{name}'")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(_HOMES)
