"""Packages of formats that few users need, which are extras."""

from importlib import import_module
from pathlib import Path
from typing import Any


def import_for(path: Path, module: str, format_name: str) -> Any:
    """Return a module that reads a format; raises ValueError, with the way to install it, if it is absent."""
    try:
        return import_module(module)
    except ImportError as error:
        package = module.partition(".")[0]
        raise ValueError(
            f"{path} is {format_name}, which needs the package {package}; pip install 'ganlab[formats]'"
        ) from error
