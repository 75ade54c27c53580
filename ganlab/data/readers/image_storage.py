"""Where images are kept: in memory as uint8, or encoded on disk and decoded when asked for."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from functools import cached_property
from hashlib import sha256
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn import functional
from tqdm import tqdm

from ganlab.core.errors import TrainingError
from ganlab.data.readers.archive import Archive
from ganlab.data.readers.decode_image import Picture, quiet

CHUNK = 4096


class Images(ABC):
    """A table of uint8 images of one shape (channels, height, width)."""

    needs_workers: ClassVar[bool] = False
    shape: tuple[int, ...]

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def take(self, indices: Tensor) -> Tensor:
        """Return the images of some indices, uint8 of shape (n, channels, height, width)."""

    @cached_property
    def digest(self) -> str:
        """A SHA-256 of all pixels; that of a table does not depend on where it is kept."""
        chunks = torch.arange(len(self)).split(CHUNK // 16)
        bar = tqdm(chunks, desc="hashing images", unit="chunk", delay=2, leave=False, disable=None)
        parts = (self.take(part) for part in bar)
        return combine(sha256(image.numpy().tobytes()).digest() for part in parts for image in part)


class InMemory(Images):
    """Images as one tensor of shape (n, channels, height, width)."""

    def __init__(self, table: Tensor) -> None:
        self.table, self.shape = table, tuple(table.shape[1:])

    def __len__(self) -> int:
        return len(self.table)

    def take(self, indices: Tensor) -> Tensor:
        """Gather rows of the table."""
        return self.table.index_select(0, indices)


class Encoded(Images):
    """Images that do not fit in memory; raises ValueError where one cannot be read when its turn comes."""

    needs_workers = True

    def __init__(self, archive: Archive, names: list[str], picture: Picture) -> None:
        self.archive, self.names, self.picture = archive, names, picture
        self.shape = (picture.channels, *picture.size)

    def __len__(self) -> int:
        return len(self.names)

    def take(self, indices: Tensor) -> Tensor:
        """Decode the images one after another."""
        with quiet():
            return torch.stack([self._decode(self.names[index]) for index in indices.tolist()])

    def _decode(self, name: str) -> Tensor:
        try:
            return self.picture.decode(self.archive.read(name))
        except Exception as error:  # decoders raise all sorts of things at broken bytes
            raise TrainingError(
                f"{name} cannot be read as an image ({error}): repair it, or remove it and start again"
            ) from error


class Stacked(Images):
    """Images made of grey ones, a row of `rows` (n, channels) naming one for each channel."""

    def __init__(self, table: Tensor, rows: Tensor) -> None:
        self.table, self.rows = table, rows
        self.shape = (rows.shape[1], *table.shape[2:])

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, indices: Tensor) -> Tensor:
        """Gather every channel of every image in one go."""
        rows = self.rows.index_select(0, indices)
        return self.table.index_select(0, rows.flatten()).reshape(len(indices), *self.shape)


def combine(digests: Iterable[bytes]) -> str:
    """Hash the digests of parts into that of the whole, in hexadecimal."""
    whole = sha256()
    for digest in digests:
        whole.update(digest)
    return whole.hexdigest()


def resize(images: Tensor, resolution: int) -> Tensor:
    """Resize uint8 images of shape (n, channels, height, width) to a square, bicubic and antialiased, in pieces."""
    if resolution < 4:
        raise ValueError(f"resolution must be at least 4, got {resolution}")
    if tuple(images.shape[2:]) == (resolution, resolution):
        return images
    return torch.cat([rescale(part.float(), resolution) for part in images.split(CHUNK)])


def rescale(images: Tensor, resolution: int) -> Tensor:
    """Resize float images in 0 … 255 to a square of uint8."""
    size = (resolution, resolution)
    large = functional.interpolate(images, size, mode="bicubic", align_corners=False, antialias=True)
    return large.round_().clamp_(0, 255).to(torch.uint8)


def pad(images: Tensor, resolution: int) -> Tensor:
    """Surround images by black up to a square of `resolution`, keeping them in the middle."""
    rows, columns = (resolution - size for size in images.shape[2:])
    return functional.pad(images, (columns // 2, columns - columns // 2, rows // 2, rows - rows // 2))
