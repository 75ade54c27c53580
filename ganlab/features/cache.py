"""Statistics of real samples on disk, so that every later evaluation under the same protocol skips them."""

import json
import logging
import os
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, final

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

log = logging.getLogger(__name__)
PACKAGE = Path(__file__).parent.parent


def cache_directory() -> Path:
    """Return the folder for what can be made again: $GANLAB_CACHE, or ~/.cache/ganlab."""
    return Path(os.environ.get("GANLAB_CACHE") or Path.home() / ".cache" / "ganlab").expanduser()


@cache
def program(package: Path = PACKAGE) -> str:
    """Return the hash of a package's sources."""
    found = sha256()
    for path in sorted(package.rglob("*.py")):
        found.update(f"{path.relative_to(package)}\0{path.stat().st_size}\0".encode() + path.read_bytes())
    return found.hexdigest()


@final
class Cache:
    """Named tensors by a key of plain values; a damaged or unwritable file costs time, never a score.

    Another version of the program gathers anew, as it may make other samples or features of the same data.
    """

    def __init__(self, directory: Path | None = None) -> None:
        self.directory = directory or cache_directory() / "statistics"

    def load(self, key: Mapping[str, Any]) -> dict[str, Tensor] | None:
        """Return what was saved under a key, or None."""
        path = self._path(key)
        if not path.is_file():
            return None
        try:
            with safe_open(path, "pt") as file:
                if (file.metadata() or {}).get("key") == _text(key):
                    return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (it is no mapping)
        except (OSError, SafetensorError) as error:
            log.warning("%s cannot be read (%s) and is made again", path, error)
        return None

    def save(self, key: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> None:
        """Write the file whole or not at all."""
        path = self._path(key)
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, draft, {"key": _text(key)})
            draft.replace(path)
        except (OSError, SafetensorError) as error:
            with suppress(OSError):
                draft.unlink(missing_ok=True)
            log.warning("the statistics of real samples cannot be kept in %s (%s)", path.parent, error)

    def _path(self, key: Mapping[str, Any]) -> Path:
        return self.directory / f"{sha256(_text(key).encode()).hexdigest()[:32]}.safetensors"


def _text(key: Mapping[str, Any]) -> str:
    return json.dumps({**key, "program": program()}, sort_keys=True)
