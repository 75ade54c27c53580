"""Ends a process without freeing its objects one by one, which takes up to half a second after torch is imported."""

import os
import sys
from contextlib import suppress
from typing import NoReturn

from ganlab.core import private_api


def end_process(code: int) -> NoReturn:
    """End this process as `sys.exit(code)` would: threads are joined, exit handlers run, and output is written.

    Only the destruction of modules and objects is left to the operating system. A process that shares memory with the
    one it was forked from would otherwise copy all of it, just to count references down.
    """
    private_api.join_threads()
    private_api.run_exit_handlers()
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, OSError, ValueError):  # there is none, or it is closed
            stream.flush()
    os._exit(code)
