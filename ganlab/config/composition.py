"""Compose a configuration with Hydra and check it."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from omegaconf import DictConfig, OmegaConf, open_dict

from ganlab.config.found_settings import fill_found_settings
from ganlab.config.groups import LIST_GROUPS, choices, conf_directory
from ganlab.config.hydra_compose import compose_with_hydra
from ganlab.config.missing_callbacks import describe_missing_callbacks
from ganlab.config.notices import notify
from ganlab.config.overrides import normalize, sweeping
from ganlab.config.own_files import find_overwritten
from ganlab.config.resets import describe_resets
from ganlab.config.run_names import name_by_data
from ganlab.config.schema import TRAIN, Command
from ganlab.config.targets import locate
from ganlab.core.errors import ConfigIssue, ConfigurationError
from ganlab.core.torchmetrics_classes import is_torchmetrics


def compose(
    overrides: Sequence[str] = (), config_dirs: Sequence[str | Path] = (), command: Command = TRAIN
) -> DictConfig:
    """Compose conf/COMMAND.yaml with overrides and check it; raises ConfigurationError with one sentence per error.

    `config_dirs` are further folders of config groups, searched after the shipped one.
    """
    if isinstance(overrides, str):
        raise TypeError(f"overrides are a list of strings, got '{overrides}'; write [{overrides!r}]")
    directories = [conf_directory(), *(Path(folder).resolve() for folder in config_dirs)]
    lines, issues = normalize(overrides, directories, command)
    lines, sweeps = split_sweeps(lines)
    issues += sweeps
    try:
        config = _compose(lines, directories, command)
        issues += _find_overwritten(lines, directories, command)
    except ConfigurationError as error:
        raise ConfigurationError([*(issue.sentence for issue in issues), *error.issues]) from error
    if command.recipes:
        name_by_data(config, lines, directories)
    issues += fill_found_settings(config)
    check(config, [*issues, *_find_unused_loss(lines, config), *_find_unused_corruption(lines, config)], command)
    for notice in (_describe_resets(config, lines, directories, command), describe_missing_callbacks(config, lines)):
        if notice:
            notify(notice)
    return config


def check(config: DictConfig, known: Sequence[ConfigIssue] = (), command: Command = TRAIN) -> None:
    """Raise ConfigurationError with every issue of a composed configuration, after those that are already known."""
    from ganlab.config.validation import find_issues  # imports torch

    issues = [*known, *find_issues(config, {issue.key for issue in known}, command)]
    if issues:
        raise ConfigurationError(issue.sentence for issue in issues)


def split_sweeps(lines: Sequence[str]) -> tuple[list[str], list[ConfigIssue]]:
    """Return the overrides that set one value, and an issue for each that sets several."""
    issues, several = [], sweeping(lines)
    for line in several:
        plain = line.lstrip("+")
        sentence = f"{plain}: several values are a sweep; set one value, or write ganlab train -m"
        issues.append(ConfigIssue(plain.split("=")[0], sentence))
    return [line for line in lines if line not in several], issues


def leave_metrics_unbuilt(config: DictConfig) -> None:
    """Mark classes of torchmetrics as partial: their constructors may load networks, so a check must not build them."""
    for node in (config.get("metric") or {}).values():
        target = str(node.get("_target_", "")) if OmegaConf.is_dict(node) else ""
        if not target or target.startswith("ganlab.") or "_partial_" in node:
            continue
        with suppress(LookupError), open_dict(node):  # reported by the check
            if is_torchmetrics(locate(target)):
                node._partial_ = True


def _compose(lines: Sequence[str], directories: Sequence[Path], command: Command) -> DictConfig:
    """Compose; a component that an override names comes from its own file, without settings of the experiment.

    The settings that an experiment makes are meant for the component that it selects. So a group that is selected on
    the command line is taken from a second composition without the experiment.
    """
    config = compose_with_hydra(lines, directories, command)
    named = {line.split("=")[0] for line in lines} & choices(directories).keys()
    named -= set(command.recipes)
    new_game = "game" in named and "game" in config
    if new_game and not _reads(config.game, "regularizer") and not _overrides_of("regularizer", lines):
        config.regularizer = {}  # the defaults or an experiment selected them for another game
    if named and command.recipes:
        others = [line for line in lines if line.split("=")[0] not in command.recipes]
        without_recipes = [*others, *(f"~{recipe}" for recipe in command.recipes)]
        plain = compose_with_hydra(without_recipes, directories, command)
        with open_dict(config):
            for group in named:
                if group in plain:
                    config[group] = plain[group]
                else:  # GROUP=[]
                    config.pop(group, None)
    leave_metrics_unbuilt(config)
    return config


def _describe_resets(config: DictConfig, lines: Sequence[str], directories: Sequence[Path], command: Command) -> str:
    """Return which settings of the experiment are lost by naming their component, in a new list or an addition."""
    keys = [line.lstrip("+").split("=")[0] for line in lines]
    named = [key for key in dict.fromkeys(keys) if key in choices(directories).keys() - set(command.recipes)]
    return describe_resets(config, named, lines, directories, command) if named and command.recipes else ""


def _find_overwritten(lines: Sequence[str], directories: Sequence[Path], command: Command) -> list[ConfigIssue]:
    """Return the user's files that an addition to a list selects, and that would replace what the list holds."""
    issues: list[ConfigIssue] = []
    for line in lines:
        group, _, names = line.lstrip("+").partition("=")
        if not line.startswith("+") or group not in LIST_GROUPS or len(directories) == 1:
            continue
        held = compose_with_hydra([other for other in lines if other != line], directories, command).get(group) or {}
        added = [name.strip() for name in names.strip("[]").split(",")]
        sentences = find_overwritten(group, added, [str(key) for key in held], directories)
        issues += [ConfigIssue(group, sentence) for sentence in sentences]
    return issues


def _reads(game: DictConfig, group: str) -> bool:
    """Return whether a game, or other component, takes the components of a group."""
    return f"${{{group}}}" in OmegaConf.to_container(game, resolve=False).values()  # type: ignore[union-attr]


def _overrides_of(group: str, lines: Sequence[str]) -> list[str]:
    """Return the overrides of a group, or of a setting inside it."""
    bare = [line.lstrip("+~") for line in lines]
    return [line for line in bare if line.startswith((f"{group}=", f"{group}."))]


def _find_unused_loss(lines: Sequence[str], config: DictConfig) -> list[ConfigIssue]:
    """Return an issue if an override selects a loss that the game does not use; an experiment's may stay unused."""
    overrides = _overrides_of("loss", lines)
    if not overrides or "game" not in config or _reads(config.game, "loss"):
        return []
    name = str(config.game.get("_target_", "")).rpartition(".")[2]
    return [ConfigIssue("", f"{overrides[0]}: {name} has its own losses; remove it, or use another game")]


def _find_unused_corruption(lines: Sequence[str], config: DictConfig) -> list[ConfigIssue]:
    """Return an issue if an override selects a corruption that the data do not use; an experiment's may stay unused."""
    overrides = _overrides_of("corruption", lines)
    data = config.get("data")
    if not overrides or not OmegaConf.is_dict(data) or _reads(data, "corruption"):
        return []
    name = str(data.get("_target_", "")).rpartition(".")[2]
    return [ConfigIssue("", f"{overrides[0]}: {name} is not corrupted; write data=corrupted data.images=NAME")]
