"""How clips become the inputs of a small classifier, and how it is trained on them."""

from collections.abc import Mapping
from typing import Any, ClassVar, final

import torch
from torch import Tensor, nn
from torch.nn import functional

from ganlab.core.random import Random
from ganlab.features.classifier_recipe import ClassifierRecipe
from ganlab.features.video_network import VideoNetwork, standardise_clips

CHUNK = 256  # clips that are prepared at a time
NOISE = 0.2  # largest standard deviation of the noise in training


@final
class VideoRecipe(ClassifierRecipe):
    """Clips (n, frames, colours, 32, 32) for `VideoNetwork`, whose second head learns the class from each frame alone.

    `colours` are the channels of a frame, 1 or 3.
    """

    name: ClassVar[str] = "video_classifier"
    noun: ClassVar[str] = "clip"
    alternatives: ClassVar[str] = "features=video_random"
    version: ClassVar[int] = 1
    batch_size: ClassVar[int] = 32

    def __init__(self, frames: int, colours: int) -> None:
        self.frames, self.colours = frames, colours
        self.facts: Mapping[str, Any] = {"frames": frames}
        self.key: tuple[object, ...] = ("video", frames, self.version)

    def store(self, samples: Tensor) -> Tensor:
        """Return uint8 clips at the network's size, so that large data sets fit in memory."""
        return self.inputs(samples).add(1).mul(127.5).round().to(torch.uint8)

    def prepare(self, stored: Tensor) -> Tensor:
        """Return uint8 clips at the network's size, which take a quarter of the memory that clips in [−1, 1] take."""
        return torch.cat([self.store(part) for part in stored.split(CHUNK)])

    def inputs(self, samples: Tensor) -> Tensor:
        """Return clips in [−1, 1] of uint8 clips (n, time, channels, height, width)."""
        return standardise_clips(samples, self.frames, self.colours)

    def augment(self, inputs: Tensor, random: Random) -> Tensor:
        """Return uint8 clips of the network's size in [−1, 1] with noise, as in immature fake clips."""
        level = random.uniform("level", (len(inputs), 1, 1, 1, 1)) * NOISE
        return self.inputs(inputs) + level * random.normal("noise", inputs.shape)

    def channels(self, inputs: Tensor) -> int:
        """Return the channels of a frame."""
        return inputs.shape[2]

    def build(self, channels: int, classes: int) -> nn.Module:
        """Return a new network of clips."""
        return VideoNetwork(self.frames, channels, classes)

    def loss(self, network: nn.Module, inputs: Tensor, labels: Tensor) -> Tensor:
        """Return the cross-entropy of clips plus that of their single frames."""
        found = network(inputs)
        of_frames = functional.cross_entropy(found.frame_logits.flatten(0, 1), labels.repeat_interleave(self.frames))
        return functional.cross_entropy(found.logits, labels) + of_frames
