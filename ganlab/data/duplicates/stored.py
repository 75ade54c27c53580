"""Near-duplicates of a table of images, found once and kept on disk."""

import json
import logging
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from ganlab.core.cache_directory import cache_directory
from ganlab.core.file_lock import FileLock
from ganlab.data.duplicates.search import NearDuplicates, find_near_duplicates, read_thumbnails
from ganlab.data.readers.cache_files import DRAFT, mark_used, new_cache_file
from ganlab.data.readers.image_storage import Images

SOURCES = ("alignment.py", "layouts.py", "search.py", "threshold.py")  # that the result depends on
log = logging.getLogger(__name__)


def stored_near_duplicates(images: Images) -> NearDuplicates:
    """Return the near-duplicates of all images, from the cache below $GANLAB_CACHE if the same were searched before.

    Of several processes one searches, and the others wait for it. A file that is damaged or cannot be written only
    costs time.
    """
    found = load_near_duplicates(images)
    if found is not None:
        return found
    with suppress(OSError, RuntimeError):  # no home folder, or no place for the lock
        path = _path(images)
        waiting = "waiting for process %s, which searches for near-duplicates"
        with FileLock(path.with_suffix(".lock"), lambda process: log.warning(waiting, process)):
            found = load_near_duplicates(images)
            if found is None:
                found = _search(images)
                _save(path, found)
    return _search(images) if found is None else found


def load_near_duplicates(images: Images) -> NearDuplicates | None:
    """Return what an earlier search in these images has found, None if there was none."""
    with suppress(OSError, RuntimeError, SafetensorError, KeyError, ValueError):
        path = _path(images)
        with safe_open(path, "pt") as file:
            tensors = {name: file.get_tensor(name) for name in ("pairs", "correlation", "mirrored", "threshold")}
        mark_used(path)
        return NearDuplicates(**tensors | {"threshold": tensors["threshold"].item()})
    return None


def _search(images: Images) -> NearDuplicates:
    return find_near_duplicates(read_thumbnails(images, torch.arange(len(images))))


def _save(path: Path, found: NearDuplicates) -> None:
    tensors = {
        "pairs": found.pairs.contiguous(),
        "correlation": found.correlation.contiguous(),
        "mirrored": found.mirrored.contiguous(),
        "threshold": torch.tensor(found.threshold, dtype=torch.float64),
    }
    with suppress(OSError), new_cache_file(path, path.with_name(f".{path.name}{DRAFT}")) as file:
        file.write(save(tensors))


def _path(images: Images) -> Path:
    """Return the file for these images and this version of the search."""
    source = b"".join(Path(__file__).with_name(name).read_bytes() for name in SOURCES)
    key = {"images": [list(images.shape), images.digest], "source": sha256(source).hexdigest()}
    name = sha256(json.dumps(key).encode()).hexdigest()[:32]
    return cache_directory() / "duplicates" / f"{name}.safetensors"
