"""Memory: what is available, requests that exceed it, and errors after it is exhausted as one sentence."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ganlab.core.errors import UserError

# In torch's RuntimeError if a CPU's memory is exhausted.
CPU_ALLOCATOR = "DefaultCPUAllocator: "
# Without an import of torch, which commands without tensors do not need; the error of a GPU is a RuntimeError, too.
GPU_ERROR = "OutOfMemoryError"
CGROUP = Path("/sys/fs/cgroup")  # the limit of a container or of a job of a cluster
UNITS = {"TiB": 1 << 40, "GiB": 1 << 30, "MiB": 1 << 20, "KiB": 1 << 10, "bytes": 1}


def available_bytes() -> int:
    """Return how much memory this process can still use, as far as the system tells."""
    free = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    with suppress(OSError, ValueError, AttributeError):
        text = Path("/proc/meminfo").read_text()
        free = int(re.search(r"MemAvailable:\s+(\d+) kB", text)[1]) * 1024  # type: ignore[index]
    with suppress(OSError, ValueError):  # the text is "max" without a limit
        limit, used = (int((CGROUP / f"memory.{name}").read_text()) for name in ("max", "current"))
        free = min(free, limit - used)
    return free


def require_memory(size: int, subject: str, advice: str) -> None:
    """Raise UserError if `size` bytes, which the `subject` takes, exceed the available memory."""
    free = available_bytes()
    if size > free:
        raise UserError(f"{subject} would take {format_bytes(size)}, and {format_bytes(free)} are free; {advice}")


def format_bytes(size: int) -> str:
    """Return a size in its largest unit: 1.5 GiB."""
    unit, factor = next((pair for pair in UNITS.items() if size >= pair[1]), ("bytes", 1))
    return f"{size / factor:,.1f}".removesuffix(".0") + f" {unit}"


def out_of_memory_reason(error: BaseException) -> str | None:
    """Return in a clause what an error requested if it says that memory is exhausted; None for other errors."""
    text = str(error)
    if not (isinstance(error, MemoryError) or type(error).__name__ == GPU_ERROR or CPU_ALLOCATOR in text):
        return None
    request = re.search(r"allocate ([\d.]+) ([A-Za-z]+)", text)
    if request is None:
        return "none was left"
    number, unit = request.groups()
    return f"it could not allocate {format_bytes(int(float(number) * UNITS.get(unit, 1)))}"


@contextmanager
def out_of_memory_reported(advice: str) -> Iterator[None]:
    """Turn errors after memory is exhausted into a UserError that ends with the advice."""
    try:
        yield
    except Exception as error:
        reason = out_of_memory_reason(error)
        if reason is None:
            raise
        raise UserError(f"this needs more memory than is available ({reason}): {advice}") from error
