"""Finished samples as images in a folder or file of any format."""

import logging
from collections import Counter
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import final

import numpy as np
import torch
from torch import Tensor

from ganlab.core.interfaces import Spec
from ganlab.core.progress import progress
from ganlab.data.image_classes import find_classes, known_classes
from ganlab.data.readers.decode_image import ImageDecoder
from ganlab.data.readers.file_list import SUFFIX_TEXT
from ganlab.data.readers.frames import ALL, FramedArchive, name_frames
from ganlab.data.readers.open import open_archive
from ganlab.data.readers.path_table import ENCODING
from ganlab.data.readers.preparation import list_remarks
from ganlab.data.readers.scan import read_samples, unreadable_message
from ganlab.data.readers.survey import COLOUR, Survey, survey
from ganlab.data.readers.unread_formats import unread_advice
from ganlab.data.sample_files.base import SampleFiles
from ganlab.data.sample_files.kind_files import explain_absence
from ganlab.data.sample_files.reading import SIDES, Reading

MEMORY_LIMIT_MIB = 2048  # images that need more as pixels stay on disk
MAX_PIXELS = 1 << 28
log = logging.getLogger(__name__)


@final
class ImageFiles(SampleFiles):
    """Images at their own size, or at that of `reading`; grey only if all are grey; the classes as in training.

    Raises ValueError if there are no images, if their sizes differ, or if one cannot be read.
    """

    def __init__(self, path: Path, reading: Reading) -> None:
        self.archive = open_archive(path)
        files = self.archive.files()
        self.names = self._files = files.images
        if not len(self.names):
            raise ValueError(
                explain_absence(path, files.ignored_examples, reading.of_kind)
                or f"{path} must hold images ({SUFFIX_TEXT}) or be a .npz, but it holds none"
                f"{unread_advice(files.ignored_examples)}"
            )
        reading.require_settings(SIDES, "images", path)
        found = survey(self.archive, self.names, MAX_PIXELS)
        if found.errors:
            raise ValueError(f"{path}: {unreadable_message(self.names, found.errors)}: repair or remove them")
        for remark in list_remarks(found, reading.frames, reading.grey_range):
            log.warning("%s: %s", path, remark)
        if reading.frames == ALL:
            self.archive, self.names = FramedArchive(self.archive), name_frames(self.names, found.facts["frames"])
        self.grey_range = found.grey_range() and (reading.grey_range or found.grey_range())
        size = reading.size or _common_size(found, path, reading.frames)
        channels = 3 if (found.facts["kind"] == COLOUR).any() else 1
        decoder = ImageDecoder(size, channels, reading.fit, MAX_PIXELS, self.grey_range)
        self.images = read_samples(self.archive, self.names, decoder, MEMORY_LIMIT_MIB)
        class_names, numbers = find_classes(self.archive, files, self.names)
        known = known_classes(class_names, numbers, self.names) and len(class_names) > 1
        super().__init__(path, class_names if known else [])
        if self.class_names:
            self.labels = numbers
        self.spec = Spec((channels, *size), None, len(self.class_names))
        self._reading = reading

    def __len__(self) -> int:
        return len(self.images)

    def take(self, indices: Tensor) -> Tensor:
        """Gather images."""
        return self.images.take(indices)

    def fingerprint(self) -> str:
        """Hash names and bytes, which is much faster than decoding, and the settings that the pixels depend on."""
        return self._fingerprint

    @cached_property
    def _fingerprint(self) -> str:
        result = sha256()
        title = f"hashing {self.path.name}"
        for name in progress(self._files, title, "image"):
            result.update(name.encode(*ENCODING) + sha256(self.archive.read(name)).digest())
        settings = self._reading.size, self.grey_range, len(self.names) - len(self._files)
        if any(settings):
            result.update(repr((*settings, self._reading.fit)).encode())
        return result.hexdigest()


def _common_size(found: Survey, path: Path, frames: str) -> tuple[int, int]:
    """Return the size (height, width) that all images have; raises ValueError if the sizes differ."""
    if frames == ALL and not (same := found.facts["one_size"].astype(bool)).all():
        raise ValueError(
            f"{int((~same).sum())} files in {path} hold frames of different sizes, but scores need one size; set "
            "resolution=N to resize all of them by one rule"
        )
    pairs = torch.from_numpy(np.stack([found.facts["height"], found.facts["width"]], 1))
    sizes = Counter(map(tuple, pairs.tolist()))
    if len(sizes) > 1:
        (first, many), (second, few) = sizes.most_common(2)
        raise ValueError(
            f"the images in {path} have {len(sizes)} sizes, such as {first[1]} by {first[0]} ({many} images) and "
            f"{second[1]} by {second[0]} ({few} images), but scores need one size; set resolution=N to resize all of "
            "them by one rule"
        )
    height, width = next(iter(sizes))
    return height, width
