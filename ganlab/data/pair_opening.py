"""Opening the files of image pairs: one side after the other, in one order."""

import logging
from dataclasses import replace

import torch

from ganlab.data.pair_files import (
    ImageSide,
    describe_alone,
    has_two_folders,
    is_domain,
    match_names,
    open_halves,
    open_side,
)
from ganlab.data.pair_settings import check_direction
from ganlab.data.pair_sizes import find_scale
from ganlab.data.readers.decode_image import ImageDecoder
from ganlab.data.readers.image_storage import Images
from ganlab.data.readers.path_table import PathTable
from ganlab.data.readers.preparation import prepare_images
from ganlab.data.readers.scan import read_images

log = logging.getLogger(__name__)
Sides = tuple[ImageSide, ImageSide]


def open_pairs(places: tuple[str, ...], direction: str, on_error: str, max_pixels: int) -> tuple[Sides, int, list[str]]:
    """Return the sources and the targets, of which row i is a pair, how many times larger targets are, and remarks.

    `places` are one folder of images side by side or with the folders A and B, or two folders. Raises ValueError for
    pairs that do not fit together, unless `on_error` is "skip".
    """
    forward = check_direction(direction)
    if len(places) == 1 and not has_two_folders(places[0]):
        left, right = open_halves(places[0])
        _reject_domains(left.names, places[0])
        return ((left, right) if forward else (right, left)), 1, []
    folders = places if len(places) == 2 else (f"{places[0]}/A", f"{places[0]}/B")
    first, second = (open_side(folder) for folder in folders)
    rows, others, alone = match_names(first.names, second.names, on_error)
    remarks = [describe_alone(alone)] if alone else []
    first, second = replace(first, names=first.names.take(rows)), replace(second, names=second.names.take(others))
    sides = (first, second) if forward else (second, first)
    scale, unlike = find_scale(*sides, max_pixels, on_error)
    if unlike:
        remarks.append(f"pairs of unlike sizes that are skipped: {len(unlike)}, such as {sides[0].names[unlike[0]]}")
        kept = torch.ones(len(rows), dtype=torch.bool)
        kept[unlike] = False
        rows = kept.nonzero()[:, 0]
        sides = replace(sides[0], names=sides[0].names.take(rows)), replace(sides[1], names=sides[1].names.take(rows))
    for remark in remarks:
        log.warning("%s", remark)
    return sides, scale, remarks


def _reject_domains(names: PathTable, path: str) -> None:
    """Raise ValueError for the folders of two domains without pairs, whose images are not side by side."""
    if any(is_domain(name, letter) for name in names for letter in "AB"):
        raise ValueError(
            f"{path} holds folders such as trainA and trainB, which are collections without pairs: use "
            "experiment=cyclegan or data=unpaired_folder; if their files are pairs by name, set data.source=DIR and "
            "data.target=DIR"
        )


def read_side(side: ImageSide, decoder: ImageDecoder, memory_limit_mib: int, on_error: str) -> tuple[Images, PathTable]:
    """Return the readable images of a side and their names; raises ValueError as `read_images` does."""
    prepared = prepare_images(side.archive, side.names, "first", None, decoder.max_pixels, verify=True)
    decoder = replace(decoder, grey_range=prepared.grey_range, part=side.part)
    return read_images(prepared.archive, prepared.names, decoder, memory_limit_mib, on_error)
