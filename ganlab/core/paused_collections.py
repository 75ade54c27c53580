"""Pauses Python's garbage collector while modules are imported: a sixth of the time that torch and Lightning take."""

import atexit
import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def paused_collections() -> Iterator[None]:
    """Collect no garbage in the body, and never again look at what exists at its end.

    For code that imports modules, which make many objects that live as long as the process. Without an effect if the
    garbage collector is switched off.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
        atexit.register(gc.unfreeze)  # an ordinary end frees everything
