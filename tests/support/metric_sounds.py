"""Small sounds for feature spaces and metrics: decaying tones and decaying noise, at random pitches."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from ganlab.core.interfaces import Batch, Spec

RATE = 8000


@dataclass
class Sounds:
    """Labelled sounds of two classes: 0 is a tone, 1 is noise."""

    count: int = 60
    samples: int = 2000
    channels: int = 1
    seed: int = 1
    labelled: bool = True
    paired: bool = False
    classes_available: int = 2
    classifier: str | None = None
    times_read: int = 0

    @property
    def labels(self) -> Tensor | None:
        return torch.arange(self.count) % 2 if self.labelled else None

    @property
    def spec(self) -> Spec:
        shape = (self.samples, self.channels)
        return Spec(shape, shape if self.paired else None, paired=self.paired, kind="audio", facts={"rate": RATE})

    @cached_property
    def sounds(self) -> Tensor:
        """All sounds, float32 (n, samples, channels)."""
        draws = torch.Generator().manual_seed(self.seed)
        time = torch.arange(self.samples) / RATE
        pitch = 200 * 4 ** torch.rand(self.count, self.channels, 1, generator=draws)
        tones = torch.sin(2 * torch.pi * pitch * time)
        noise = torch.randn(self.count, self.channels, self.samples, generator=draws) * 0.5
        chosen = torch.where(torch.arange(self.count)[:, None, None] % 2 == 1, noise, tones)
        return (0.5 * chosen * torch.exp(-time * 8)).mT.contiguous()

    def fingerprint(self) -> str:
        return f"sounds of {self.count}, {self.seed}"

    def real_samples(self) -> Iterator[Batch]:
        self.times_read += 1
        for rows in torch.arange(self.count).split(25):
            yield Batch(self.sounds[rows], None if self.labels is None else self.labels[rows])
