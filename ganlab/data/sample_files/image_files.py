"""Finished samples in a folder or zip of image files."""

from collections import Counter
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import final

from torch import Tensor
from tqdm import tqdm

from ganlab.core.interfaces import Spec
from ganlab.data.image_classes import find_classes, known_classes
from ganlab.data.readers.archive import Archive
from ganlab.data.readers.decode_image import ImageDecoder, open_image, without_pillow_limits
from ganlab.data.readers.decoded import error_text
from ganlab.data.readers.file_list import SUFFIX_TEXT
from ganlab.data.readers.open import open_archive
from ganlab.data.readers.path_table import ENCODING, PathTable
from ganlab.data.readers.scan import read_samples, unreadable_message
from ganlab.data.readers.unread_formats import unread_advice
from ganlab.data.sample_files.base import SampleFiles

MEMORY_LIMIT_MIB = 2048  # images that need more as pixels stay on disk
MAX_PIXELS = 1 << 28
ORIENTATION = 0x0112  # the EXIF tag
SIDEWAYS = 5  # EXIF orientations from here on exchange width and height


@final
class ImageFiles(SampleFiles):
    """Images of a folder or zip at their own size; grey only if all are grey; the top-level folders are the classes.

    Raises ValueError if there are no images, if their sizes differ, or if one cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self.archive = open_archive(path)
        files = self.archive.files()
        self.names = files.images
        if not len(self.names):
            raise ValueError(
                f"{path} must hold images ({SUFFIX_TEXT}) or be a .npz, but it holds none"
                f"{unread_advice(files.ignored_examples)}"
            )
        size, grey = _common_format(self.archive, self.names, path)
        decoder = ImageDecoder(size, 1 if grey else 3, "stretch", MAX_PIXELS)
        self.images = read_samples(self.archive, self.names, decoder, MEMORY_LIMIT_MIB)
        class_names, numbers = find_classes(self.archive, files, self.names)
        known = known_classes(class_names, numbers, self.names) and len(class_names) > 1
        super().__init__(path, class_names if known else [])
        if self.class_names:
            self.labels = numbers
        self.spec = Spec((decoder.channels, *size), None, len(self.class_names))

    def __len__(self) -> int:
        return len(self.images)

    def take(self, indices: Tensor) -> Tensor:
        """Gather images."""
        return self.images.take(indices)

    def fingerprint(self) -> str:
        """Hash names and bytes, which is much faster than decoding."""
        return self._fingerprint

    @cached_property
    def _fingerprint(self) -> str:
        result = sha256()
        title = f"hashing {self.path.name}"
        for name in tqdm(self.names, desc=title, unit="image", delay=2, leave=False, disable=None):
            result.update(name.encode(*ENCODING) + sha256(self.archive.read(name)).digest())
        return result.hexdigest()


def _common_format(archive: Archive, names: PathTable, path: Path) -> tuple[tuple[int, int], bool]:
    """Return the size (height, width) that all images have, and whether all are grey.

    Raises ValueError if the sizes differ or if an image cannot be read.
    """
    sizes: Counter[tuple[int, int]] = Counter()
    grey, errors = True, {}
    with without_pillow_limits():
        bar = tqdm(names, desc=f"sizes in {path.name}", unit="image", delay=2, leave=False, disable=None)
        for row, name in enumerate(bar):
            try:
                with open_image(archive.read(name)) as image:
                    width, height = image.size
                    sideways = image.getexif().get(ORIENTATION, 1) >= SIDEWAYS
                    grey = grey and image.mode in ("1", "L")
            except Exception as error:  # decoders can raise any exception for broken bytes
                errors[row] = error_text(error)
                continue
            sizes[(width, height) if sideways else (height, width)] += 1
    if errors:
        raise ValueError(f"{path}: {unreadable_message(names, errors)}: repair or remove them")
    if len(sizes) > 1:
        (first, many), (second, few) = sizes.most_common(2)
        raise ValueError(
            f"the images in {path} have {len(sizes)} sizes, such as {first[1]} by {first[0]} ({many} images) and "
            f"{second[1]} by {second[0]} ({few} images), but scores need one size; resize all of them by one rule first"
        )
    return next(iter(sizes)), grey
