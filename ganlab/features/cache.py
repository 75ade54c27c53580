"""Cache of statistics of real samples on disk; later evaluations under the same protocol load them."""

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

from ganlab.core.cache_directory import cache_directory

log = logging.getLogger(__name__)
PACKAGE = Path(__file__).parent.parent


@cache
def source_hash(package: Path = PACKAGE) -> str:
    """Return a SHA-256 of a package's Python files, in hexadecimal."""
    result = sha256()
    for path in sorted(package.rglob("*.py")):
        result.update(f"{path.relative_to(package)}\0{path.stat().st_size}\0".encode() + path.read_bytes())
    return result.hexdigest()


@final
class Cache:
    """Named tensors on disk, addressed by a key of plain values.

    The key includes the hash of ganlab's sources, because another version may compute other samples or features of the
    same data. A damaged or unwritable file causes a warning and is never an error.
    """

    def __init__(self, directory: Path | None = None) -> None:
        self.directory = directory or cache_directory() / "statistics"

    def load(self, key: Mapping[str, Any]) -> dict[str, Tensor] | None:
        """Return the tensors saved under a key, or None."""
        path = self._path(key)
        if not path.is_file():
            return None
        try:
            with safe_open(path, "pt") as file:
                if (file.metadata() or {}).get("key") == _key_text(key):
                    return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a mapping)
        except (OSError, SafetensorError) as error:
            log.warning("%s cannot be read (%s) and is computed again", path, error)
        return None

    def save(self, key: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> None:
        """Save tensors under a key; the file is written completely or not at all."""
        path = self._path(key)
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, draft, {"key": _key_text(key)})
            draft.replace(path)
        except (OSError, SafetensorError) as error:
            with suppress(OSError):
                draft.unlink(missing_ok=True)
            log.warning("the statistics of real samples cannot be saved in %s (%s)", path.parent, error)

    def _path(self, key: Mapping[str, Any]) -> Path:
        return self.directory / f"{sha256(_key_text(key).encode()).hexdigest()[:32]}.safetensors"


def _key_text(key: Mapping[str, Any]) -> str:
    return json.dumps({**key, "program": source_hash()}, sort_keys=True)
