"""A process that holds the lock of a file until it is released."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ganlab.core.file_lock import FileLock


@contextmanager
def holder_of(path: Path) -> Iterator[Callable[[], None]]:
    """Let a forked process lock the file; yields a function that ends it."""
    ready_reader, ready_writer = os.pipe()
    end_reader, end_writer = os.pipe()
    child = os.fork()
    if not child:
        os.close(end_writer)
        with FileLock(path, lambda name: None):
            os.write(ready_writer, b"1")
            os.read(end_reader, 1)  # until the other end is closed
        os._exit(0)
    os.read(ready_reader, 1)
    ends = [end_writer]

    def release() -> None:
        if ends:
            os.close(ends.pop())
            os.waitpid(child, 0)

    try:
        yield release
    finally:
        release()
        for descriptor in (ready_reader, ready_writer, end_reader):
            os.close(descriptor)
