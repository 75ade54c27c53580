"""Tables of images: as uint8 in memory, or encoded on disk and decoded on access."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from functools import cached_property
from hashlib import sha256

import torch
from torch import Tensor
from torch.nn import functional

from ganlab.core.errors import TrainingError
from ganlab.core.progress import progress
from ganlab.data.readers.archive import Archive
from ganlab.data.readers.decode_image import ImageDecoder, parse_resolution, without_pillow_limits
from ganlab.data.readers.decoded import decode_all
from ganlab.data.readers.frame_names import frame_of
from ganlab.data.readers.path_table import PathTable

CHUNK = 4096  # images resized at a time


class Images(ABC):
    """A table of uint8 images of one shape (channels, height, width)."""

    needs_workers: bool = False
    shape: tuple[int, ...]

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def take(self, indices: Tensor) -> Tensor:
        """Return the images at `indices`, uint8 of shape (n, channels, height, width)."""

    @cached_property
    def digest(self) -> str:
        """A SHA-256 of all pixels, in hexadecimal; the same whether images are in memory or on disk."""
        chunks = torch.arange(len(self)).split(CHUNK // 16)
        bar = progress(chunks, "hashing images", "chunk")
        parts = (self.take(part) for part in bar)
        return combine_digests(sha256(image.numpy().tobytes()).digest() for part in parts for image in part)


class InMemoryImages(Images):
    """Images in one uint8 tensor of shape (n, channels, height, width)."""

    def __init__(self, table: Tensor) -> None:
        self.table, self.shape = table, tuple(table.shape[1:])

    def __len__(self) -> int:
        return len(self.table)

    def take(self, indices: Tensor) -> Tensor:
        """Gather rows of the table."""
        return self.table.index_select(0, indices)


class EncodedImages(Images):
    """Image files that do not fit in memory as pixels, decoded on access; raises TrainingError if one is unreadable.

    The digest of files that did not change since an earlier opening is read from a cache.
    """

    needs_workers = True

    def __init__(self, archive: Archive, names: PathTable, decoder: ImageDecoder) -> None:
        self.archive, self.names, self.decoder = archive, names, decoder
        self.shape = (decoder.channels, *decoder.size)

    def __len__(self) -> int:
        return len(self.names)

    def take(self, indices: Tensor) -> Tensor:
        """Decode the images one after another."""
        with without_pillow_limits():
            return torch.stack([self._decode(self.names[index]) for index in indices.tolist()])

    @cached_property
    def digest(self) -> str:
        """A SHA-256 of all pixels, in hexadecimal."""
        decoded = decode_all(self.archive, self.names, self.decoder)
        for row, error in decoded.errors.items():
            raise unreadable_file(self.names[row], error)
        return decoded.digest(torch.arange(len(self)))

    def _decode(self, name: str) -> Tensor:
        try:
            return self.decoder.decode(self.archive.read(name), frame_of(name))
        except Exception as error:  # decoders can raise any exception for broken bytes
            raise unreadable_file(name, str(error)) from error


class StackedImages(Images):
    """Images whose channels are grey images of a table; `rows` (n, channels) are their table indices."""

    def __init__(self, table: Tensor, rows: Tensor) -> None:
        self.table, self.rows = table, rows
        self.shape = (rows.shape[1], *table.shape[2:])

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, indices: Tensor) -> Tensor:
        """Gather all channels of all images at once."""
        rows = self.rows.index_select(0, indices)
        return self.table.index_select(0, rows.flatten()).reshape(len(indices), *self.shape)


def unreadable_file(name: str, reason: str) -> TrainingError:
    """Return the error of a file that could be read before training."""
    return TrainingError(f"{name} cannot be read as an image ({reason}): repair it, or remove it and start a new run")


def combine_digests(digests: Iterable[bytes]) -> str:
    """Hash the concatenated digests, in hexadecimal."""
    result = sha256()
    for digest in digests:
        result.update(digest)
    return result.hexdigest()


def resize(images: Tensor, resolution: int) -> Tensor:
    """Resize uint8 images (n, channels, height, width) to a square, bicubic and antialiased, in chunks.

    Raises ValueError for a resolution below 4.
    """
    if resolution < 4:
        raise ValueError(f"resolution must be at least 4, got {resolution}")
    if tuple(images.shape[2:]) == (resolution, resolution):
        return images
    return torch.cat([rescale(part.float(), resolution) for part in images.split(CHUNK)])


def rescale(images: Tensor, resolution: int | tuple[int, int]) -> Tensor:
    """Resize float images with values in 0 … 255 to uint8 of a side or (height, width), bicubic and antialiased."""
    size = parse_resolution(resolution)
    resized = functional.interpolate(images, size, mode="bicubic", align_corners=False, antialias=True)
    return resized.round_().clamp_(0, 255).to(torch.uint8)


def pad(images: Tensor, resolution: int) -> Tensor:
    """Centre images (n, channels, height, width) in a black square of side `resolution`."""
    rows, columns = (resolution - size for size in images.shape[2:])
    return functional.pad(images, (columns // 2, columns - columns // 2, rows // 2, rows - rows // 2))
