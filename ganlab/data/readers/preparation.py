"""What has to be known of all images before they are decoded: their frames, and the scale of their greys."""

from dataclasses import dataclass
from typing import final

import torch

from ganlab.data.readers.archive import Archive
from ganlab.data.readers.frames import ALL, FramedArchive, check_frames, name_frames
from ganlab.data.readers.grey_range import GreyRange
from ganlab.data.readers.path_table import PathTable
from ganlab.data.readers.survey import Survey, survey

# Files with these suffixes have one frame and 8 bits, so they need not be looked through.
SIMPLE_SUFFIXES = (".jpg", ".jpeg", ".jfif", ".bmp")


@final
@dataclass(frozen=True)
class PreparedImages:
    """Images by name, one for each frame that is used; black and white of deep greys; and remarks for the user."""

    archive: Archive
    names: PathTable
    grey_range: GreyRange | None
    remarks: tuple[str, ...]


def prepare_images(
    archive: Archive, names: PathTable, frames: str, grey_range: GreyRange | None, max_pixels: int, verify: bool
) -> PreparedImages:
    """Look through the images that may have several frames or greys of more than 8 bits.

    Without `verify` only what the settings need is looked at. Raises ValueError for an unknown value of `frames`.
    """
    check_frames(frames)
    if archive.eight_bit or not (verify or frames == ALL):
        return PreparedImages(archive, names, grey_range, ())
    rows = torch.tensor(
        [row for row, name in enumerate(names) if not name.lower().endswith(SIMPLE_SUFFIXES)], dtype=torch.int64
    )
    if not len(rows):
        return PreparedImages(archive, names, grey_range, ())
    found = survey(archive, names.take(rows), max_pixels)
    remarks = list_remarks(found, frames, grey_range, "data.")
    if frames == ALL and (found.facts["frames"] > 1).any():
        counts = torch.ones(len(names), dtype=torch.int64)
        counts[rows] = torch.from_numpy(found.facts["frames"].astype("int64"))
        archive, names = FramedArchive(archive), name_frames(names, counts.numpy())
    return PreparedImages(archive, names, grey_range or found.grey_range(), remarks)


def list_remarks(found: Survey, frames: str, grey_range: GreyRange | None, prefix: str = "") -> tuple[str, ...]:
    """Return what a user should know about frames that are not used, and about the scale of greys.

    `prefix` comes before the names of settings.
    """
    remarks = []
    counts = found.facts["frames"]
    unused = int((counts[counts > 1] - 1).sum())
    if unused and frames != ALL:
        files = int((counts > 1).sum())
        remarks.append(
            f"{unused:,} frames of {files:,} files are not used, only their first ones; set {prefix}frames=all"
        )
    bounds = found.grey_bounds()
    if bounds is not None:
        black, white = grey_range or found.grey_range() or bounds
        cut = " and cut off outside" if bounds[0] < black or bounds[1] > white else ""
        remarks.append(
            f"greys of more than 8 bits from {bounds[0]:g} to {bounds[1]:g}, scaled from [{black:g}, {white:g}]{cut}"
        )
    return tuple(remarks)
