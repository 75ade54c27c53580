"""Clips: their frames as images, and how far convolutions shorten them in time."""

from abc import ABC
from collections.abc import Mapping
from dataclasses import replace
from typing import cast, final

import torch
from torch import Tensor, nn

from ganlab.core.interfaces import DiscriminatorOutput, Spec, TellsIndependence, as_output
from ganlab.core.random import Random
from ganlab.layers.discriminator_ensemble import DiscriminatorEnsemble
from ganlab.layers.feature_discriminator import FeatureDiscriminator, shows_features

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


def repeat_labels(cond: Tensor | None, frames: int) -> Tensor | None:
    """Return the labels (n,) of clips as those of their frames, shape (n × frames,); None if there are none."""
    return None if cond is None else cond.repeat_interleave(frames, 0)


@final
class EachFrame(FeatureDiscriminator):
    """A discriminator of images for several frames of each clip: a logit of each, and the mean of their features."""

    def __init__(self, image: nn.Module) -> None:
        super().__init__()
        self.image = image
        self.independent_samples = isinstance(image, TellsIndependence) and image.independent_samples
        if shows_features(image):
            self.feature_size = image.feature_size

    def forward(self, samples: Tensor, cond: Tensor | None = None) -> Tensor:
        """Map frames (n, k, channels, height, width) and labels (n,) to logits (n, k × logits of an image)."""
        logits = as_output(self.image(samples.flatten(0, 1), repeat_labels(cond, samples.shape[1]))).logits
        return logits.reshape(len(samples), -1)

    def discriminate(self, samples: Tensor, cond: Tensor | None = None) -> DiscriminatorOutput:
        """Return the logits and the features."""
        found = cast(FeatureDiscriminator, self.image).discriminate(
            samples.flatten(0, 1), repeat_labels(cond, samples.shape[1])
        )
        features = found.features[-1].unflatten(0, samples.shape[:2]).mean(1)
        return DiscriminatorOutput(found.logits.reshape(len(samples), -1), (features,))

    def features(self, samples: Tensor, cond: Tensor | None) -> Tensor:
        """Return the mean features of the frames, shape (n, feature_size)."""
        found = cast(FeatureDiscriminator, self.image).features(
            samples.flatten(0, 1), repeat_labels(cond, samples.shape[1])
        )
        return found.unflatten(0, samples.shape[:2]).mean(1)

    def remove_head(self) -> None:
        """Remove the head of the inner discriminator."""
        cast(FeatureDiscriminator, self.image).remove_head()


class FrameDiscriminator(DiscriminatorEnsemble, ABC):
    """Base class of discriminators of clips of `length` frames that also receive `frames` random frames of each clip.

    A trainer has `draw_parts` append the frames to the clip before the forward pass, so that the numbers of several
    processes or microbatches are those of the joined batch. If that was not done, as outside of training, they are
    frames at equal steps. A subclass gives the frames to one of its discriminators. Raises ValueError if `frames` is
    not from 1 to `length`.

    >>> from ganlab.core.interfaces import Spec
    >>> from ganlab.discriminators import DCGAN
    >>> class OnlyFrames(FrameDiscriminator):
    ...     def inputs(self, samples):
    ...         yield self.critics["image"], self.split(samples)[1]
    >>> critic = OnlyFrames({"image": EachFrame(DCGAN(Spec((1, 8, 8))))}, nn.Identity(), length=5, frames=2)
    >>> clips = torch.zeros(3, 5, 1, 8, 8)
    >>> critic.draw_parts(clips, Random(seed=0)).shape, critic(clips).logits.shape
    (torch.Size([3, 7, 1, 8, 8]), torch.Size([3, 1, 2]))
    """

    def __init__(self, critics: Mapping[str, nn.Module], head: nn.Module, length: int, frames: int) -> None:
        super().__init__(critics, head)
        if not 1 <= frames <= length:
            raise ValueError(f"frames must be from 1 to the {length} of a clip, got {frames}")
        self.length, self.frames = length, frames
        known = [critic for critic in critics.values() if isinstance(critic, TellsIndependence)]
        self.independent_samples = len(known) == len(critics) and all(critic.independent_samples for critic in known)

    def draw_parts(self, samples: Tensor, random: Random) -> Tensor:
        """Return clips (n, length + frames, channels, height, width) that end with different random frames again."""
        order = random.uniform("frames", (len(samples), self.length), samples.device).argsort(1)
        rows = torch.arange(len(samples), device=samples.device)[:, None]
        return torch.cat([samples, samples[rows, order[:, : self.frames]]], 1)

    def split(self, samples: Tensor) -> tuple[Tensor, Tensor]:
        """Return clips (n, length, channels, height, width) and frames (n, frames, channels, height, width)."""
        if samples.shape[1] > self.length:
            return samples[:, : self.length], samples[:, self.length :]
        middles = ((torch.arange(self.frames) + 0.5) * self.length / self.frames).long()
        return samples, samples[:, middles.to(samples.device)]
