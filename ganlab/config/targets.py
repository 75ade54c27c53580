"""Which classes and functions a configuration may build, and how they are built: the only place that instantiates."""

import inspect
import os
from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Any

from omegaconf import OmegaConf

from ganlab.config.network_nodes import without_update_settings
from ganlab.core.errors import ConfigurationError, suggest
from ganlab.core.renamed import current_target
from ganlab.core.shell_lines import ALLOW_VARIABLE

_SHIPPED = ("ganlab.", "torch.nn.", "torch.optim.", "pytorch_lightning.", "torchmetrics.", "torchvision.")
_allowed = [*_SHIPPED]


def allow(prefix: str) -> None:
    """Let configurations build targets below a prefix such as "mypackage."; yaml files cannot allow anything."""
    _allowed.append(prefix if prefix.endswith(".") else f"{prefix}.")


def allowed() -> str:
    """Return all prefixes in the format of the environment variable, for a child process."""
    return ",".join([*_allowed, os.environ.get(ALLOW_VARIABLE, "")])


def allowed_packages() -> str:
    """Return the packages that were allowed in addition to the shipped ones, in the variable's format; may be empty."""
    packages = [package.strip().rstrip(".") for package in (*os.environ.get(ALLOW_VARIABLE, "").split(","), *_allowed)]
    return ",".join(dict.fromkeys(package for package in packages if package and f"{package}." not in _SHIPPED))


def locate(target: str) -> Callable[..., Any]:
    """Import the class or function that a target names; raises LookupError with a sentence if it may not be built.

    Both the name and the module that defines the object must be allowed, because an allowed module also exposes
    everything that it imports.
    """
    packages = [package.strip() for package in os.environ.get(ALLOW_VARIABLE, "").split(",")]
    prefixes = (*_allowed, *(f"{package.rstrip('.')}." for package in packages if package))
    target = current_target(target)
    if not target.startswith(prefixes):
        raise LookupError(_not_allowed(target))
    module_name, _, name = target.rpartition(".")
    try:
        module = import_module(module_name)
    except Exception as error:  # a user's module may raise anything
        raise LookupError(f"'{module_name}' cannot be imported ({type(error).__name__}: {error})") from error
    try:
        built: Callable[..., Any] = getattr(module, name)
    except AttributeError:
        raise LookupError(f"there is no '{target}'{suggest(name, vars(module))}") from None
    if isinstance(built, ModuleType) or not callable(built):
        raise LookupError(f"'{target}' is neither a class nor a function")
    if not f"{getattr(built, '__module__', None)}.".startswith(prefixes):
        raise LookupError(_not_allowed(target))
    return built


def instantiate(node: Any, **arguments: Any) -> Any:
    """Build what a node describes; raises ConfigurationError if a target is missing or not allowed.

    Settings of a network that limit its updates are left out, see `limit_players`.
    """
    from hydra.utils import instantiate as hydra_instantiate

    sentences = []
    for target in node_targets(node):
        try:
            locate(target)
        except LookupError as error:
            sentences.append(str(error))
    if sentences:
        raise ConfigurationError(sentences)
    return hydra_instantiate(without_update_settings(node, takes_argument), _convert_="all", **arguments)


def takes_argument(target: str, name: str) -> bool:
    """Return whether the class or function that a target names has an argument of a name."""
    parameters = inspect.signature(locate(target)).parameters if target else {}
    return name in parameters


def node_targets(node: Any) -> list[str]:
    """Return every `_target_` in a node, at any depth, with interpolations resolved."""
    if OmegaConf.is_config(node):
        node = OmegaConf.to_container(node, resolve=True)
    if isinstance(node, dict):
        own = [str(node["_target_"])] if "_target_" in node else []
        return own + [target for value in node.values() for target in node_targets(value)]
    if isinstance(node, list):
        return [target for value in node for target in node_targets(value)]
    return []


def _not_allowed(target: str) -> str:
    return (
        f"'{target}' is outside the packages that a configuration may use "
        f"({', '.join(prefix[:-1] for prefix in _allowed)}); "
        f"add its package to the environment variable {ALLOW_VARIABLE}, or call ganlab.config.allow"
    )
