"""Opening many image files: into memory if they fit, with every unreadable file reported by its path."""

import logging

import torch
from torch import Tensor

from ganlab.data.readers.archive import Archive
from ganlab.data.readers.decode_image import ImageDecoder
from ganlab.data.readers.decoded import decode_all, decode_rows
from ganlab.data.readers.image_storage import EncodedImages, Images, InMemoryImages
from ganlab.data.readers.path_table import PathTable

MAX_NAMED_FILES = 5  # unreadable files that a message lists
ON_ERROR = ("refuse", "skip")
MIB = 1 << 20
log = logging.getLogger(__name__)


def read_images(
    archive: Archive, names: PathTable, decoder: ImageDecoder, memory_limit_mib: int, on_error: str, verify: bool = True
) -> tuple[Images, PathTable]:
    """Return the readable images and their names; if they need more than `memory_limit_mib`, they stay on disk.

    `verify` decodes images that stay on disk once, to find unreadable ones. What was decoded is cached on disk for
    later calls. Raises ValueError if some images are unreadable and `on_error` is "refuse", if none is readable, and if
    `on_error` is "skip" without `verify` for images on disk.
    """
    check_on_error(on_error)
    in_memory = fits_in_memory(names, decoder, memory_limit_mib)
    archive = archive if in_memory else archive.for_random_access()
    if not (in_memory or verify):
        if on_error == "skip":
            raise ValueError("on_error=skip finds no unreadable images among those that stay on disk; set verify=true")
        return EncodedImages(archive, names, decoder), names
    table = empty_table(names, decoder) if in_memory else None
    decoded = decode_all(archive, names, decoder, table)
    rows = readable_rows(names, decoded.errors, on_error)
    if decoded.errors:
        names, table = names.take(rows), None if table is None else table[rows]
    images = EncodedImages(archive, names, decoder) if table is None else InMemoryImages(table)
    images.digest = decoded.digest(rows)
    return images, names


def read_samples(archive: Archive, names: PathTable, decoder: ImageDecoder, memory_limit_mib: int) -> Images:
    """Return images that are read once, so nothing is cached; if they need more than the limit, they stay on disk.

    Raises ValueError if some images that fit in memory are unreadable.
    """
    if not fits_in_memory(names, decoder, memory_limit_mib):
        return EncodedImages(archive, names, decoder)
    table = empty_table(names, decoder)
    errors = decode_rows(archive, names, decoder, torch.arange(len(names)), table.numpy().__setitem__)
    readable_rows(names, errors, "refuse")
    return InMemoryImages(table)


def fits_in_memory(names: PathTable, decoder: ImageDecoder, memory_limit_mib: int) -> bool:
    """Return whether the pixels of all images need at most `memory_limit_mib`."""
    return torch.Size((len(names), decoder.channels, *decoder.size)).numel() <= memory_limit_mib * MIB


def empty_table(names: PathTable, decoder: ImageDecoder) -> Tensor:
    """Return a table for the pixels of all images, uint8 of shape (n, channels, height, width)."""
    return torch.empty(len(names), decoder.channels, *decoder.size, dtype=torch.uint8)


def check_on_error(on_error: str) -> None:
    """Raise ValueError unless `on_error` is "refuse" or "skip"."""
    if on_error not in ON_ERROR:
        raise ValueError(f"on_error must be one of {', '.join(ON_ERROR)}, got {on_error!r}")


def unreadable_message(names: PathTable, errors: dict[int, str], noun: str = "images") -> str:
    """Return which files cannot be read, and why; `errors` holds the reasons by index into `names`."""
    listed = "; ".join(f"{names[row]} ({error})" for row, error in list(errors.items())[:MAX_NAMED_FILES])
    more = f"; and {len(errors) - MAX_NAMED_FILES} more" if len(errors) > MAX_NAMED_FILES else ""
    return f"{len(errors)} of {len(names)} {noun} cannot be read: {listed}{more}"


def readable_rows(names: PathTable, errors: dict[int, str], on_error: str, noun: str = "images") -> Tensor:
    """Return the rows of readable files; raises ValueError if there are none, or if the others are refused."""
    if errors:
        message = unreadable_message(names, errors, noun)
        if len(errors) == len(names):
            raise ValueError(f"{message}: repair or remove them")
        if on_error == "refuse":
            raise ValueError(f"{message}: repair or remove them, or set on_error=skip to train without them")
        log.warning("%s: they are skipped", message)
    readable = torch.ones(len(names), dtype=torch.bool)
    readable[torch.tensor(list(errors), dtype=torch.int64)] = False
    return readable.nonzero()[:, 0]
