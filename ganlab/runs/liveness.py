"""Determines from a status whether the process that wrote it is still running."""

import os
from collections.abc import Mapping
from datetime import datetime
from typing import Any

# A running process renews its heartbeat this often, and counts as lost if the heartbeat is older than LOST_SECONDS. On
# the same machine the process itself is checked, which detects its end at once.
HEARTBEAT_SECONDS = 10.0
LOST_SECONDS = 120.0


def now() -> str:
    """Return the time with its zone, because machines in other time zones may read it."""
    return datetime.now().astimezone().isoformat(timespec="seconds")


def is_alive(status: Mapping[str, Any]) -> bool:
    """Return whether the process of a status with state "running" can still be running."""
    try:
        age = datetime.now().astimezone() - datetime.fromisoformat(status["heartbeat"])
        pid = int(status["pid"])
    except (KeyError, TypeError, ValueError):
        return False
    if age.total_seconds() > LOST_SECONDS:
        return False
    return status.get("host") != os.uname().nodename or _exists(pid)


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # it belongs to another user
        return True
    return True
