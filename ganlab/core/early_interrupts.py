"""Ctrl-C before a command has started and after it has ended: the process ends at once, without a traceback.

Python raises KeyboardInterrupt wherever it is, such as in the import of a library, where nothing can report it.
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

SIGINT = {signal.SIGINT}


def end_at_interrupt() -> None:
    """Leave SIGINT to the system, which ends this process, unless it is ignored or has a handler."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)


@contextmanager
def interrupts_held() -> Iterator[None]:
    """Keep back SIGINT; a program that replaces this one here keeps it back until it calls `release_interrupts`."""
    former = signal.pthread_sigmask(signal.SIG_BLOCK, SIGINT)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, former)


def release_interrupts() -> None:
    """Let a SIGINT that is kept back, now or later, end this process; does nothing if none are kept back."""
    if signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, ()):
        end_at_interrupt()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGINT)


@contextmanager
def interrupts_raised() -> Iterator[None]:
    """Raise KeyboardInterrupt in the enclosed block if SIGINT is left to the system, as `end_at_interrupt` does."""
    is_left = signal.getsignal(signal.SIGINT) is signal.SIG_DFL
    if is_left:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        if is_left:
            signal.signal(signal.SIGINT, signal.SIG_DFL)
