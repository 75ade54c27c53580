"""Progress of long work on stderr: a bar on a terminal, and now and then a line in a file or a pipe."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Protocol, TypeVar, final

from tqdm import tqdm

BAR_DELAY_SECONDS = 2.0  # work that takes less shows nothing on a terminal
LINE_DELAY_SECONDS = 5.0  # and in a file
LINE_SECONDS = 30.0  # between two lines

T = TypeVar("T")


class Bar(Protocol):
    """Shows how much of some work is done."""

    def update(self, n: int = 1, /) -> object:
        """Count `n` more units as done."""


@contextmanager
def progress_bar(label: str, total: int | None, unit: str, initial: int = 0, shown: bool = True) -> Iterator[Bar]:
    """Show the progress of the enclosed block, which calls `update` of the bar; nothing is shown if it is short.

    `initial` of the `total` units were done before; `unit` is a noun in the singular. Of several processes that work
    together one shows the progress; in the others `shown` is false.
    """
    if not shown or not _is_terminal():
        yield _Lines(label, total, unit, initial) if shown else _Nothing()
        return
    with tqdm(desc=label, total=total, unit=unit, initial=initial, delay=BAR_DELAY_SECONDS, leave=False) as bar:
        yield bar


def progress(items: Iterable[T], label: str, unit: str, total: int | None = None, initial: int = 0) -> Iterator[T]:
    """Yield the items, and show how many of them are done; without `total`, the items have a length."""
    count = len(items) if total is None else total  # type: ignore[arg-type]
    with progress_bar(label, count, unit, initial) as bar:
        for item in items:
            yield item
            bar.update(1)


@final
class _Nothing:
    """Shows nothing."""

    def update(self, n: int = 1, /) -> None:
        """Do nothing."""


@final
class _Lines:
    """Prints a line after LINE_DELAY_SECONDS, and then every LINE_SECONDS."""

    def __init__(self, label: str, total: int | None, unit: str, initial: int) -> None:
        self._label, self._total = label, total
        self._units = f"{unit}es" if unit.endswith(("s", "x", "ch", "sh")) else f"{unit}s"  # of batch and class
        self._first = self._done = initial
        self._start = monotonic()
        self._next = self._start + LINE_DELAY_SECONDS

    def update(self, n: int = 1, /) -> None:
        """Count, and print a line if it is due."""
        self._done += n
        now = monotonic()
        if now < self._next or self._done == self._total:
            return
        self._next = now + LINE_SECONDS
        text = f"{self._label}: {self._done:,} {self._units}"
        if self._total is not None:
            seconds = (now - self._start) * (self._total - self._done) / max(self._done - self._first, 1)
            text = f"{self._label}: {self._done:,} of {self._total:,} {self._units}  {format_duration(seconds)} left"
        print(text, file=sys.stderr, flush=True)


def format_duration(seconds: float) -> str:
    """Return a time as 1:02:03 or 2:03."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _is_terminal() -> bool:
    return sys.stderr is not None and sys.stderr.isatty()
