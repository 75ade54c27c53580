"""KEY=VALUE words of the commands that have no configuration of their own."""

import os
from collections.abc import Collection, Mapping, Sequence
from typing import final

from ganlab.core.errors import UserError, suggest


@final
class KeyValueArguments:
    """A command line sorted into values by name, and `paths` where the command takes any; mistakes are kept.

    A word that names an existing file is a path even where it holds an equals sign, as a sweep's folder may.
    """

    def __init__(
        self, command: str, known: Mapping[str, str | None], words: Sequence[str], takes_paths: bool = False
    ) -> None:
        self.values, self.paths, self.issues = dict(known), list[str](), list[str]()
        kind = "neither a path nor a setting" if takes_paths else "no setting"
        for word in words:
            key, equals, value = word.partition("=")
            if equals and key in known:
                self.values[key] = None if value == "null" else value
                self.issues += [] if value else [f"{key} needs a value"]
            elif takes_paths and not word.startswith("-") and (not equals or os.path.exists(word)):
                self.paths.append(word)
            else:
                near = (
                    f"; did you mean 'run={word}'?" if "run" in known and os.path.isdir(word) else suggest(key, known)
                )
                self.issues.append(f"'{word}' is {kind} of ganlab {command}{near}")

    def __getitem__(self, key: str) -> str:
        """Return a value that is known to be there, after `raise_if_invalid`."""
        value = self.values[key]
        assert value is not None, key
        return value

    def count(self, key: str) -> int:
        """Return an integer of at least 0."""
        value = self.values[key] or ""
        if value.isascii() and value.isdecimal():  # ² is a digit too
            return int(value)
        self.issues += [f"{key} must be an integer of at least 0, got '{value}'"] if value else []
        return 0

    def number(self, key: str) -> float | None:
        """Return a number, or None where there is none."""
        value = self.values[key]
        try:
            return None if value is None else float(value)
        except ValueError:
            self.issues.append(f"{key} must be a number, got '{value}'")
            return None

    def choice(self, key: str, choices: Collection[str]) -> str:
        """Return one of the choices."""
        value = self.values[key] or ""
        if value and value not in choices:
            near = suggest(value, choices)
            self.issues.append(f"there is no {key} '{value}'; choose {', '.join(choices)}{near}")
        return value

    def require(self, what: str, given: object) -> None:
        """Note that something is missing, unless another mistake may be the reason."""
        if not given and not self.issues:
            self.issues.append(f"{what}")

    def raise_if_invalid(self) -> None:
        """Raise UserError naming every mistake, if there is any."""
        if self.issues:
            raise UserError("; ".join(self.issues))
