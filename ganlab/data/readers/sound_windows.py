"""`SoundWindows`, parts of equal length of sounds of different lengths."""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import final

import torch
from torch import Tensor

from ganlab.core.random import Random
from ganlab.data.readers.sound_storage import SoundStorage

FULL_SCALE = 32768.0


def _only_start(length: int, samples: int, hop: int) -> range:
    """Return where the only part of a sound begins."""
    return range(1)


def _every_hop(length: int, samples: int, hop: int) -> range:
    """Return where the parts of a sound begin: every `hop` samples while they are whole, but at least one."""
    return range(0, max(1, length - samples + 1), hop)


FITS: Mapping[str, Callable[[int, int, int], range]] = {"cut": _only_start, "windows": _every_hop}


@final
class SoundWindows:
    """A table of float32 sounds (samples, channels) in [−1, 1], parts of longer or padded shorter sounds.

    `fit` "cut" has the beginning of every sound, and "windows" a part every `hop` samples. Shorter sounds are followed
    by silence; what is left of a sound after its last whole window is not used. `sound` (n,) is the number of the sound
    that a part is of. The last `fade` samples of a part whose sound goes on become silent along half a cosine, so that
    it does not end with a click. Raises ValueError for settings out of range.
    """

    def __init__(self, storage: SoundStorage, samples: int, fit: str = "cut", hop: int = 0, fade: int = 0) -> None:
        check_windows(samples, fit, hop, fade)
        self.storage, self.samples, self.fade = storage, samples, fade
        self.needs_workers = storage.needs_workers
        self.shape = (samples, storage.channels)
        self._gains = 0.5 + 0.5 * torch.linspace(0, torch.pi, fade)[:, None].cos() if fade else None
        starts = [FITS[fit](length, samples, hop or samples) for length in storage.lengths.tolist()]
        counts = torch.tensor([len(each) for each in starts])
        self.sound = torch.arange(len(counts)).repeat_interleave(counts)
        self._start = torch.tensor([start for each in starts for start in each])

    def __len__(self) -> int:
        return len(self.sound)

    def rows_of(self, sounds: Tensor) -> Tensor:
        """Return the rows of the parts of sounds by their numbers (m,), in order of the sounds; shape (n,)."""
        counts = self.sound.bincount(minlength=len(self.storage.lengths))
        first = counts.cumsum(0) - counts
        chosen = counts[sounds]
        offsets = torch.arange(int(chosen.sum())) - (chosen.cumsum(0) - chosen).repeat_interleave(chosen)
        return first[sounds].repeat_interleave(chosen) + offsets

    def take(self, indices: Tensor) -> Tensor:
        """Return the parts at `indices` (n,), float32 of shape (n, samples, channels)."""
        return self._cut(self.sound[indices], self._start[indices])

    def draw(self, indices: Tensor, random: Random) -> Tensor:
        """Return parts from random places of the sounds that the parts at `indices` are of; shape as of `take`."""
        numbers = self.sound[indices]
        room = (self.storage.lengths[numbers] - self.samples).clamp(min=0) + 1
        return self._cut(numbers, (random.uniform("crop", (len(indices),)).double() * room).long())

    @cached_property
    def digest(self) -> str:
        """A SHA-256 of all sounds, in hexadecimal."""
        return self.storage.digest()

    @property
    def starts(self) -> Tensor:
        """Where each part begins in its sound, in samples, shape (n,)."""
        return self._start

    def _cut(self, numbers: Tensor, starts: Tensor) -> Tensor:
        parts = torch.zeros(len(numbers), *self.shape)
        for part, number, start in zip(parts, numbers.tolist(), starts.tolist(), strict=True):
            found = self.storage.cut(number, start, self.samples)
            part[: len(found)] = found.float() / FULL_SCALE
            if self._gains is not None and start + self.samples < int(self.storage.lengths[number]):
                part[-len(self._gains) :] *= self._gains
        return parts


def check_windows(samples: int, fit: str, hop: int, fade: int = 0) -> None:
    """Raise ValueError for settings of `SoundWindows` out of range."""
    if samples < 16:
        raise ValueError(f"samples must be at least 16, got {samples}")
    if fit not in FITS:
        raise ValueError(f"fit must be one of {', '.join(FITS)}, got {fit!r}")
    if hop < 0:
        raise ValueError(f"hop must be a number of samples, or 0 for windows side by side, got {hop}")
    if not 0 <= fade <= samples:
        raise ValueError(f"fade must be from 0 to samples={samples}, got {fade}")
