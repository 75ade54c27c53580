"""PhotographStorage of different sizes: in memory, or in files that are decoded on access."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from hashlib import sha256
from typing import final

import torch
from torch import Tensor

from ganlab.data.readers.archive import Archive
from ganlab.data.readers.decode_image import WholeImageDecoder, without_pillow_limits
from ganlab.data.readers.frame_names import frame_of
from ganlab.data.readers.image_storage import combine_digests, unreadable_file
from ganlab.data.readers.path_table import PathTable


class PhotographStorage(ABC):
    """Uint8 photographs (channels, height, width) by number; `sizes` (n, 2) are their heights and widths."""

    needs_workers: bool = False
    channels: int
    sizes: Tensor

    @abstractmethod
    def read(self, number: int) -> Tensor:
        """Return a photograph."""

    @abstractmethod
    def digest(self) -> str:
        """Return a SHA-256 of all pixels, in hexadecimal."""


@final
class InMemoryPhotographs(PhotographStorage):
    """PhotographStorage that are tensors of one number of channels."""

    def __init__(self, photographs: Sequence[Tensor]) -> None:
        self._photographs = photographs
        self.channels = len(photographs[0])
        self.sizes = torch.tensor([tuple(each.shape[1:]) for each in photographs])

    def read(self, number: int) -> Tensor:
        """Return a photograph."""
        return self._photographs[number]

    def digest(self) -> str:
        """Return a SHA-256 of all pixels, in hexadecimal."""
        return combine_digests(sha256(each.numpy().tobytes()).digest() for each in self._photographs)


@final
class PhotographFiles(PhotographStorage):
    """PhotographStorage in files that were read once, for `sizes` and the digest; `read` decodes one again.

    It raises TrainingError if a file cannot be read any more.
    """

    needs_workers = True

    def __init__(
        self, archive: Archive, names: PathTable, decoder: WholeImageDecoder, sizes: Tensor, digest: str
    ) -> None:
        self._archive, self._names, self._decoder, self._digest = archive, names, decoder, digest
        self.channels, self.sizes = decoder.channels, sizes

    def read(self, number: int) -> Tensor:
        """Decode a photograph."""
        name = self._names[number]
        try:
            with without_pillow_limits():
                return self._decoder.decode(self._archive.read(name), frame_of(name))
        except Exception as error:  # decoders can raise any exception for broken bytes
            raise unreadable_file(name, str(error)) from error

    def digest(self) -> str:
        """Return a SHA-256 of all pixels, in hexadecimal."""
        return self._digest
