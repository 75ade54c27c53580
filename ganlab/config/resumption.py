"""The configuration of a run that is resumed: its own config.yaml with overrides, whatever recipe it was made from."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, cast

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from omegaconf import MISSING, DictConfig, OmegaConf

from ganlab.config.composition import check, compose, leave_metrics_unbuilt, split_sweeps
from ganlab.config.groups import LIST_GROUPS, choices, conf_directory
from ganlab.config.hydra_compose import compose_with_hydra
from ganlab.config.overrides import normalize
from ganlab.config.references import restore_references
from ganlab.config.schema import TRAIN
from ganlab.core.errors import ConfigIssue, ConfigurationError, UserError
from ganlab.runs.directory import RunDirectory
from ganlab.runs.new_settings import EARLIER_VALUES

ADVICE = "restore it, or choose another run_dir"


def compose_run(overrides: Sequence[str], config_dirs: Sequence[str | Path] = ()) -> DictConfig:
    """Compose the configuration of one run; if `run_dir` names an existing one, from its config.yaml.

    A recipe among the overrides (`experiment=NAME`) describes a whole run, so it is composed as that of a new one.
    Raises ConfigurationError with one sentence per error, and UserError for a damaged config.yaml.
    """
    if any(override.startswith("run_dir=") for override in overrides):
        parsed, issues = _parse(overrides, config_dirs)
        paths = [override.value() for override in parsed if override.key_or_group == "run_dir"]
        run = RunDirectory(Path(str(paths[-1]))) if paths and paths[-1] is not None else None
        if run is not None and run.exists() and not _has_recipe(parsed):
            saved = _read(run)
            if not _missing_groups(saved):  # else it differs from any run, which is then reported
                return _compose_existing(saved, parsed, issues, config_dirs)
    return compose(overrides, config_dirs)


def compose_resumed(run_dir: Path, overrides: Sequence[str] = (), config_dirs: Sequence[str | Path] = ()) -> DictConfig:
    """Compose the configuration of a run that exists, from its config.yaml and overrides; raises as `compose_run`."""
    parsed, issues = _parse(overrides, config_dirs)
    if _has_recipe(parsed):
        config = compose(overrides, config_dirs)
    else:
        saved = _read(RunDirectory(run_dir))
        if missing := _missing_groups(saved):
            raise UserError(f"{RunDirectory(run_dir).config} has no {', '.join(missing)}; {ADVICE}")
        config = _compose_existing(saved, parsed, issues, config_dirs)
    config.run_dir = str(run_dir)
    return config


def _parse(overrides: Sequence[str], config_dirs: Sequence[str | Path]) -> tuple[list[Override], list[ConfigIssue]]:
    lines, issues = normalize(overrides, _directories(config_dirs))
    lines, sweeps = split_sweeps(lines)
    return OverridesParser.create().parse_overrides(lines), [*issues, *sweeps]


def _directories(config_dirs: Sequence[str | Path]) -> list[Path]:
    return [conf_directory(), *(Path(folder).resolve() for folder in config_dirs)]


def _has_recipe(parsed: Sequence[Override]) -> bool:
    return any(override.key_or_group in TRAIN.recipes and not override.is_delete() for override in parsed)


def _read(run: RunDirectory) -> dict[str, Any]:
    saved = cast(dict[str, Any], OmegaConf.to_container(run.read_config(ADVICE), resolve=False))
    return {**EARLIER_VALUES, **saved}


def _missing_groups(saved: Mapping[str, Any]) -> list[str]:
    """Return the groups that every run has and a saved configuration lacks."""
    return [field.name for field in fields(TRAIN.root) if field.default == MISSING and field.name not in saved]


def _compose_existing(
    saved: dict[str, Any], parsed: Sequence[Override], issues: Sequence[ConfigIssue], config_dirs: Sequence[str | Path]
) -> DictConfig:
    if issues:
        raise ConfigurationError(issue.sentence for issue in issues)
    directories = _directories(config_dirs)
    config = OmegaConf.create(restore_references(saved, directories))
    groups = choices(directories).keys() - set(TRAIN.recipes)
    selections = [each for each in parsed if each.key_or_group in groups and not each.is_delete()]
    _select_components(config, selections, directories)
    for override in parsed:
        key = override.key_or_group
        if override not in selections and key not in TRAIN.recipes and not key.startswith("hydra"):
            _set_value(config, override)
    leave_metrics_unbuilt(config)
    OmegaConf.set_struct(config, True)
    check(config)
    return config


def _select_components(config: DictConfig, selections: Sequence[Override], directories: Sequence[Path]) -> None:
    """Take the named components from their own files; additions to a list keep what it has."""
    if not selections:
        return
    lines = [str(override.input_line).lstrip("+") for override in selections]
    plain = compose_with_hydra([*lines, *(f"~{recipe}" for recipe in TRAIN.recipes)], directories, TRAIN)
    for override in selections:
        group = override.key_or_group
        if override.is_add() or override.is_force_add():
            config[group] = {**config.get(group, {}), **plain[group]}
        else:
            config[group] = plain.get(group, {})


def _set_value(config: DictConfig, override: Override) -> None:
    key = override.key_or_group
    outer, _, name = key.rpartition(".")
    if not override.is_delete():
        OmegaConf.update(config, key, override.value(), merge=True, force_add=True)
        return
    node = OmegaConf.select(config, outer) if outer else config
    if isinstance(node, DictConfig) and name in node:  # else the run's first command has removed it already
        node.pop(name)
    if key in LIST_GROUPS:
        config[key] = {}
