"""Files in a folder of the cache, whole or absent, and of bounded size together."""

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

LIMIT_BYTES = 32 << 30  # of all files of a folder; those that were not used for longest are removed
DRAFT = ".draft"  # the suffix of a file that is being written
ABANDONED_SECONDS = 3600  # a draft that nothing was written to for so long was left by a process that was killed


@contextmanager
def new_cache_file(path: Path, draft: Path) -> Iterator[BinaryIO]:
    """Open a file for the content of `path`, which appears there at the end of the enclosed block.

    It is written to `draft` (.NAME.draft) next to it; after an exception nothing is left. Only the user may read it,
    because it holds copies of the user's data. Then the least recently used files of the folder are removed, until they
    are within the limit. Raises FileExistsError if another process is writing this draft, and OSError if the file
    cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove_abandoned(path.parent)
    draft.touch(mode=0o600, exist_ok=False)
    try:
        with draft.open("wb") as file:
            yield file
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    _remove_least_recent(path.parent)


def mark_used(path: Path) -> None:
    """Note that a file was used now."""
    with suppress(OSError):
        os.utime(path)


def has_space(folder: Path, size: int) -> bool:
    """Return whether a file of this size is within the limit and leaves half of the free space on the disk."""
    return size <= min(LIMIT_BYTES, shutil.disk_usage(folder).free // 2)


def _remove_abandoned(folder: Path) -> None:
    for draft in folder.glob(f".*{DRAFT}"):
        with suppress(OSError):
            if draft.stat().st_mtime < time.time() - ABANDONED_SECONDS:
                draft.unlink()


def _remove_least_recent(folder: Path) -> None:
    """Remove files until at most LIMIT_BYTES, or the most recent file alone, are left; drafts are left alone."""
    uses: list[tuple[float, int, Path]] = []
    for path in folder.iterdir():
        with suppress(OSError):  # another process has removed it
            status = path.stat()
            uses += [(status.st_mtime, status.st_size, path)] if path.suffix != DRAFT else []
    total = 0
    for number, (_, size, path) in enumerate(sorted(uses, reverse=True)):
        total += size
        if total > LIMIT_BYTES and number:
            with suppress(OSError):
                path.unlink()
