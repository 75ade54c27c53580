"""Suggestions for settings that are written as flags: `--iterations 500` means iterations=500."""

import re
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from pathlib import Path

from ganlab.config.groups import conf_directory
from ganlab.core.errors import suggest

TOP_KEY = re.compile(r"^([a-z]\w*):", re.MULTILINE)  # of a yaml file


def join_values(arguments: Sequence[str]) -> list[str]:
    """Return the arguments with each flag joined to the value after it: `--n 5` becomes `--n=5`."""
    joined: list[str] = []
    for argument in arguments:
        follows_flag = bool(joined) and joined[-1].startswith("--") and "=" not in joined[-1]
        if follows_flag and argument and not argument.startswith("-") and "=" not in argument:
            joined[-1] = f"{joined[-1]}={argument}"
        else:
            joined.append(argument)
    return joined


def suggest_setting(argument: str, settings: Iterable[str]) -> str:
    """Return "; did you mean …?" for a command's setting that is misspelt or has dashes, else an empty string."""
    flag, equals, value = argument.partition("=")
    key, known = plain_name(flag), list(settings)
    if key != flag and equals and (matches := get_close_matches(key, known, n=1, cutoff=0.6)):
        return f"; did you mean '{matches[0]}={value}'?"
    return suggest(key if key in known else flag, known)


def plain_name(flag: str) -> str:
    """Return the name of the setting that a flag means: `--batch-size` is batch_size."""
    return flag.lstrip("-").replace("-", "_") if flag.startswith("-") else flag


def sweep_settings(directory: Path | None = None) -> list[str]:
    """Return the dotted settings of all sweepers and launchers, such as hydra.sweeper.trials."""
    folder = (directory or conf_directory()) / "hydra"
    paths = sorted(path for kind in ("sweeper", "launcher") for path in (folder / kind).glob("*.yaml"))
    return list(dict.fromkeys(f"hydra.{path.parent.name}.{key}" for path in paths for key in _top_keys(path)))


def _top_keys(path: Path) -> list[str]:
    return [key for key in TOP_KEY.findall(path.read_text(encoding="utf-8")) if key != "defaults"]
