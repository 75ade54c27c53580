"""The meeting of the processes of several machines: bounded, said, and ended by signals.

torch waits half an hour for missing processes, in C++, where no signal handler of Python runs. Here Python waits, in
short polls, until all processes have joined the store through which torch's process group then communicates.
"""

import socket
import sys
import time
from contextlib import suppress
from datetime import timedelta
from typing import NamedTuple

from torch.distributed import TCPStore

from ganlab.core.errors import UserError

JOIN_SECONDS = 120.0
NOTICE_SECONDS = 2.0  # before a line says who is waited for
POLL_SECONDS = 0.2
JOINED = "ganlab/joined"  # the store's number of processes that have joined


class Place(NamedTuple):
    """Where the processes of a run meet, and which of them this one is."""

    address: str
    port: int
    rank: int
    world: int  # the number of processes
    advice: str  # what to do if some are missing


def join(place: Place, timeout: timedelta, seconds: float = JOIN_SECONDS) -> TCPStore:
    """Return the store that all processes have joined; `timeout` is that of the store's later operations.

    Raises UserError if the first machine is not found, its port is taken, or processes are missing after `seconds`.
    """
    wait = _Wait(place, seconds)
    while place.rank and not _is_open(place):
        wait.poll(f"the first machine ({place.address}:{place.port}), which does not answer")
    try:
        store = TCPStore(place.address, place.port, None, place.rank == 0, timeout, wait_for_workers=False)
    except RuntimeError as error:
        reason = str(error).splitlines()[0]
        raise UserError(
            f"MASTER_ADDR={place.address} MASTER_PORT={place.port}: the processes of this run cannot meet there "
            f"({reason}); choose another port"
        ) from error
    joined = store.add(JOINED, 1)
    while joined < place.world:
        wait.poll(f"{place.world - joined} of {place.world} processes at {place.address}:{place.port}")
        joined = store.add(JOINED, 0)
    return store


class _Wait:
    """Waits in short polls, with one line that says for whom, and raises UserError at the end."""

    def __init__(self, place: Place, seconds: float) -> None:
        self._place, self._seconds = place, seconds
        self._start = time.monotonic()
        self._said = False

    def poll(self, whom: str) -> None:
        """Wait a little for `whom`."""
        waited, advice = time.monotonic() - self._start, self._place.advice
        if waited > self._seconds:
            raise UserError(f"waited {self._seconds:.0f} s for {whom}; {advice}")
        if waited > min(NOTICE_SECONDS, self._seconds / 2) and not self._said:
            self._said = True
            print(f"waiting up to {self._seconds:.0f} s for {whom}; {advice}", file=sys.stderr, flush=True)
        time.sleep(POLL_SECONDS)


def _is_open(place: Place) -> bool:
    with suppress(OSError), socket.create_connection((place.address, place.port), timeout=1):
        return True
    return False
