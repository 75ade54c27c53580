"""Names of runs, and so of their folders below outputs/: that of the experiment, and of its data if it is another."""

import re
from collections.abc import Sequence
from pathlib import Path

from omegaconf import DictConfig, open_dict

from ganlab.config.component_files import read_component
from ganlab.config.schema import TRAIN

LONGEST = 40  # characters of the names of several data sets


def name_by_data(config: DictConfig, lines: Sequence[str], directories: Sequence[Path]) -> None:
    """Append the data set to the name in a composed configuration, unless it is the experiment's or a name is given.

    `lines` are Hydra overrides; if they list several data sets, all of them are appended.
    """
    settings = dict(line.lstrip("+").split("=", 1) for line in lines if "=" in line)
    data = settings.get("data")
    if data is None or "name" in settings or not isinstance(config.get("name"), str):
        return
    experiment = settings.get("experiment") or _default("experiment", directories)
    if data == (_data_of(experiment, directories) or _default("data", directories)):
        return
    names = [name for name in re.split(r"\W+", data) if name not in ("", "choice", "glob")]
    suffix = "_".join(names)
    with open_dict(config):
        config.name = f"{config.name}_{suffix if names and len(suffix) <= LONGEST else 'data'}"


def _data_of(experiment: str, directories: Sequence[Path]) -> str:
    """Return the data set that an experiment, or the one that it is based on, selects; "" if neither does."""
    path = next((path for each in directories if (path := each / "experiment" / f"{experiment}.yaml").is_file()), None)
    if path is None:
        return ""
    selections = read_component(path, "experiment").selections
    own = [name for group, name in selections if group == "data"]
    return (
        own[-1]
        if own
        else next((data for group, base in selections if not group and (data := _data_of(base, directories))), "")
    )


def _default(group: str, directories: Sequence[Path]) -> str:
    """Return the choice of a group in conf/train.yaml."""
    selections = read_component(directories[0] / f"{TRAIN.name}.yaml", "").selections
    return next((name for key, name in selections if key == group), "")
