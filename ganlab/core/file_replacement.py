"""Writing over a file: the new content goes to a file next to it, which then takes its place."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO


@contextmanager
def replaced(path: Path) -> Iterator[BinaryIO]:
    """Open a file for the content of `path`, whose former content stays until the enclosed block has ended.

    After an exception the former file is unchanged, and nothing is left next to it. Folders above are created, a link
    stays a link, and a device or a pipe is written directly. Raises OSError if the file cannot be written.
    """
    if path.exists() and not path.is_file():
        with path.open("wb") as file:
            yield file
        return
    target = Path(os.path.realpath(path))
    target.parent.mkdir(parents=True, exist_ok=True)
    # A name may be as long as the file system allows.
    draft = target.with_name(f".{target.name}.tmp" if len(os.fsencode(target.name)) < 250 else f".{os.getpid()}.tmp")
    try:
        with draft.open("wb") as file:
            yield file
        if target.exists():
            shutil.copymode(target, draft)
        os.replace(draft, target)
    except BaseException:
        with suppress(OSError):
            draft.unlink()
        raise


def replace_bytes(path: Path, content: bytes) -> None:
    """Write bytes; see `replaced`."""
    with replaced(path) as file:
        file.write(content)


def replace_text(path: Path, text: str) -> None:
    """Write a text in UTF-8; see `replaced`."""
    with replaced(path) as file:
        file.write(text.encode())
