"""A folder or zip of images, to be scored as they are."""

from collections import Counter
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import final

import torch
from torch import Tensor
from tqdm import tqdm

from ganlab.core.interfaces import Spec
from ganlab.data.image_folder import classes_of
from ganlab.data.readers.archive import Archive, open_archive
from ganlab.data.readers.decode_image import Picture, opened, quiet
from ganlab.data.readers.image_storage import Images
from ganlab.data.readers.scan import read_images, reason, unreadable
from ganlab.data.sample_files.base import Collection

MEMORY_LIMIT_MIB = 2048  # of pixels; more stay on disk
MAX_PIXELS = 1 << 28
SIDEWAYS = 5  # EXIF orientations from here on exchange width and height
ORIENTATION = 0x0112


@final
class ImageFiles(Collection):
    """Images of a folder or zip at the size they have; grey only where all are; the top folders are the classes.

    Raises ValueError where there are none, where sizes are mixed, or where one cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self.archive = open_archive(path)
        names = self.archive.images()
        if not names:
            raise ValueError(f"{path} must hold images (png, jpg, webp, bmp, gif, tif) or be a .npz, but it holds none")
        size, grey = _common(self.archive, names, path)
        picture = Picture(size, 1 if grey else 3, "stretch", MAX_PIXELS)
        self.images: Images
        self.images, names = read_images(self.archive, names, picture, MEMORY_LIMIT_MIB, "refuse", verify=False)
        self.names = names
        classes = classes_of(self.archive, names)
        ordered = sorted(set(classes))
        super().__init__(path, ordered if "" not in ordered and len(ordered) > 1 else [])
        if self.class_names:
            self.labels = torch.tensor([ordered.index(name) for name in classes])
        self.spec = Spec((picture.channels, *size), None, len(self.class_names))

    def __len__(self) -> int:
        return len(self.images)

    def take(self, indices: Tensor) -> Tensor:
        """Gather images."""
        return self.images.take(indices)

    def fingerprint(self) -> str:
        """Hash names and bytes, which is much cheaper than decoding."""
        return self._fingerprint

    @cached_property
    def _fingerprint(self) -> str:
        whole = sha256()
        bar = f"hashing {self.path.name}"
        for name in tqdm(self.names, desc=bar, unit="image", delay=2, leave=False, disable=None):
            whole.update(name.encode() + sha256(self.archive.read(name)).digest())
        return whole.hexdigest()


def _common(archive: Archive, names: list[str], path: Path) -> tuple[tuple[int, int], bool]:
    """Return the one size (height, width) of all images, and whether all are grey."""
    sizes: Counter[tuple[int, int]] = Counter()
    grey, errors = True, {}
    with quiet():
        bar = tqdm(names, desc=f"sizes in {path.name}", unit="image", delay=2, leave=False, disable=None)
        for row, name in enumerate(bar):
            try:
                with opened(archive.read(name)) as image:
                    width, height = image.size
                    turned = image.getexif().get(ORIENTATION, 1) >= SIDEWAYS
                    grey = grey and image.mode in ("1", "L")
            except Exception as error:  # decoders raise all sorts of things at broken bytes
                errors[row] = reason(error)
                continue
            sizes[(width, height) if turned else (height, width)] += 1
    if errors:
        raise ValueError(f"{path}: {unreadable(names, errors)}: repair or remove them")
    if len(sizes) > 1:
        (first, many), (second, few) = sizes.most_common(2)
        raise ValueError(
            f"the images in {path} have {len(sizes)} sizes, {many} of {first[1]} by {first[0]} and {few} of "
            f"{second[1]} by {second[0]} for example; scores need one size, so resize them all with one rule first"
        )
    return next(iter(sizes)), grey
