"""MoCoGAN's generator: one content and a path of motions for each clip, and an image generator of its frames."""

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn

from ganlab.core.interfaces import Spec
from ganlab.layers import ClassLabels, initialise, label_specs, latent_size, sample_shape, with_label_mode
from ganlab.layers.checks import check_at_least, look_up
from ganlab.layers.clips import frame_spec, repeat_labels
from ganlab.layers.dense import build_dense_stack
from ganlab.layers.recurrent import CELLS, remember
from ganlab.layers.sine_paths import SinePaths

PATHS: Mapping[str, Callable[[int, int], nn.Module]] = {**CELLS, "sines": SinePaths}
SLOPE = 0.2  # of the leaky ReLU of hidden layers


class MoCoGAN(nn.Module):
    """An image generator from one content for the clip and one motion for each frame (Tulyakov et al. 2018).

    The first `motion` numbers of the latent are the state of a recurrent layer before the first frame. The next frames
    × `noise` are split between the frames, whose states are their motions (section 3.1, eq. 1). The rest is the
    content. `memory` is the initial bias of the gate that keeps the state: with a large one, motions change slowly at
    first. With `cell` sines the motions are not recurrent, but sines whose frequencies and phases come from the state,
    the mean noise and the class. `hidden` are the widths of dense layers between content, motion and class on one side
    and `image` on the other, which builds the generator of frames. Class labels enter all of them, that of frames by
    its modes; none leaves them out. Raises ValueError for a setting out of range, a latent that is too small, and what
    the image generator raises.
    """

    sample_dims: ClassVar[tuple[int, ...]] = (4,)

    def __init__(
        self,
        spec: Spec,
        image: Callable[..., nn.Module],
        motion: int = 10,
        noise: int = 2,
        cell: str = "gru",
        memory: float = 0.0,
        hidden: Sequence[int] = (),
        labels: str = "concat",
    ) -> None:
        super().__init__()
        self.frames = sample_shape(spec, "MoCoGAN", "generator", self.sample_dims)[0]
        check_at_least("motion", motion, 1)
        check_at_least("noise", noise, 1)
        used = motion + self.frames * noise
        content = latent_size(spec, "MoCoGAN") - used
        if content < 1:
            raise ValueError(
                f"motion={motion} and noise={noise} in each of {self.frames} frames take {used} numbers of the latent, "
                f"which has {spec.latent}, and leave none for the content; lower noise or raise latent.size"
            )
        self.sizes = [motion, self.frames * noise, content]
        known = label_specs("none" if labels == "none" else "concat", spec, "concat")["concat"]
        self.labels = ClassLabels(known, axis=-1)
        self.motion = look_up("cell", cell, PATHS)(noise + self.labels.width, motion)
        if cell in CELLS:
            remember(self.motion, memory)
        elif memory:
            raise ValueError(f"only cell=gru and lstm have a memory, got cell={cell} and memory={memory}; use memory=0")
        wide = [content + motion + self.labels.width * bool(hidden), *hidden]
        self.codes = build_dense_stack(wide[0], hidden, "none", "leaky_relu", SLOPE)
        initialise(self.codes, "he")
        self.image = with_label_mode(image, labels)(frame_spec(spec, wide[-1]))

    def forward(self, latents: Tensor, cond: Tensor | None = None) -> Tensor:
        """Map latents (n, latent) and labels (n,) to clips (n, time, channels, height, width)."""
        start, noise, content = latents.split(self.sizes, 1)
        steps = self.labels(noise.unflatten(1, (self.frames, -1)), cond)
        motion = self.motion(steps, start)
        shared = content.unsqueeze(1).expand(-1, self.frames, -1)
        codes = torch.cat([shared, motion.to(content.dtype)], 2).flatten(0, 1)
        of_frames = repeat_labels(cond, self.frames)
        if self.codes:
            codes = self.codes(self.labels(codes, of_frames))
        images: Tensor = self.image(codes, of_frames)
        return images.unflatten(0, (-1, self.frames))
