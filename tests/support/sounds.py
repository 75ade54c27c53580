"""Sound made on the spot: tones of three classes, and the same with spectrograms as their conditions."""

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from ganlab.core.interfaces import Batch, Conditions, Spec
from ganlab.core.random import Random
from ganlab.data import SequenceDataSet
from ganlab.layers.mel import LogMel

FOR_SOUND = ("wavegan", "spectrogram", "hifigan", "multi_period", "multi_scale_waves")  # generators and discriminators
SOUND = ["data=sine_waves", "data._target_=support.sounds.Tones"]
SOUND_PAIRS = ["data=sine_waves", "data._target_=support.sounds.SpokenTones", "latent=none"]
SOUND_PAIRS += ["discriminator.labels=none"]  # which reads no spectrogram
RATE, SAMPLES, HOP, BANDS = 8000, 1024, 256, 20


class Tones(SequenceDataSet):
    """Sines of 1,000 k + 500 Hz, more or less, for class k = 0, 1, 2. Settings of sine waves are ignored."""

    def __init__(self, labels: bool = False, channels: int = 1, **others: Any) -> None:
        super().__init__((SAMPLES, channels), 1.0, ("tones", labels, channels), labels, 3)
        self.spec = replace(self.spec, kind="audio", facts={"rate": RATE})

    def draw(self, count: int, random: Random) -> Batch:
        """Draw class, pitch, amplitude and phase of each tone."""
        labels = random.integers("data.class", 3, (count,))
        hertz = 1000 * labels + 400 + 200 * random.uniform("data.pitch", (count,))
        amplitude = 0.2 + 0.6 * random.uniform("data.amplitude", (count,))
        turns = hertz[:, None] * torch.arange(SAMPLES) / RATE + random.uniform("data.phase", (count, 1))
        waves = amplitude[:, None] * (2 * math.pi * turns).sin()
        return Batch(waves[:, :, None].expand(-1, -1, self.spec.sample[1]).contiguous(), labels)


class SpokenTones(Tones):
    """Tones with their log-mel spectrograms (frames, bands), of one frame for each hop, as conditions."""

    def __init__(self, **settings: Any) -> None:
        super().__init__()
        self.spec = self.preview()
        self.log_mel = LogMel(RATE, 512, HOP, BANDS, padding="hop")

    @classmethod
    def preview(cls, **settings: Any) -> Spec:
        spec = Tones.preview()
        assert spec is not None
        return replace(spec, cond=(SAMPLES // HOP, BANDS), paired=True)

    def batch(self, indices: Tensor, random: Random) -> Batch:
        samples = self.labelled_batch(indices, random).sample
        return Batch(samples, self.log_mel(samples[..., 0]))

    def conditions(self, count=0, seed=0, split="train", chunk=256) -> Iterator[Conditions]:
        for samples, labels in self.real_samples(count, seed, split, chunk):
            yield Conditions(self.log_mel(samples[..., 0]), samples, labels)
