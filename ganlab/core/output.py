"""Output streams that work without a reader: what is printed for people is no condition of the work."""

import errno
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO, final

from ganlab.core.errors import UserError

# The reader of a pipe has closed it, or the terminal has gone.
READER_GONE = {errno.EPIPE, errno.EIO, errno.ENXIO}
STDOUT, STDERR = 1, 2


@contextmanager
def output_without_reader() -> Iterator[None]:
    """Let the enclosed block go on without output once nothing reads it; streams that a caller has replaced stay.

    An error stream never fails. Standard output raises UserError, once, if a file that it is redirected to cannot be
    written, because the file would be incomplete.
    """
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = _protect(sys.stdout, STDOUT), _protect(sys.stderr, STDERR)
    try:
        yield
    finally:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
        sys.stdout, sys.stderr = before


def open_closed_streams() -> None:
    """Open the null device as every standard stream that is closed, before another file gets its number."""
    for descriptor in (0, STDOUT, STDERR):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # which gets the lowest free number
    if sys.stdout is None:
        sys.stdout = open(STDOUT, "w", closefd=False)  # noqa: SIM115 (open to the end)
    if sys.stderr is None:
        sys.stderr = open(STDERR, "w", buffering=1, closefd=False)  # noqa: SIM115 (open to the end)


def write_error_line(text: str) -> None:
    """Write to standard error from a signal handler, where `print` could interrupt itself."""
    try:
        os.write(STDERR, text.encode())
    except OSError:  # nothing reads it
        return


def _protect(stream: TextIO, descriptor: int) -> TextIO:
    original = sys.__stdout__ if descriptor == STDOUT else sys.__stderr__
    if stream is None or stream is not original or isinstance(_raw(stream), _Output):
        return stream
    stream.flush()
    return io.TextIOWrapper(
        io.BufferedWriter(_Output(descriptor)),
        encoding=stream.encoding,
        errors=stream.errors,
        line_buffering=getattr(stream, "line_buffering", True),
    )


def _raw(stream: TextIO) -> Any:
    return getattr(getattr(stream, "buffer", None), "raw", None)


@final
class _Output(io.FileIO):
    """A standard stream that becomes the null device when its reader has gone."""

    def __init__(self, descriptor: int) -> None:
        super().__init__(descriptor, "w", closefd=False)
        self._failed = False

    def write(self, data: Any, /) -> int:
        """Write, or drop what cannot be written."""
        try:
            return super().write(data)
        except OSError as error:
            if error.errno in READER_GONE:
                null = os.open(os.devnull, os.O_WRONLY)
                os.dup2(null, self.fileno())  # child processes and libraries in C write there, too
                os.close(null)
            elif self.fileno() == STDOUT and not self._failed:
                self._failed = True
                raise UserError(f"standard output cannot be written ({error.strerror}) and is incomplete") from error
            return memoryview(data).nbytes
