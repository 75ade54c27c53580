"""Whether the process that a status speaks of is still there."""

import os
import socket
from collections.abc import Mapping
from datetime import datetime
from typing import Any

# A running process shows a sign of life this often, and counts as gone when none was seen for so long; on its own
# machine a look at the process tells at once.
HEARTBEAT_SECONDS = 10.0
LOST_SECONDS = 120.0


def now() -> str:
    """Return the time with its zone, for machines in several may read it."""
    return datetime.now().astimezone().isoformat(timespec="seconds")


def is_alive(status: Mapping[str, Any]) -> bool:
    """Tell whether the process of a status that says running can still be running."""
    try:
        age = datetime.now().astimezone() - datetime.fromisoformat(status["heartbeat"])
        pid = int(status["pid"])
    except (KeyError, TypeError, ValueError):
        return False
    if age.total_seconds() > LOST_SECONDS:
        return False
    return status.get("host") != socket.gethostname() or _runs(pid)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's
        return True
    return True
