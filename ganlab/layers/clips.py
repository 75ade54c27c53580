"""Clips: their frames as images, and how far convolutions shorten them in time."""

from abc import ABC
from dataclasses import replace

import torch
from torch import Tensor

from ganlab.core.interfaces import Spec
from ganlab.core.random import Random
from ganlab.layers.discriminator_ensemble import DiscriminatorEnsemble

SHORTEST = 2  # frames in the shortest feature maps, if the clip's length allows it


def frame_spec(spec: Spec, latent: int) -> Spec:
    """Return the spec of a network of single frames of clips, with latents of this size."""
    return replace(spec, sample=tuple(spec.sample)[1:], latent=latent, kind="", facts={})  # type: ignore[arg-type]


def time_steps(frames: int, most: int) -> tuple[int, int]:
    """Return to how many frames a clip is shortened by halving it at most `most` times, and how often it is halved.

    It is halved while its length is even, down to 2 frames.
    """
    halvings = 0
    while halvings < most and frames % 2 == 0 and frames // 2 >= SHORTEST:
        frames, halvings = frames // 2, halvings + 1
    return frames, halvings


class FrameDiscriminator(DiscriminatorEnsemble, ABC):
    """Base class of discriminators of clips of `frames` frames that also receive one random frame of each clip.

    A trainer has `draw_parts` append the frame to the clip before the forward pass, so that the numbers of several
    processes or microbatches are those of the joined batch. If that was not done, as outside of training, the frame is
    the middle one. A subclass gives the frame to one of its discriminators:

    >>> from ganlab.core.interfaces import Spec
    >>> from ganlab.discriminators import DCGAN
    >>> from torch import nn
    >>> class OnlyFrames(FrameDiscriminator):
    ...     def inputs(self, samples):
    ...         yield self.critics["frame"], self.split(samples)[1]
    >>> critic = OnlyFrames({"frame": DCGAN(Spec((1, 8, 8)))}, nn.Identity(), frames=5)
    >>> clips = torch.zeros(3, 5, 1, 8, 8)
    >>> critic.draw_parts(clips, Random(seed=0)).shape, critic(clips).logits.shape
    (torch.Size([3, 6, 1, 8, 8]), torch.Size([3, 1, 1]))
    """

    def __init__(self, critics: dict[str, torch.nn.Module], head: torch.nn.Module, frames: int) -> None:
        super().__init__(critics, head)
        self.frames = frames
        self.independent_samples = all(getattr(critic, "independent_samples", False) for critic in critics.values())

    def draw_parts(self, samples: Tensor, random: Random) -> Tensor:
        """Return clips (n, frames + 1, channels, height, width), the last frame of which is a random one again."""
        rows = torch.arange(len(samples), device=samples.device)
        number = random.integers("frame", self.frames, (len(samples),), samples.device)
        return torch.cat([samples, samples[rows, number].unsqueeze(1)], 1)

    def split(self, samples: Tensor) -> tuple[Tensor, Tensor]:
        """Return clips (n, frames, channels, height, width) and one frame of each (n, channels, height, width)."""
        has_frame = samples.shape[1] > self.frames
        return samples[:, : self.frames], samples[:, self.frames if has_frame else self.frames // 2]
