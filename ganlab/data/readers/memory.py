"""A bound on sizes that a file announces: what this machine has."""

import os

GIB = 1 << 30


def available_bytes() -> int:
    """Return the memory that programs can still get, or a size that no file has if the system does not tell."""
    try:
        with open("/proc/meminfo") as file:
            for line in file:
                if line.startswith("MemAvailable:"):
                    return int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        pass
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return 1 << 62


def require_memory(size: int, what: str) -> None:
    """Raise ValueError if `what` needs more bytes than are available."""
    available = available_bytes()
    if size > available:
        raise ValueError(
            f"{what} needs {size / GIB:,.1f} GiB of memory, but {available / GIB:,.1f} GiB are free; use fewer or "
            "smaller images, or write them as a folder of files"
        )
