"""Finished samples in files, to be scored as they are: a folder or zip of images, or an array."""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import final

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ganlab.data.archive import Archive, open_archive
from ganlab.data.image_folder import classes_of
from ganlab.data.images import Images
from ganlab.data.picture import Picture, quiet
from ganlab.data.scan import read_images
from ganlab.interfaces import Batch, Spec

ARRAYS = (".npy", ".npz")
MEMORY_LIMIT_MIB = 2048  # of pixels; more stay on disk
MAX_PIXELS = 1 << 28
SIDEWAYS = 5  # EXIF orientations from here on exchange width and height
ORIENTATION = 0x0112


class Collection(ABC):
    """Samples in a fixed order: uint8 images (channels, height, width) of one size, or points; maybe with classes."""

    spec: Spec
    labels: Tensor | None = None
    classifier: str | None = None

    def __init__(self, path: Path, class_names: Sequence[str]) -> None:
        self.path, self.class_names = path, list(class_names)

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def take(self, indices: Tensor) -> Tensor:
        """Return some of the samples."""

    @abstractmethod
    def fingerprint(self) -> str:
        """Return a SHA-256 of the files, in hexadecimal."""

    @property
    def classes_available(self) -> int:
        """The number of classes, 0 without labels."""
        return 0 if self.labels is None else len(self.class_names)

    def batches(self, size: int, first: int = 0, stride: int = 1) -> Iterator[Batch]:
        """Yield batches first, first + stride, … of `size` samples, with their labels where known."""
        for start in range(first * size, len(self), stride * size):
            rows = torch.arange(start, min(start + size, len(self)))
            yield Batch(self.take(rows), None if self.labels is None else self.labels[rows])

    def reals(self) -> Iterator[Batch]:
        """Yield everything, for feature spaces that learn from labels."""
        return self.batches(256)


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
        for name in self.names:
            whole.update(name.encode() + sha256(self.archive.read(name)).digest())
        return whole.hexdigest()


@final
class ArrayFile(Collection):
    """A .npy, or a .npz with one array of samples and maybe `labels`.

    Images are uint8, or float in [−1, 1], with channels first or last; two dimensions are points. Raises ValueError for
    anything else.
    """

    def __init__(self, path: Path) -> None:
        samples, labels = _arrays(path)
        self.table = _as_samples(samples, path)
        names = [] if labels is None else [str(number) for number in range(int(labels.max()) + 1)]
        super().__init__(path, names)
        if labels is not None:
            if labels.shape != (len(self.table),) or labels.dtype.kind not in "iu" or labels.min() < 0:
                raise ValueError(f"labels in {path} must be one integer of at least 0 for each of its samples")
            self.labels = torch.from_numpy(labels.astype(np.int64))
        self.spec = Spec(tuple(self.table.shape[1:]), None, len(names))

    def __len__(self) -> int:
        return len(self.table)

    def take(self, indices: Tensor) -> Tensor:
        """Gather rows."""
        return self.table[indices]

    def fingerprint(self) -> str:
        """Hash the file."""
        return sha256(self.path.read_bytes()).hexdigest()


def open_collection(path: str | Path) -> Collection:
    """Open samples in files; raises ValueError with a sentence where they are not to be had."""
    place = Path(path).expanduser()
    if not place.exists():
        raise ValueError(f"{path} does not exist; give a folder or .zip of images, a .npz or a .npy")
    return ArrayFile(place) if place.suffix.lower() in ARRAYS else ImageFiles(place)


def _common(archive: Archive, names: list[str], path: Path) -> tuple[tuple[int, int], bool]:
    """Return the one size (height, width) of all images, and whether all are grey."""
    sizes: Counter[tuple[int, int]] = Counter()
    grey = True
    with quiet():
        for name in names:
            try:
                with Image.open(BytesIO(archive.read(name))) as image:
                    width, height = image.size
                    turned = image.getexif().get(ORIENTATION, 1) >= SIDEWAYS
                    grey = grey and image.mode in ("1", "L")
            except Exception as error:  # decoders raise all sorts of things at broken bytes
                raise ValueError(
                    f"{name} in {path} cannot be read as an image ({error}): repair or remove it"
                ) from error
            sizes[(width, height) if turned else (height, width)] += 1
    if len(sizes) > 1:
        (first, many), (second, few) = sizes.most_common(2)
        raise ValueError(
            f"the images in {path} have {len(sizes)} sizes, {many} of {first[1]} by {first[0]} and {few} of "
            f"{second[1]} by {second[0]} for example; scores need one size, so resize them all with one rule first"
        )
    return next(iter(sizes)), grey


def _arrays(path: Path) -> tuple[np.ndarray, np.ndarray | None]:
    try:
        loaded = np.load(path, allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        raise ValueError(f"{path} cannot be read as an array ({error}): write it again with numpy.savez") from error
    if isinstance(loaded, np.ndarray):
        return loaded, None
    with loaded:
        arrays = {name: loaded[name] for name in loaded.files}
    labels = arrays.pop("labels", None)
    if len(arrays) != 1:
        found = ", ".join(arrays) or "none"
        raise ValueError(f"{path} must hold one array of samples, and labels if there are any, but it holds {found}")
    return next(iter(arrays.values())), labels


def _as_samples(array: np.ndarray, path: Path) -> Tensor:
    """Return uint8 images with channels first, or float32 points."""
    if not len(array):
        raise ValueError(f"{path} holds no samples")
    match array.ndim, array.dtype.kind:
        case 2, "f":
            return torch.from_numpy(array.astype(np.float32))
        case 4, "u" if array.dtype == np.uint8:
            return _channels_first(torch.from_numpy(array), path)
        case 4, "f" if np.isnan(array).any():
            raise ValueError(f"{int(np.isnan(array).any((1, 2, 3)).sum())} images in {path} hold NaN; leave them out")
        case 4, "f" if np.abs(array).max() <= 1:
            images = torch.from_numpy(array.astype(np.float32)).add(1).mul(127.5).round().to(torch.uint8)
            return _channels_first(images, path)
    raise ValueError(
        f"{path} must hold images (n, height, width, channels) as uint8 or as floats in [-1, 1], or points (n, d) as "
        f"floats, got {array.dtype} of shape {array.shape}"
    )


def _channels_first(images: Tensor, path: Path) -> Tensor:
    if images.shape[1] in (1, 3):
        return images
    if images.shape[3] in (1, 3):
        return images.permute(0, 3, 1, 2).contiguous()
    raise ValueError(f"{path} must hold images of 1 or 3 channels, got shape {tuple(images.shape)}")
