"""Reading a folder of photographs of different sizes, of which parts are drawn."""

import logging
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from ganlab.data.readers.archive import Archive
from ganlab.data.readers.decode_image import ImageDecoder, WholeImageDecoder
from ganlab.data.readers.decoded import decode_all, decode_rows
from ganlab.data.readers.image_listing import list_images
from ganlab.data.readers.open import open_archive
from ganlab.data.readers.path_table import PathTable
from ganlab.data.readers.photograph_storage import InMemoryPhotographs, PhotographFiles, PhotographStorage
from ganlab.data.readers.preparation import prepare_images
from ganlab.data.readers.scan import MAX_NAMED_FILES, MIB, readable_rows
from ganlab.data.readers.survey import survey

log = logging.getLogger(__name__)


def read_photographs(
    path: str, decoder: ImageDecoder, memory_limit_mib: int, on_error: str
) -> tuple[PhotographStorage, PathTable, tuple[str, ...]]:
    """Return the readable photographs at a path of at least `decoder.size`, their names, and remarks.

    If their pixels need more than `memory_limit_mib`, they stay on disk. Raises ValueError if there is none, and if
    some are unreadable or too small and `on_error` is "refuse".
    """
    archive = open_archive(path)
    prepared = prepare_images(archive, list_images(archive, path).images, "first", None, decoder.max_pixels, True)
    archive, names = prepared.archive, prepared.names
    whole = WholeImageDecoder(replace(decoder, grey_range=prepared.grey_range))
    found = survey(archive, names, decoder.max_pixels)
    sizes = torch.from_numpy(np.stack([found.facts["height"], found.facts["width"]], 1).astype(np.int64))
    large, remark = _large_rows(names, sizes, decoder.size, set(found.errors), on_error)
    names, sizes = names.take(large), sizes[large]
    if int(sizes.prod(1).sum()) * decoder.channels <= memory_limit_mib * MIB:
        photographs, rows = _read_into_memory(archive, names, whole, on_error)
    else:
        archive = archive.for_random_access()
        decoded = decode_all(archive, names, whole)
        rows = readable_rows(names, decoded.errors, on_error)
        photographs = PhotographFiles(archive, names.take(rows), whole, sizes[rows], decoded.digest(rows))
    return photographs, names.take(rows), (*prepared.remarks, *remark)


def _read_into_memory(
    archive: Archive, names: PathTable, decoder: WholeImageDecoder, on_error: str
) -> tuple[PhotographStorage, Tensor]:
    images: dict[int, Tensor] = {}

    def store(row: int, image: np.ndarray) -> None:
        images[row] = torch.from_numpy(image)

    errors = decode_rows(archive, names, decoder, torch.arange(len(names)), store)
    rows = readable_rows(names, errors, on_error)
    return InMemoryPhotographs([images[row] for row in rows.tolist()]), rows


def _large_rows(
    names: PathTable, sizes: Tensor, least: tuple[int, int], unreadable: set[int], on_error: str
) -> tuple[Tensor, tuple[str, ...]]:
    """Return the rows of images of at least the size `least`, or unreadable ones, and a remark on the others."""
    small = (sizes < torch.tensor(least)).any(1)
    small[list(unreadable)] = False  # these are reported when they are read
    rows = small.nonzero()[:, 0].tolist()
    if not rows:
        return torch.arange(len(names)), ()
    listed = ", ".join(f"{names[row]} ({sizes[row, 1]} by {sizes[row, 0]})" for row in rows[:MAX_NAMED_FILES])
    more = f" and {len(rows) - MAX_NAMED_FILES} more" if len(rows) > MAX_NAMED_FILES else ""
    height, width = least
    text = f"{len(rows)} of {len(names)} photographs are smaller than {width} by {height} pixels: {listed}{more}"
    if on_error == "refuse" or len(rows) == len(names) - len(unreadable):
        raise ValueError(f"{text}; lower resolution, or set on_error=skip to train without them")
    log.warning("%s: they are skipped", text)
    return small.logical_not().nonzero()[:, 0], (f"smaller photographs that are skipped: {len(rows)}",)
