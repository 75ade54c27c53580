"""User errors: one sentence each, no traceback, exit code 2; and errors that end a training run."""

from collections.abc import Iterable
from difflib import get_close_matches
from signal import Signals
from typing import NamedTuple


class UserError(Exception):
    """An error that the user can fix: a wrong setting, a missing or damaged file, a device that does not work."""


class ConfigIssue(NamedTuple):
    """One sentence about a setting or a config group; `key` is the name of that group or root setting."""

    key: str
    sentence: str


class ConfigurationError(UserError, ValueError):
    """All errors of one configuration; `issues` holds one sentence per error."""

    def __init__(self, issues: Iterable[str]) -> None:
        self.issues = list(dict.fromkeys(issues))
        super().__init__("this configuration cannot be built:\n" + "\n".join(f"  {issue}" for issue in self.issues))

    @property
    def mistakes(self) -> list[str]:
        """The former name of `issues`."""
        return self.issues

    def __reduce__(self) -> tuple[type, tuple[list[str]]]:
        return type(self), (self.issues,)


def suggest(word: str, known: Iterable[str]) -> str:
    """Return "; did you mean …?" if a known word is similar, else an empty string."""
    matches = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"; did you mean '{matches[0]}'?" if matches else ""


class TrainingError(Exception):
    """A run that cannot continue; the message states what happened, at which step, and what to try."""


class AlarmError(TrainingError):
    """A run that is no longer healthy; its recovery stops it, or returns it to an earlier checkpoint."""


class Interrupted(BaseException):
    """A signal that ends work which nothing has to be saved of; like KeyboardInterrupt it is no Exception."""

    def __init__(self, signal_number: int) -> None:
        super().__init__(f"stopped by {Signals(signal_number).name}")
        self.signal_number = signal_number

    def __reduce__(self) -> tuple[type, tuple[int]]:
        return type(self), (self.signal_number,)
