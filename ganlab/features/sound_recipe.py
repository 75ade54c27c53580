"""How sounds become the inputs of a small classifier, and how they change during its training."""

import math
from collections.abc import Mapping
from typing import Any, ClassVar, final

import torch
from torch import Tensor
from torch.nn import functional

from ganlab.core.random import Random
from ganlab.features.classifier_recipe import ClassifierRecipe, symmetric
from ganlab.features.sound_input import channel_spectrograms
from ganlab.layers.mel import LogMel

GAIN_DB = 6.0
SHIFT = 0.1  # of the duration
MOST_BLUR = 4  # frames, and bands, that are averaged
MOST_FRAMES = 48  # of an input, because the time of a step grows with their number


@final
class SoundRecipe(ClassifierRecipe):
    """Log-mel spectrograms of each channel, averaged to `frames` in time: −1 is the floor, 1 a magnitude of 1.

    `samples` are those of a sound.
    """

    name: ClassVar[str] = "sound_classifier"
    noun: ClassVar[str] = "sound"
    alternatives: ClassVar[str] = "features=log_mel"
    version: ClassVar[int] = 1
    batch_size: ClassVar[int] = 64

    def __init__(self, log_mel: LogMel, samples: int) -> None:
        self.log_mel, self.frames = log_mel, min(MOST_FRAMES, log_mel.frames(samples))
        self.facts: Mapping[str, Any] = {"spectrogram": log_mel.describe(), "frames": self.frames}
        self.key: tuple[object, ...] = ("sound", sorted(log_mel.describe().items()), self.frames, self.version)
        self.depth = -math.log(log_mel.floor)

    def store(self, samples: Tensor) -> Tensor:
        """Return the inputs of sounds (n, samples, channels) in half precision, so that large data fit in memory."""
        return self.inputs(samples).half()

    def prepare(self, stored: Tensor) -> Tensor:
        """Return what is stored, in full precision."""
        return stored.float()

    def inputs(self, sounds: Tensor) -> Tensor:
        """Return inputs (n, channels, frames, mels) of sounds (n, samples, channels)."""
        scaled = channel_spectrograms(self.log_mel, sounds) * 2 / self.depth + 1
        return functional.adaptive_avg_pool2d(scaled, (self.frames, self.log_mel.mels))

    def augment(self, inputs: Tensor, random: Random) -> Tensor:
        """Change the level up to 6 dB, shift up to a tenth of the time, blur and add noise, as in immature samples."""
        count, _, frames, _ = inputs.shape
        decibels = symmetric(random, "level", count) * GAIN_DB
        louder = inputs + (decibels * 2 * math.log(10) / 20 / self.depth).reshape(count, 1, 1, 1)
        shifts = (symmetric(random, "shift", count) * SHIFT * frames).round().long()
        times = (torch.arange(frames) + shifts[:, None]).clamp(0, frames - 1)  # the first or last frame is repeated
        shifted = louder.gather(2, times[:, None, :, None].expand_as(inputs))
        across, down = (1 + int(random.integers(f"blur {axis}", MOST_BLUR, (1,))) for axis in ("frames", "bands"))
        padded = functional.pad(shifted, (down // 2, (down - 1) // 2, across // 2, (across - 1) // 2), mode="replicate")
        blurred = functional.avg_pool2d(padded, (across, down), stride=1)
        mixed = torch.where(random.uniform("blurred", (count, 1, 1, 1)) < 0.5, blurred, shifted)
        deviation = random.uniform("deviation", (count, 1, 1, 1)) * 0.2
        return (mixed + deviation * random.normal("noise", inputs.shape)).clamp_min(-1)
