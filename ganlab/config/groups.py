"""Config groups and their choices, read from file names; imports only the standard library, for help and completion."""

from collections.abc import Sequence
from pathlib import Path

# Groups that hold several components by name: GROUP=[A,B] replaces the list, +GROUP=[C] appends to it.
LIST_GROUPS = {"regularizer", "training_hook", "metric", "callback", "logger"}


def conf_directory() -> Path:
    """Return the folder of the shipped configuration: inside an installed package, next to it in a checkout."""
    package = Path(__file__).parents[1]
    return package / "conf" if (package / "conf").is_dir() else package.parent / "conf"


def choices(directories: Sequence[Path]) -> dict[str, list[str]]:
    """Return the names of the choices in each config group."""
    groups: dict[str, set[str]] = {}
    for directory in directories:
        for path in directory.glob("*/*.yaml"):
            groups.setdefault(path.parent.name, set()).add(path.stem)
    return {group: sorted(names) for group, names in sorted(groups.items())}


def sweep_choices(directory: Path) -> dict[str, list[str]]:
    """Return the choices of Hydra's groups for sweeps, such as hydra/launcher."""
    groups: dict[str, list[str]] = {}
    for kind in ("launcher", "sweeper"):
        for path in sorted((directory / "hydra" / kind).rglob("*.yaml")):
            groups.setdefault(path.parent.relative_to(directory).as_posix(), []).append(path.stem)
    return groups
