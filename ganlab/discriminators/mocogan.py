"""MoCoGAN's two discriminators: one of single frames, and one of whole clips."""

from collections.abc import Callable, Iterator
from typing import ClassVar

from torch import Tensor, nn

from ganlab.core.interfaces import Spec
from ganlab.layers import build_head, sample_shape, with_label_mode
from ganlab.layers.clips import EachFrame, FrameDiscriminator, frame_spec


class MoCoGAN(FrameDiscriminator):
    """A discriminator of random frames and one of the clip, with equal weights (Tulyakov et al. 2018, section 3.2).

    `image` builds the discriminator of frames, of which it receives `frames` different ones of each clip, and `video`
    that of clips. `head` maps the logits of both, and `labels` sets
    the label mode of both; None leaves their own settings. Raises ValueError for samples that are not clips, and what
    the discriminators raise.
    """

    sample_dims: ClassVar[tuple[int, ...]] = (4,)

    def __init__(
        self,
        spec: Spec,
        image: Callable[..., nn.Module],
        video: Callable[..., nn.Module],
        frames: int = 1,
        head: str = "logit",
        beta: float = 1.0,
        labels: str | None = None,
    ) -> None:
        length = sample_shape(spec, "MoCoGAN", "discriminator", self.sample_dims)[0]
        networks = {
            "image": EachFrame(with_label_mode(image, labels)(frame_spec(spec, spec.latent))),
            "video": with_label_mode(video, labels)(spec),
        }
        super().__init__(networks, build_head(head, beta), length, frames)

    def inputs(self, samples: Tensor) -> Iterator[tuple[nn.Module, Tensor]]:
        """Yield each discriminator with the frames (n, frames, channels, height, width), or with the clips."""
        clips, frames = self.split(samples)
        yield self.critics["image"], frames
        yield self.critics["video"], clips
