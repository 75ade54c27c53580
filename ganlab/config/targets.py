"""Which classes and functions a configuration may build, and building them: the only place that instantiates."""

import os
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from omegaconf import OmegaConf

from ganlab.core.errors import ConfigurationError, suggest
from ganlab.core.renamed import current_target

ALLOW_VARIABLE = "GANLAB_ALLOW"
_allowed = ["ganlab.", "torch.nn.", "torch.optim.", "pytorch_lightning.", "torchmetrics.", "torchvision."]


def conf_directory() -> Path:
    """Return the folder of the shipped configuration: inside the package, or beside it in a checkout."""
    package = Path(__file__).parents[1]
    return package / "conf" if (package / "conf").is_dir() else package.parent / "conf"


def allow(prefix: str) -> None:
    """Let configurations build targets under a prefix, such as "mypackage."; only Python and the environment can."""
    _allowed.append(prefix if prefix.endswith(".") else f"{prefix}.")


def allowed() -> str:
    """Return all prefixes, as the environment variable takes them, for a process that Python did not allow anything."""
    return ",".join([*_allowed, os.environ.get(ALLOW_VARIABLE, "")])


def locate(target: str) -> Callable[..., Any]:
    """Import the class or function that a target names; raises LookupError with a sentence where it may not be built.

    An allowed module also holds what it has imported, so what counts is where a thing was made, too.
    """
    extra = [part.strip().rstrip(".") + "." for part in os.environ.get(ALLOW_VARIABLE, "").split(",") if part.strip()]
    prefixes = (*_allowed, *extra)
    target = current_target(target)
    if not target.startswith(prefixes):
        raise LookupError(_refusal(target))
    module_name, _, name = target.rpartition(".")
    try:
        module = import_module(module_name)
    except Exception as error:  # whatever a module of the user's may raise
        raise LookupError(f"'{module_name}' cannot be imported ({type(error).__name__}: {error})") from error
    try:
        built: Callable[..., Any] = getattr(module, name)
    except AttributeError:
        raise LookupError(f"there is no '{target}'{suggest(name, vars(module))}") from None
    if isinstance(built, ModuleType) or not callable(built):
        raise LookupError(f"'{target}' is neither a class nor a function")
    if not f"{getattr(built, '__module__', None)}.".startswith(prefixes):
        raise LookupError(_refusal(target))
    return built


def instantiate(node: Any, **arguments: Any) -> Any:
    """Build what a node describes; raises ConfigurationError for a target that is missing or not allowed."""
    from hydra.utils import instantiate as hydra_instantiate

    problems = []
    for target in node_targets(node):
        try:
            locate(target)
        except LookupError as error:
            problems.append(str(error))
    if problems:
        raise ConfigurationError(problems)
    return hydra_instantiate(node, _convert_="all", **arguments)


def node_targets(node: Any) -> list[str]:
    """Return every `_target_` in a node, at any depth, interpolations resolved."""
    if OmegaConf.is_config(node):
        node = OmegaConf.to_container(node, resolve=True)
    if isinstance(node, dict):
        own = [str(node["_target_"])] if "_target_" in node else []
        return own + [target for value in node.values() for target in node_targets(value)]
    if isinstance(node, list):
        return [target for value in node for target in node_targets(value)]
    return []


def _refusal(target: str) -> str:
    return (
        f"'{target}' is outside the packages that a configuration may use ({', '.join(p[:-1] for p in _allowed)}); "
        f"add its package to the environment variable {ALLOW_VARIABLE}, or call ganlab.config.allow"
    )
