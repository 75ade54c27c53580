"""Work on many rows in threads, with a progress bar and the reasons for rows that fail."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from torch import Tensor

from ganlab.core.progress import progress_bar
from ganlab.data.readers.decode_image import without_pillow_limits

CHUNK = 16  # rows that a thread works on at a time


def for_every_row(rows: Tensor, action: Callable[[int], object], title: str, unit: str = "image") -> dict[int, str]:
    """Call `action` with each of the `rows` (m,); return why it failed, by row."""

    def act(part: Tensor) -> dict[int, str]:
        errors = {}
        for row in part.tolist():
            try:
                action(row)
            except Exception as error:  # decoders can raise any exception for broken bytes
                errors[row] = error_text(error)
        return errors

    errors: dict[int, str] = {}
    with (
        without_pillow_limits(),
        _cancelled_on_exception(ThreadPoolExecutor(os.cpu_count())) as pool,
        progress_bar(title, len(rows), unit) as bar,
    ):
        parts = rows.split(CHUNK) if len(rows) else ()
        for part, failed in zip(parts, pool.map(act, parts), strict=True):
            errors |= failed
            bar.update(len(part))
    return errors


@contextmanager
def _cancelled_on_exception(pool: ThreadPoolExecutor) -> Iterator[ThreadPoolExecutor]:
    """Wait for the pool's work at the end, but start none of it that is left after an exception, such as Ctrl-C."""
    try:
        yield pool
    except BaseException:
        pool.shutdown(cancel_futures=True)
        raise
    pool.shutdown()


def error_text(error: Exception) -> str:
    """Return an error's message, or its type if it has none."""
    return str(error) or type(error).__name__
