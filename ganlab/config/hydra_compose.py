"""Compose a configuration with Hydra, without checks."""

from collections.abc import Sequence
from pathlib import Path

from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.errors import HydraException
from omegaconf import DictConfig
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from ganlab.config.nested_data import explain_absent_place
from ganlab.config.schema import Command
from ganlab.core.errors import ConfigurationError


def compose_with_hydra(lines: Sequence[str], directories: Sequence[Path], command: Command) -> DictConfig:
    """Compose conf/COMMAND.yaml with Hydra overrides; raises ConfigurationError with Hydra's or YAML's sentence.

    The first directory is the shipped configuration, further ones are the user's.
    """
    outer = GlobalHydra.instance().hydra
    GlobalHydra.instance().clear()
    try:
        with initialize_config_dir(str(directories[0]), version_base="1.3", job_name="ganlab"):
            return compose(command.name, [*lines, *search_path(directories[1:])])
    except YAMLError as error:
        raise ConfigurationError([f"invalid YAML: {' '.join(str(error).split())}"]) from error
    except (HydraException, OmegaConfBaseException) as error:
        sentence = " ".join(str(error).split("\n")[0].split())
        raise ConfigurationError([explain_absent_place(sentence)]) from error
    finally:
        GlobalHydra.instance().hydra = outer


def search_path(directories: Sequence[Path]) -> list[str]:
    """Return the Hydra override that adds the user's config folders, if there are any."""
    if not directories:
        return []
    return ["hydra.searchpath=[" + ",".join(f"'file://{directory}'" for directory in directories) + "]"]
