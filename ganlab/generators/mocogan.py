"""MoCoGAN's generator: one content and a path of motions for each clip, and an image generator of its frames."""

from collections.abc import Callable
from typing import ClassVar

import torch
from torch import Tensor, nn

from ganlab.core.interfaces import Spec
from ganlab.layers import ClassLabels, build_recurrent_stack, label_specs, latent_size, sample_shape, with_label_mode
from ganlab.layers.checks import check_at_least
from ganlab.layers.clips import frame_spec


class MoCoGAN(nn.Module):
    """An image generator from one content for the clip and one motion for each frame (Tulyakov et al. 2018).

    The first frames × `noise` numbers of the latent are split between the frames; recurrent layers map them to the
    `motion` numbers of each frame (section 3.1, eq. 1). The rest of the latent is the content. `image` builds the
    generator of frames. Class labels enter both, by the modes of `image`; none leaves them out. Raises ValueError for
    a setting out of range, a latent that is too small, and what the image generator raises.
    """

    sample_dims: ClassVar[tuple[int, ...]] = (4,)

    def __init__(
        self,
        spec: Spec,
        image: Callable[..., nn.Module],
        motion: int = 10,
        noise: int = 2,
        cell: str = "gru",
        labels: str = "concat",
    ) -> None:
        super().__init__()
        self.frames = sample_shape(spec, "MoCoGAN", "generator", self.sample_dims)[0]
        check_at_least("motion", motion, 1)
        check_at_least("noise", noise, 1)
        content = latent_size(spec, "MoCoGAN") - self.frames * noise
        if content < 1:
            raise ValueError(
                f"noise takes {self.frames} frames x {noise} = {self.frames * noise} numbers of the latent, which has "
                f"{spec.latent}, and leaves none for the content; lower noise or raise latent.size"
            )
        self.noise = noise
        known = label_specs("none" if labels == "none" else "concat", spec, "concat")["concat"]
        self.labels = ClassLabels(known, axis=-1)
        self.motion = build_recurrent_stack(cell, noise + self.labels.width, motion, 1)
        self.image = with_label_mode(image, labels)(frame_spec(spec, content + motion))

    def forward(self, latents: Tensor, cond: Tensor | None = None) -> Tensor:
        """Map latents (n, latent) and labels (n,) to clips (n, time, channels, height, width)."""
        used = self.frames * self.noise
        noise = latents[:, :used].unflatten(1, (self.frames, self.noise))
        motion = self.motion(self.labels(noise, cond))
        content = latents[:, used:].unsqueeze(1).expand(-1, self.frames, -1)
        codes = torch.cat([content, motion.to(content.dtype)], 2).flatten(0, 1)
        of_frames = None if cond is None else cond.repeat_interleave(self.frames, 0)
        images: Tensor = self.image(codes, of_frames)
        return images.unflatten(0, (-1, self.frames))
