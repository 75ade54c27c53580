"""Command lines that ganlab prints and saves: they work when they are pasted into a shell."""

import os
import re
import shlex
from collections.abc import Sequence

ALLOW_VARIABLE = "GANLAB_ALLOW"
PLAIN = re.compile(r"(?!(?:null|true|false|nan|inf)$)[a-z_/.][\w/.@-]*", re.IGNORECASE | re.ASCII)


def ganlab_line(arguments: Sequence[str], packages: str = "") -> str:
    """Return a line that runs `ganlab` with these arguments, each one word for the shell.

    `packages`, if there are any, are those that a configuration may use, as $GANLAB_ALLOW names them: a shell in which
    the variable was set for one command only does not have it.
    """
    variables = [f"{ALLOW_VARIABLE}={shlex.quote(packages)}"] if packages else []
    return " ".join([*variables, shlex.join(["ganlab", *arguments])])


def setting(key: str, value: object) -> str:
    """Return KEY=VALUE for a text, such as a path, with the quotes that Hydra needs to take it as one."""
    text = str(value)
    return f"{key}={text}" if PLAIN.fullmatch(text) else f'{key}="{escape(text)}"'


def escape(text: str) -> str:
    """Return a text for double quotes in Hydra's syntax, which removes only backslashes that stand before a quote."""
    return re.sub(r'(\\*)("|$)', lambda match: match[1] * 2 + match[2].replace('"', r"\""), text)


def with_directory(line: str) -> str:
    """Return a line that works in a shell in any directory, because it changes to the present one first."""
    return f"{_change_directory()}{line}"


def without_directory(line: str) -> str:
    """Return a line of `with_directory` for a shell in the present directory, which does not need to change to it."""
    return line.removeprefix(_change_directory())


def as_path(path: object) -> str:
    """Return a path as an argument that cannot be taken for a flag."""
    text = str(path)
    return f"./{text}" if text.startswith("-") else text


def _change_directory() -> str:
    return f"cd {shlex.quote(os.getcwd())} && "
