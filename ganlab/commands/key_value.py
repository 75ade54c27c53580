"""KEY=VALUE arguments of the commands that do not compose a configuration."""

import math
import os
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from typing import final

from ganlab.config.dashed_settings import join_values, suggest_setting
from ganlab.core.errors import UserError, suggest

LARGEST = 2**63 - 1  # of PyTorch's integers
DIGITS = 19  # of that number


@final
class KeyValueArguments:
    """A command line split into `values` by setting and, if the command takes any, `paths`.

    Errors are collected in `issues` until `raise_if_invalid`. An argument that names an existing file is a path even if
    it contains an equals sign, as a sweep's directory may.
    """

    def __init__(
        self, command: str, settings: Mapping[str, str | None], arguments: Sequence[str], takes_paths: bool = False
    ) -> None:
        self.values, self.paths, self.issues = dict(settings), list[str](), list[str]()
        problem = "neither a path nor a setting" if takes_paths else "not a setting"
        for argument in join_values(arguments):
            key, equals, value = argument.partition("=")
            if equals and key in settings:
                self._set(key, value, settings[key])
            elif takes_paths and not argument.strip():
                self.issues.append("a path is empty; leave it out, or write . for the present directory")
            elif takes_paths and not argument.startswith("-") and (not equals or os.path.exists(argument)):
                self.paths.append(argument)
            else:
                is_run = "run" in settings and os.path.isdir(argument)
                advice = f"; did you mean 'run={argument}'?" if is_run else suggest_setting(argument, settings)
                self.issues.append(f"'{argument}' is {problem} of ganlab {command}{advice}")

    def _set(self, key: str, value: str, default: str | None) -> None:
        """Set a value; null leaves a setting unset, so one that has a default needs another value."""
        self.values[key] = default if value == "null" else value
        if value == "null" and default:
            self.issues.append(f"{key} cannot be null; leave it out for {default}")
        elif not value.strip():
            self.issues.append(f"{key} needs a value")

    def __getitem__(self, key: str) -> str:
        """Return the value of a setting that is not null, after `raise_if_invalid`."""
        value = self.values[key]
        assert value is not None, key
        return value

    def count(self, key: str, least: int = 0) -> int:
        """Return an integer of at least `least`, or 0 for null."""
        value = self.values[key] or ""
        is_number = value.isascii() and value.isdecimal()  # not ², which is a digit too
        if is_number and (len(value) > DIGITS or int(value) > LARGEST):
            self.issues.append(f"{key} must be at most {LARGEST}, got {len(value)} digits")
        elif is_number and int(value) >= least:
            return int(value)
        elif value:
            self.issues.append(f"{key} must be an integer of at least {least}, got '{value}'")
        return 0

    def number(self, key: str) -> float | None:
        """Return a finite number, or None for null."""
        value = self.values[key]
        if not value:
            return None
        with suppress(ValueError):
            if math.isfinite(float(value)):
                return float(value)
        self.issues.append(f"{key} must be a number, got '{value}'")
        return None

    def choice(self, key: str, choices: Collection[str]) -> str:
        """Return one of the choices."""
        value = self.values[key] or ""
        if value and value not in choices:
            similar = suggest(value, choices)
            self.issues.append(f"there is no {key} '{value}'; choose {', '.join(choices)}{similar}")
        return value

    def require(self, sentence: str, value: object) -> None:
        """Add an issue if a value is missing, unless another issue may be the reason."""
        if not value and not self.issues:
            self.issues.append(sentence)

    def raise_if_invalid(self) -> None:
        """Raise UserError with every issue, if there is any."""
        if self.issues:
            raise UserError("; ".join(self.issues))
