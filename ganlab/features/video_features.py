"""`VideoFeatures`, the base class of feature spaces of clips, and the one with random weights."""

from abc import ABC
from typing import Any, Protocol, final, runtime_checkable

import torch
from torch import Tensor, nn

from ganlab.features.base import FeatureBatch, Features, Source
from ganlab.features.video_network import FRAMES, RESOLUTION, WIDTH, VideoNetwork, standardise_clips


@runtime_checkable
class ShowsFrames(Protocol):
    """A feature space whose spatial features are those of single frames, (n, frames × width)."""

    frames: int


class VideoFeatures(Features, ABC):
    """Base class of spaces of clips: features (64), and of each of at most 16 frames as spatial features (64 each).

    Raises ValueError for samples that are not clips of 1 or 3 channels. A subclass builds the network:

    >>> from ganlab.core.interfaces import Spec
    >>> from types import SimpleNamespace
    >>> data = SimpleNamespace(spec=Spec((8, 1, 32, 32)))
    >>> space = VideoRandom(data)
    >>> space(torch.zeros(2, 8, 1, 32, 32, dtype=torch.uint8)).spatial.shape
    torch.Size([2, 512])
    """

    def __init__(self, network: nn.Module, frames: int, channels: int) -> None:
        super().__init__(network, WIDTH)
        self.frames, self.channels, self.spatial_width = frames, channels, frames * WIDTH

    def extract(self, samples: Tensor) -> FeatureBatch:
        """Return the features of clips, and of their frames as spatial features; logits if the space has classes."""
        found = self.network(standardise_clips(samples, self.frames, self.channels))
        return FeatureBatch(found.clips, found.logits if self.classes else None, found.frames.flatten(1))

    def resize_rule(self) -> dict[str, Any]:
        """Return how clips are brought to the network's size."""
        steps = {"frames": self.frames, "frame_steps": "equal"}
        return {"resize": "bilinear, antialiased", "resolution": RESOLUTION, "width": self.width, **steps}


def clip_shape(data: Source, name: str) -> tuple[int, int]:
    """Return how many frames the network reads, and the channels; raises ValueError if the samples are no clips."""
    match data.spec.sample:
        case [int() as frames, 1 | 3 as channels, int(), int()]:
            return min(frames, FRAMES), channels
        case shape:
            raise ValueError(
                f"features={name} reads clips of 1 or 3 channels, but the data's samples have shape {shape}; choose "
                "features=auto"
            )


@final
class VideoRandom(VideoFeatures):
    """The network of clips with seeded random weights, for clips without labels.

    Random features distinguish distributions (Naeem et al. 2020, section 4.2), but agree less with human perception.
    """

    name = "video_random"

    def __init__(self, data: Source, seed: int = 0) -> None:
        frames, channels = clip_shape(data, self.name)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            network = VideoNetwork(frames, channels, 1)
            for module in network.modules():  # with the default initialisation the signal would vanish
                if isinstance(module, nn.Conv2d | nn.Conv3d | nn.Linear):
                    nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        super().__init__(network, frames, channels)
        self.seed = seed

    def describe(self) -> dict[str, Any]:
        """Return the name, the seed, which identifies the weights, and the resize rule."""
        return {"name": self.name, "weights": f"seed {self.seed}, {self.channels} channels", **self.resize_rule()}
