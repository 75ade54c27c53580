"""What a flag that a composing command does not have was meant to be."""

from collections.abc import Sequence
from pathlib import Path

from ganlab.config.dashed_settings import join_values, plain_name
from ganlab.config.overrides import normalize
from ganlab.config.schema import Command

UNKNOWN = "there is no setting "  # the start of an issue's sentence


def advise_on_flag(flag: str, arguments: Sequence[str], directories: Sequence[Path], command: Command) -> str:
    """Return "; did you mean 'iterations=5'?" for `--iterations 5` among the arguments, or an empty string."""
    typed = next((argument for argument in join_values(arguments) if argument.startswith(flag)), flag)
    name, _, value = typed.partition("=")
    key = plain_name(name)
    if len(key) < 2 or not name.startswith("-"):
        return ""
    _, issues = normalize([f"{key}={value or 'VALUE'}"], directories, command)
    if not any(issue.sentence.startswith(UNKNOWN) for issue in issues):
        return f"; did you mean '{key}={value or 'VALUE'}'?"
    _, semicolon, advice = issues[0].sentence.partition("; ")
    return semicolon + advice
