"""--help and --version, which every command has."""

from collections.abc import Callable, Sequence

import ganlab

HELP = ("-h", "--help")
VERSION = "--version"


def answer(arguments: Sequence[str], help_text: str | Callable[[], str]) -> bool:
    """Print the help or the version if the arguments request it; returns whether they do."""
    if not {*HELP}.isdisjoint(arguments):
        print(help_text if isinstance(help_text, str) else help_text())
        return True
    if VERSION in arguments:
        print(f"ganlab {ganlab.__version__}")
        return True
    return False
