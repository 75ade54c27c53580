"""Mistakes that a person can mend: told in one sentence each, without a traceback, with exit code 2."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import NamedTuple


class UserError(Exception):
    """A mistake of the user's, or a state of the world that only the user can mend."""


class ConfigIssue(NamedTuple):
    """A sentence about one setting or config group, named by the first part of its key."""

    where: str
    sentence: str


class ConfigurationError(UserError, ValueError):
    """All errors of one configuration; `issues` holds a sentence for each."""

    def __init__(self, issues: Iterable[str]) -> None:
        self.issues = list(dict.fromkeys(issues))
        super().__init__("this configuration cannot be built:\n" + "\n".join(f"  {each}" for each in self.issues))

    @property
    def mistakes(self) -> list[str]:
        """The former name of `issues`."""
        return self.issues

    def __reduce__(self) -> tuple[type, tuple[list[str]]]:
        return type(self), (self.issues,)


def suggest(word: str, known: Iterable[str]) -> str:
    """Return "; did you mean …?" where a known word is near, else nothing."""
    near = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"; did you mean '{near[0]}'?" if near else ""


class TrainingError(Exception):
    """A run that cannot go on: what happened, at which step, and what to try."""


class AlarmError(TrainingError):
    """A run that is not healthy any more: its recovery stops it, or takes it back to where it was."""
