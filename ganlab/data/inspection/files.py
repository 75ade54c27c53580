"""The original files of a data set: sizes, modes and formats from their headers, and which of them are damaged."""

from collections import Counter
from dataclasses import dataclass
from typing import final

import numpy as np
import torch
from torch import Tensor

from ganlab.core.progress import progress
from ganlab.data.image import ImageDataSet
from ganlab.data.inspection.finding import Finding, Severity, percent
from ganlab.data.readers.archive import Archive
from ganlab.data.readers.decode_image import open_image, without_pillow_limits
from ganlab.data.readers.frame_names import file_of
from ganlab.data.readers.survey import ORIENTATION, SIDEWAYS

MAX_NAMED = 5  # damaged files in a sentence
MODE_TEXTS = {
    "1": "black and white",
    "L": "grey",
    "LA": "grey with opacity",
    "La": "grey with opacity",
    "P": "palette",
    "PA": "palette with opacity",
    "RGB": "colour",
    "RGBA": "colour with opacity",
    "RGBa": "colour with opacity",
    "CMYK": "CMYK (print)",
    "YCbCr": "YCbCr",
    "F": "32-bit grey",
    "I": "32-bit grey",
}


@final
@dataclass(frozen=True)
class OriginalFiles:
    """Facts of the files that could be opened: names, `sizes` (n, 2) as width and height upright, modes and formats.

    `rows` (n,) are their table indices. `damaged` has why a file cannot be read, by name.
    """

    names: list[str]
    sizes: np.ndarray
    modes: list[str]
    formats: list[str]
    rows: Tensor
    damaged: dict[str, str]

    def __len__(self) -> int:
        return len(self.names)


def survey_files(data: ImageDataSet, most: int = 0) -> OriginalFiles | None:
    """Read the header of every file that the images come from, or of `most` at equal distances (0: all).

    Returns None if the images do not come from single files.
    """
    if data.archive is None or data.listed_names is None:
        return None
    readable = {data.image_name(row): row for row in range(len(data.images))}
    names, sizes, modes, formats = list[str](), list[tuple[int, int]](), list[str](), list[str]()
    damaged: dict[str, str] = {}
    step = max(1, len(data.listed_names) // most) if most else 1
    listed = [data.listed_names[number] for number in range(0, len(data.listed_names), step)]
    with without_pillow_limits():
        for name in progress(listed, "reading headers", "file"):
            try:
                size, mode, file_format = _read_header(data.archive, name)
            except Exception as error:  # decoders can raise any exception for broken bytes
                damaged[name] = str(error)
                continue
            if name not in readable:
                damaged[name] = _reason(data.archive, name)
                continue
            names.append(name)
            sizes.append(size)
            modes.append(mode)
            formats.append(file_format)
    rows = torch.tensor([readable[name] for name in names], dtype=torch.int64)
    return OriginalFiles(names, np.array(sizes, np.int64).reshape(-1, 2), modes, formats, rows, damaged)


def _read_header(archive: Archive, name: str) -> tuple[tuple[int, int], str, str]:
    with open_image(archive.read(file_of(name))) as image:
        turned = image.getexif().get(ORIENTATION, 1) >= SIDEWAYS
        size = (image.height, image.width) if turned else image.size
        return size, image.mode, image.format or "unknown"


def _reason(archive: Archive, name: str) -> str:
    """Return why a file whose header is readable cannot be decoded."""
    try:
        with open_image(archive.read(file_of(name))) as image:
            image.load()
    except Exception as error:  # decoders can raise any exception for broken bytes
        return str(error)
    return "it is refused by the data settings, such as data.max_pixels"


def find_damaged(files: OriginalFiles) -> list[Finding]:
    """Return a finding if files cannot be read."""
    if not files.damaged:
        return []
    share = len(files.damaged) / (len(files) + len(files.damaged))
    named = "; ".join(f"{name} ({reason})" for name, reason in list(files.damaged.items())[:MAX_NAMED])
    more = f"; and {len(files.damaged) - MAX_NAMED} more" if len(files.damaged) > MAX_NAMED else ""
    counts = f"files that cannot be read: {len(files.damaged):,} ({percent(share)})"
    lines = tuple(f"{name}: {reason}" for name, reason in files.damaged.items())
    sentence = f"{counts}: {named}{more}; repair or remove them, or train without them"
    return [Finding("damaged", Severity.FAULT, share, sentence, settings=("data.on_error=skip",), images=lines)]


def find_modes(files: OriginalFiles, channels: int) -> list[Finding]:
    """Return a note if the files have several modes, and what becomes of opacity and deep greys."""
    modes = Counter(MODE_TEXTS.get(mode, "16-bit grey" if mode.startswith("I;16") else mode) for mode in files.modes)
    if len(modes) < 2 and not any("opacity" in mode or "bit" in mode for mode in modes):
        return []
    listed = ", ".join(f"{count:,} {mode}" for mode, count in modes.most_common())
    remarks = []
    if channels < 4 and any("opacity" in mode for mode in modes):
        remarks.append("transparent pixels become white")
    if channels == 1 and any(mode.startswith("colour") for mode in modes):
        remarks.append("colours become grey")
    rest = sum(count for _, count in modes.most_common()[1:]) / max(len(files), 1)
    sentence = f"modes: {listed}" + (f"; {', '.join(remarks)}" if remarks else "")
    return [Finding("modes", Severity.NOTE, rest, sentence, facts={"modes": dict(modes.most_common())})]
