"""Damaged records that a run does not need to be resumed: kept under another name, with a warning."""

import logging
from pathlib import Path

log = logging.getLogger(__name__)


def set_aside(path: Path, reason: object) -> None:
    """Rename a damaged file to the first free one of NAME.damaged, NAME.damaged-2, …, and say so."""
    names = [path.with_name(f"{path.name}.damaged{number}") for number in ("", *(f"-{n}" for n in range(2, 1000)))]
    target = next(name for name in names if not name.exists())
    path.rename(target)
    log.warning("%s cannot be read (%s); it is now %s, and the run continues with a new one", path, reason, target.name)
