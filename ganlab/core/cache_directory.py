"""The folder of everything that ganlab can compute again."""

import os
from pathlib import Path


def cache_directory() -> Path:
    """Return the folder for files that can be computed again: $GANLAB_CACHE, or ~/.cache/ganlab."""
    return Path(os.environ.get("GANLAB_CACHE") or Path.home() / ".cache" / "ganlab").expanduser()
