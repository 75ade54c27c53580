"""Reading many image files: into memory if they fit, with every unreadable file reported by its path."""

import logging
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import torch
from torch import Tensor
from tqdm import tqdm

from ganlab.data.readers.archive import Archive
from ganlab.data.readers.decode_image import ImageDecoder, without_pillow_limits
from ganlab.data.readers.image_storage import EncodedImages, Images, InMemoryImages

MAX_NAMED_FILES = 5  # unreadable files that a message lists
ON_ERROR = ("refuse", "skip")
MIB = 1 << 20
log = logging.getLogger(__name__)


def read_images(
    archive: Archive, names: list[str], decoder: ImageDecoder, memory_limit_mib: int, on_error: str, verify: bool = True
) -> tuple[Images, list[str]]:
    """Return the readable images and their names; if they need more than `memory_limit_mib`, they stay on disk.

    `verify` decodes images that stay on disk once, to find unreadable ones. Raises ValueError if some are unreadable
    and `on_error` is "refuse", if none is readable, and if `on_error` is "skip" without `verify` for images on disk.
    """
    check_on_error(on_error)
    shape = (len(names), decoder.channels, *decoder.size)
    if torch.Size(shape).numel() <= memory_limit_mib * MIB:
        table = torch.empty(shape, dtype=torch.uint8)
        rows = _decode_all(archive, names, decoder, on_error, lambda row, image: table[row].copy_(image))
        readable = table if len(rows) == len(names) else table[torch.tensor(rows)]
        return InMemoryImages(readable), [names[row] for row in rows]
    if verify:
        rows = _decode_all(archive, names, decoder, on_error, lambda row, image: None)
        names = [names[row] for row in rows]
    elif on_error == "skip":
        raise ValueError("on_error=skip finds no unreadable images among those that stay on disk; set verify=true")
    return EncodedImages(archive, names, decoder), names


def check_on_error(on_error: str) -> None:
    """Raise ValueError unless `on_error` is "refuse" or "skip"."""
    if on_error not in ON_ERROR:
        raise ValueError(f"on_error must be one of {', '.join(ON_ERROR)}, got {on_error!r}")


def error_text(error: Exception) -> str:
    """Return an error's message, or its type if it has none."""
    return str(error) or type(error).__name__


def _decode_all(
    archive: Archive, names: list[str], decoder: ImageDecoder, on_error: str, store: Callable[[int, Tensor], object]
) -> list[int]:
    """Call `store` with the row and pixels of every decoded image, and return the rows that could be decoded."""

    def decode(row: int) -> str:
        try:
            store(row, decoder.decode(archive.read(names[row])))
        except Exception as error:  # decoders can raise any exception for broken bytes
            return error_text(error)
        return ""

    with without_pillow_limits(), ThreadPoolExecutor(os.cpu_count()) as pool:
        progress = tqdm(pool.map(decode, range(len(names))), "reading images", len(names), disable=None, delay=2)
        errors = {row: error for row, error in enumerate(progress) if error}
    if errors:
        message = unreadable_message(names, errors)
        if len(errors) == len(names):
            raise ValueError(f"{message}: repair or remove them")
        if on_error == "refuse":
            raise ValueError(f"{message}: repair or remove them, or set on_error=skip to train without them")
        log.warning("%s: they are skipped", message)
    return [row for row in range(len(names)) if row not in errors]


def unreadable_message(names: list[str], errors: dict[int, str]) -> str:
    """Return which images cannot be read, and why; `errors` holds the reasons by index into `names`."""
    listed = "; ".join(f"{names[row]} ({error})" for row, error in list(errors.items())[:MAX_NAMED_FILES])
    more = f"; and {len(errors) - MAX_NAMED_FILES} more" if len(errors) > MAX_NAMED_FILES else ""
    return f"{len(errors)} of {len(names)} images cannot be read: {listed}{more}"
