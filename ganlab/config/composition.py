"""Compose a configuration with Hydra and check all of it."""

from collections.abc import Sequence
from pathlib import Path

from hydra import compose as hydra_compose
from hydra import initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf, open_dict
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from ganlab.config.overrides import choices, normalize, sweeping
from ganlab.config.schema import TRAIN, Command
from ganlab.config.targets import conf_directory
from ganlab.core.errors import ConfigIssue, ConfigurationError


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
        found.append(ConfigIssue(key, f"{plain}: several values are a sweep; give one, or write ganlab train -m"))
    try:
        config = _compose(lines, directories, command)
    except ConfigurationError as error:
        raise ConfigurationError([*(each.sentence for each in found), *error.issues]) from error
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


def _unread(lines: Sequence[str], config: DictConfig) -> list[ConfigIssue]:
    """Return a mistake where a loss was asked for that the game never asks; that of an experiment may stand idle."""
    asked = _asked(lines, "loss")
    if not asked or "game" not in config or _takes(config.game, "loss"):
        return []
    name = str(config.game.get("_target_", "")).rpartition(".")[2]
    return [ConfigIssue("", f"{asked[0]}: {name} has losses of its own; leave it out, or use another game")]


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


def check(config: DictConfig, known: Sequence[ConfigIssue] = (), command: Command = TRAIN) -> None:
    """Raise ConfigurationError with every mistake in a composed configuration, after those that are known already."""
    from ganlab.config.validation import find_issues  # it imports torch, which `--help` need not wait for

    found = [*known, *find_issues(config, {issue.where for issue in known}, command)]
    if found:
        raise ConfigurationError(issue.sentence for issue in found)
