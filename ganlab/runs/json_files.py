"""JSON files: written so that they are complete at every moment, and read with errors for people or without any."""

import json
from pathlib import Path
from typing import Any

from ganlab.core.errors import UserError
from ganlab.core.file_replacement import replace_text
from ganlab.core.plain_files import read_plain


def write_json(path: Path, value: Any) -> None:
    """Write a JSON file atomically; see `core.file_replacement`."""
    replace_text(path, json.dumps(value, indent=2) + "\n")


def read_json(path: Path) -> dict[str, Any]:
    """Return the mapping in a JSON file; raises UserError if the file is damaged or contains something else."""
    try:
        content = json.loads(read_plain(path).decode())
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:  # invalid JSON or invalid UTF-8
        raise UserError(f"{path} is not valid JSON ({error}); write it again or leave it out") from error
    if not isinstance(content, dict):
        raise UserError(
            f"{path} must contain a mapping, got a {type(content).__name__}; write it again or leave it out"
        )
    return content


def read_json_if_valid(path: Path | str) -> dict[str, Any]:
    """Return the mapping in a JSON file, empty if there is none or the file is damaged."""
    try:
        content = json.loads(read_plain(path).decode())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
