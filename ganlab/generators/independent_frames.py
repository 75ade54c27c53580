"""An image generator of frames that have nothing to do with each other: a baseline for clips."""

from collections.abc import Callable
from typing import ClassVar

from torch import Tensor, nn

from ganlab.core.interfaces import Spec
from ganlab.layers import latent_size, sample_shape, with_label_mode
from ganlab.layers.clips import frame_spec, repeat_labels


class IndependentFrames(nn.Module):
    """An image generator that makes each frame from an equal part of the latent, with the clip's class if it has one.

    `image` builds the image generator; `labels` sets its label mode, None leaves its own setting. Raises ValueError if
    the frames do not divide the latent, and what the image generator raises.
    """

    sample_dims: ClassVar[tuple[int, ...]] = (4,)

    def __init__(self, spec: Spec, image: Callable[..., nn.Module], labels: str | None = None) -> None:
        super().__init__()
        self.frames = sample_shape(spec, "IndependentFrames", "generator", self.sample_dims)[0]
        size, rest = divmod(latent_size(spec, "IndependentFrames"), self.frames)
        if rest or not size:
            raise ValueError(
                f"each of {self.frames} frames has an equal part of the latent, so latent.size must be a multiple of "
                f"{self.frames}, got {spec.latent}"
            )
        self.image = with_label_mode(image, labels)(frame_spec(spec, size))

    def forward(self, latents: Tensor, cond: Tensor | None = None) -> Tensor:
        """Map latents (n, latent) and labels (n,) to clips (n, time, channels, height, width)."""
        codes = latents.unflatten(1, (self.frames, -1)).flatten(0, 1)
        of_frames = repeat_labels(cond, self.frames)
        images: Tensor = self.image(codes, of_frames)
        return images.unflatten(0, (-1, self.frames))
