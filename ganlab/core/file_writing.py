"""Files that are complete at every moment: written next to their place, then moved there."""

import os
from contextlib import suppress
from pathlib import Path


def write_file(path: Path, content: bytes) -> None:
    """Write a file, and the folders above it; if that fails, e.g. on a full disk, the former file is unchanged.

    A link is followed, and what is no regular file, such as /dev/stdout, is written directly. Raises OSError.
    """
    path = Path(os.path.realpath(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and not path.is_file():
        path.write_bytes(content)
        return
    scratch = path.with_name(f".{os.getpid()}.tmp")  # short, because the file's own name may be as long as is allowed
    try:
        scratch.write_bytes(content)
        if path.exists():
            os.chmod(scratch, path.stat().st_mode)
        os.replace(scratch, path)
    except BaseException:
        with suppress(OSError):
            scratch.unlink()
        raise
