"""`VideoFeatures`, the base class of feature spaces of clips."""

from abc import ABC
from typing import Any, Protocol, runtime_checkable

from torch import Tensor, nn

from ganlab.features.base import FeatureBatch, Features, Source
from ganlab.features.video_network import FRAMES, RESOLUTION, WIDTH, standardise_clips


@runtime_checkable
class ShowsFrames(Protocol):
    """A feature space whose spatial features are those of single frames, (n, frames × width)."""

    frames: int


class VideoFeatures(Features, ABC):
    """Base class of spaces of clips: features (64), and of each of at most 16 frames as spatial features (64 each).

    Raises ValueError for samples that are not clips of 1 or 3 channels. A subclass builds the network:

    >>> from types import SimpleNamespace
    >>> import torch
    >>> from ganlab.core.interfaces import Spec
    >>> from ganlab.features.video_network import VideoNetwork
    >>> class Untrained(VideoFeatures):
    ...     name = "untrained_clips"
    ...
    ...     def __init__(self, data):
    ...         frames, channels = clip_shape(data, self.name)
    ...         super().__init__(VideoNetwork(frames, channels, classes=1), frames, channels)
    ...
    ...     def describe(self):
    ...         return {"name": self.name, "weights": None, **self.resize_rule()}
    >>> space = Untrained(SimpleNamespace(spec=Spec((8, 1, 32, 32))))
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
