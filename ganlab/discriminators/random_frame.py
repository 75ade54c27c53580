"""A discriminator of single frames, which sees no motion."""

from collections.abc import Callable, Iterator
from typing import ClassVar

from torch import Tensor, nn

from ganlab.core.interfaces import Spec
from ganlab.layers import build_head, sample_shape, with_label_mode
from ganlab.layers.clips import EachFrame, FrameDiscriminator, frame_spec


class RandomFrame(FrameDiscriminator):
    """A discriminator of `frames` random frames of each clip, one by one: what an image GAN knows of clips.

    `image` builds the discriminator; `labels` sets its label mode, None leaves its own setting. Raises ValueError for
    samples that are not clips, and what the discriminator raises.
    """

    sample_dims: ClassVar[tuple[int, ...]] = (4,)

    def __init__(
        self,
        spec: Spec,
        image: Callable[..., nn.Module],
        frames: int = 1,
        head: str = "logit",
        beta: float = 1.0,
        labels: str | None = None,
    ) -> None:
        length = sample_shape(spec, "RandomFrame", "discriminator", self.sample_dims)[0]
        network = EachFrame(with_label_mode(image, labels)(frame_spec(spec, spec.latent)))
        super().__init__({"image": network}, build_head(head, beta), length, frames)

    def inputs(self, samples: Tensor) -> Iterator[tuple[nn.Module, Tensor]]:
        """Yield the discriminator with the frames (n, frames, channels, height, width)."""
        yield self.critics["image"], self.split(samples)[1]
