"""Sounds of different lengths: in memory, or in files of which parts are decoded on access."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import final

import torch
from torch import Tensor

from ganlab.core.errors import TrainingError
from ganlab.data.readers.image_storage import combine_digests
from ganlab.data.readers.path_table import PathTable
from ganlab.data.readers.sound_decoder import Placement, SoundDecoder


class SoundStorage(ABC):
    """Int16 sounds (length, channels) by number, of `rate` hertz; `lengths` (n,) are in samples."""

    needs_workers: bool = False
    rate: int
    channels: int
    lengths: Tensor

    @abstractmethod
    def cut(self, number: int, start: int, count: int) -> Tensor:
        """Return the samples of a sound from `start` on, at most `count`, int16 of shape (m, channels)."""

    @abstractmethod
    def digest(self) -> str:
        """Return a SHA-256 of all sounds, in hexadecimal; the same whether they are in memory or on disk."""

    def read(self, number: int) -> Tensor:
        """Return a whole sound."""
        return self.cut(number, 0, int(self.lengths[number]))


@final
class InMemorySounds(SoundStorage):
    """Sounds that are int16 tensors (length, channels) of one number of channels, one after another in one tensor."""

    def __init__(self, sounds: Sequence[Tensor], rate: int) -> None:
        self.rate, self.channels = rate, sounds[0].shape[1]
        self.lengths = torch.tensor([len(sound) for sound in sounds])
        self._samples = torch.cat(list(sounds))
        self._ends = self.lengths.cumsum(0)

    def cut(self, number: int, start: int, count: int) -> Tensor:
        """Return a part of a sound."""
        end = int(self._ends[number])
        first = end - int(self.lengths[number]) + start
        return self._samples[first : min(first + count, end)]

    def digest(self) -> str:
        """Return a SHA-256 of all sounds, in hexadecimal."""
        return combine_digests(digest_of(self.read(number)) for number in range(len(self.lengths)))


@final
class SoundFiles(SoundStorage):
    """Sounds in files that were decoded once, for their lengths, placements and digests; `cut` decodes a part again.

    It raises TrainingError if a file cannot be read any more.
    """

    needs_workers = True

    def __init__(
        self,
        root: Path,
        names: PathTable,
        decoder: SoundDecoder,
        lengths: Tensor,
        placements: Sequence[Placement],
        digests: Sequence[bytes],
    ) -> None:
        self._root, self._names, self._decoder = root, names, decoder
        self.rate, self.channels, self.lengths = decoder.rate, decoder.channels, lengths
        self._skipped = torch.tensor([each.skipped for each in placements])  # tensors are shared by worker processes
        self._rates = torch.tensor([each.rate for each in placements])
        self._gains = torch.tensor([each.gain for each in placements], dtype=torch.float64)
        self._digest = combine_digests(digests)

    def cut(self, number: int, start: int, count: int) -> Tensor:
        """Decode a part of a sound."""
        name = self._names[number]
        placement = Placement(int(self._skipped[number]), float(self._gains[number]), int(self._rates[number]))
        wanted = max(0, min(count, int(self.lengths[number]) - start))
        try:
            part = self._decoder.decode_part(self._root / name, placement, start, wanted)
        except Exception as error:  # decoders can raise any exception for broken bytes
            raise unreadable_sound(name, str(error)) from error
        if len(part) < wanted:
            raise unreadable_sound(name, "it has become shorter")
        return part

    def digest(self) -> str:
        """Return a SHA-256 of all sounds, in hexadecimal."""
        return self._digest


def digest_of(sound: Tensor) -> bytes:
    """Return the SHA-256 of the samples of a sound."""
    return sha256(sound.contiguous().numpy().tobytes()).digest()


def unreadable_sound(name: str, reason: str) -> TrainingError:
    """Return the error of a file that could be read before training."""
    return TrainingError(f"{name} cannot be read as a sound ({reason}): repair it, or remove it and start a new run")
