"""A disk that is full, for this process."""

import resource
from contextlib import contextmanager


@contextmanager
def full_disk(size):
    """Let no file of this process grow beyond `size` bytes, as on a full disk."""
    former = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, former[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, former)
