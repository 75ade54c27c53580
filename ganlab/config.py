"""From words to objects: compose the configuration, check all of it, and build parts; the only caller of Hydra's."""

import os
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from hydra import compose as hydra_compose
from hydra import initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf, open_dict
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from ganlab.errors import ConfigurationError, Mistake, suggest
from ganlab.overrides import choices, normalize, sweeping
from ganlab.schema import TRAIN, Command

ALLOW_VARIABLE = "GANLAB_ALLOW"
_allowed = ["ganlab.", "torch.nn.", "torch.optim.", "pytorch_lightning.", "torchmetrics.", "torchvision."]


def conf_directory() -> Path:
    """Return the folder of the shipped configuration: inside the package, or beside it in a checkout."""
    package = Path(__file__).parent
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


def compose(
    overrides: Sequence[str] = (), config_dirs: Sequence[str | Path] = (), command: Command = TRAIN
) -> DictConfig:
    """Compose conf/COMMAND.yaml with overrides and check it; raises ConfigurationError with a sentence per mistake.

    `config_dirs` are further folders of config groups, searched after the shipped one.
    """
    if isinstance(overrides, str):
        raise TypeError(f"overrides are a list of strings, got '{overrides}'; write [{overrides!r}]")
    directories = [conf_directory(), *(Path(each).resolve() for each in config_dirs)]
    lines, found = normalize(overrides, directories, command)
    for line in sweeping(lines):
        lines.remove(line)
        key, plain = line.lstrip("+").split("=")[0], line.lstrip("+")
        found.append(Mistake(key, f"{plain}: several values are a sweep; give one, or write ganlab train -m"))
    try:
        config = _compose(lines, directories, command)
    except ConfigurationError as error:
        raise ConfigurationError([*(each.sentence for each in found), *error.mistakes]) from error
    check(config, [*found, *_unread(lines, config)], command)
    return config


def search_path(directories: Sequence[Path]) -> list[str]:
    """Return the override that makes Hydra look into folders of the user's."""
    return ["hydra.searchpath=[" + ",".join(f"'file://{each}'" for each in directories) + "]"] if directories else []


def _compose(lines: Sequence[str], directories: Sequence[Path], command: Command) -> DictConfig:
    """Compose; a part named in `lines` comes as its own file has it, without what the experiment set for another."""
    config = _compose_with_hydra(lines, directories, command)
    named = {key for key in (line.split("=")[0] for line in lines) if key in choices(directories)}
    named -= set(command.recipes)
    if (
        "game" in named
        and "game" in config
        and not _takes(config.game, "regularizer")
        and not _asked(lines, "regularizer")
    ):
        config.regularizer = {}  # nobody asked for what the defaults, or an experiment, chose for another game
    if named and command.recipes:
        others = [line for line in lines if line.split("=")[0] not in command.recipes]
        plain = _compose_with_hydra([*others, *(f"~{each}" for each in command.recipes)], directories, command)
        with open_dict(config):
            for group in named:
                if group in plain:
                    config[group] = plain[group]
                else:  # GROUP=[]
                    config.pop(group, None)
    return config


def _takes(game: DictConfig, group: str) -> bool:
    return f"${{{group}}}" in OmegaConf.to_container(game, resolve=False).values()  # type: ignore[union-attr]


def _asked(lines: Sequence[str], group: str) -> list[str]:
    """Return the overrides of a group, or of what is inside."""
    bare = [line.lstrip("+~") for line in lines]
    return [line for line in bare if line.startswith((f"{group}=", f"{group}."))]


def _unread(lines: Sequence[str], config: DictConfig) -> list[Mistake]:
    """Return a mistake where a loss was asked for that the game never asks; that of an experiment may stand idle."""
    asked = _asked(lines, "loss")
    if not asked or "game" not in config or _takes(config.game, "loss"):
        return []
    name = str(config.game.get("_target_", "")).rpartition(".")[2]
    return [Mistake("", f"{asked[0]}: {name} has losses of its own; leave it out, or use another game")]


def _compose_with_hydra(lines: Sequence[str], directories: Sequence[Path], command: Command) -> DictConfig:
    outer = GlobalHydra.instance().hydra
    GlobalHydra.instance().clear()
    try:
        with initialize_config_dir(str(directories[0]), version_base="1.3", job_name="ganlab"):
            return hydra_compose(command.name, [*lines, *search_path(directories[1:])])
    except YAMLError as error:
        raise ConfigurationError([f"a file is no yaml: {' '.join(str(error).split())}"]) from error
    except (HydraException, OmegaConfBaseException) as error:
        raise ConfigurationError([" ".join(str(error).split("\n")[0].split())]) from error
    finally:
        GlobalHydra.instance().hydra = outer


def check(config: DictConfig, known: Sequence[Mistake] = (), command: Command = TRAIN) -> None:
    """Raise ConfigurationError with every mistake in a composed configuration, after those that are known already."""
    from ganlab.check import mistakes  # it imports torch, which `--help` need not wait for

    found = [*known, *mistakes(config, {mistake.where for mistake in known}, command)]
    if found:
        raise ConfigurationError(mistake.sentence for mistake in found)


def instantiate(node: Any, **arguments: Any) -> Any:
    """Build what a node describes; raises ConfigurationError for a target that is missing or not allowed."""
    from hydra.utils import instantiate as hydra_instantiate

    problems = []
    for target in targets(node):
        try:
            locate(target)
        except LookupError as error:
            problems.append(str(error))
    if problems:
        raise ConfigurationError(problems)
    return hydra_instantiate(node, _convert_="all", **arguments)


def targets(node: Any) -> list[str]:
    """Return every `_target_` in a node, at any depth, interpolations resolved."""
    if OmegaConf.is_config(node):
        node = OmegaConf.to_container(node, resolve=True)
    if isinstance(node, dict):
        own = [str(node["_target_"])] if "_target_" in node else []
        return own + [target for value in node.values() for target in targets(value)]
    if isinstance(node, list):
        return [target for value in node for target in targets(value)]
    return []


def _refusal(target: str) -> str:
    return (
        f"'{target}' is outside the packages that a configuration may use ({', '.join(p[:-1] for p in _allowed)}); "
        f"add its package to the environment variable {ALLOW_VARIABLE}, or call ganlab.config.allow"
    )
