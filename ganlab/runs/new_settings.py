"""Settings that ganlab or a class gained after a run was started, which the run's config.yaml cannot have."""

import inspect
from collections.abc import Mapping
from importlib import import_module
from typing import Any

# Settings outside of components that earlier versions lacked, and the values with which their runs trained.
EARLIER_VALUES: Mapping[str, Any] = {"init_from": None}


def is_new_default(key: str, config: Mapping[str, Any]) -> bool:
    """Return whether a dotted setting of a configuration, which a former one lacks, has its class's default value.

    Then a run that was started before the setting existed trained with the same value.
    """
    *parts, name = key.split(".")
    node: Any = config
    for part in parts:
        node = node.get(part) if isinstance(node, Mapping) else None
    if not isinstance(node, Mapping) or name not in node:
        return False
    parameter = _parameters(str(node.get("_target_", ""))).get(name)
    return parameter is not None and _as_yaml(parameter.default) == node[name]


def _as_yaml(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _parameters(target: str) -> Mapping[str, inspect.Parameter]:
    """Return the parameters of a class by name; none if it cannot be imported."""
    module, _, name = target.rpartition(".")
    try:
        return inspect.signature(getattr(import_module(module), name)).parameters
    except (ImportError, AttributeError, ValueError, TypeError):
        return {}
