"""Reading many images: into memory where they fit, and every unreadable one reported by path."""

import logging
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import torch
from torch import Tensor
from tqdm import tqdm

from ganlab.data.readers.archive import Archive
from ganlab.data.readers.decode_image import Picture, quiet
from ganlab.data.readers.image_storage import Encoded, Images, InMemory

SHOWN = 5  # unreadable files that a message names
ON_ERROR = ("refuse", "skip")
MIB = 1 << 20
log = logging.getLogger(__name__)


def read_images(
    archive: Archive, names: list[str], picture: Picture, memory_limit_mib: int, on_error: str, verify: bool = True
) -> tuple[Images, list[str]]:
    """Return the readable images and their names; those beyond `memory_limit_mib` stay on disk.

    `verify` decodes files that stay on disk once, to find unreadable ones. Raises ValueError where some are unreadable
    and `on_error` is "refuse", where none is readable, and for "skip" without a look at files that stay on disk.
    """
    check_on_error(on_error)
    shape = (len(names), picture.channels, *picture.size)
    if torch.Size(shape).numel() > memory_limit_mib * MIB:
        if on_error == "skip" and not verify:
            raise ValueError("on_error=skip finds no unreadable images among those that stay on disk; set verify=true")
        readable = (
            _decode_all(archive, names, picture, on_error, lambda row, image: None) if verify else range(len(names))
        )
        kept = [names[row] for row in readable]
        return Encoded(archive, kept, picture), kept
    table = torch.empty(shape, dtype=torch.uint8)
    readable = _decode_all(archive, names, picture, on_error, lambda row, image: table[row].copy_(image))
    whole = table if len(readable) == len(names) else table[torch.tensor(readable)]
    return InMemory(whole), [names[row] for row in readable]


def check_on_error(on_error: str) -> None:
    """Raise ValueError for what is no way with unreadable images."""
    if on_error not in ON_ERROR:
        raise ValueError(f"on_error must be one of {', '.join(ON_ERROR)}, got {on_error!r}")


def reason(error: Exception) -> str:
    """Return what an error says, or else its kind."""
    return str(error) or type(error).__name__


def _decode_all(
    archive: Archive, names: list[str], picture: Picture, on_error: str, keep: Callable[[int, Tensor], object]
) -> list[int]:
    """Hand every decoded image to `keep` with its row, and return the rows that could be decoded."""

    def decode(row: int) -> str:
        try:
            keep(row, picture.decode(archive.read(names[row])))
        except Exception as error:  # decoders raise all sorts of things at broken bytes
            return reason(error)
        return ""

    with quiet(), ThreadPoolExecutor(os.cpu_count()) as pool:
        progress = tqdm(pool.map(decode, range(len(names))), "reading images", len(names), disable=None, delay=2)
        errors = {row: error for row, error in enumerate(progress) if error}
    if errors:
        _report(names, errors, on_error)
    return [row for row in range(len(names)) if row not in errors]


def _report(names: list[str], errors: dict[int, str], on_error: str) -> None:
    message = unreadable(names, errors)
    if on_error == "refuse" or len(errors) == len(names):
        raise ValueError(f"{message}: repair or remove them, or set on_error to 'skip' to train without them")
    log.warning("%s: they are skipped", message)


def unreadable(names: list[str], errors: dict[int, str]) -> str:
    """Say which images cannot be read, and why; `errors` are by their place among the names."""
    listed = "; ".join(f"{names[row]} ({error})" for row, error in list(errors.items())[:SHOWN])
    more = f"; and {len(errors) - SHOWN} more" if len(errors) > SHOWN else ""
    return f"{len(errors)} of {len(names)} images cannot be read: {listed}{more}"
