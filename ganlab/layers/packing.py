"""A critic that sees several samples at once."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from ganlab.core.interfaces import DiscriminatorOutput, Spec, as_output
from ganlab.layers.labels import ClassLabels
from ganlab.layers.shapes import channel_axis, widened


class Packed(nn.Module):
    """Judges `size` neighbours of a batch together, joined along their channels (Lin et al. 2018, section 3).

    One-hot labels join each sample's channels before, so that the critic itself is built for data without classes.
    There is one logit a pack. A batch that does not divide fills its last pack from its start.
    """

    def __init__(self, build: Callable[[Spec], nn.Module], spec: Spec, size: int) -> None:
        super().__init__()
        self.axis = channel_axis(spec.sample)
        self.labels = ClassLabels(spec, self.axis)
        self.size = size
        channels = (spec.sample[self.axis - 1] + self.labels.width) * size  # type: ignore[index]
        self.critic = build(Spec(widened(spec.sample, channels), latent=spec.latent))

    @property
    def feature_size(self) -> int:
        """The critic's."""
        return int(self.critic.feature_size)  # type: ignore[arg-type]

    def forward(self, samples: Tensor, cond: Tensor | None = None) -> Tensor:
        """Map samples (n, *sample) and labels (n,) to logits (n / size, ...)."""
        return as_output(self.critic(self.pack(samples, cond))).logits

    def discriminate(self, samples: Tensor, cond: Tensor | None = None) -> DiscriminatorOutput:
        """Return the critic's verdict on the packs."""
        output: DiscriminatorOutput = self.critic.discriminate(self.pack(samples, cond))  # type: ignore[operator]
        return output

    def pack(self, samples: Tensor, cond: Tensor | None) -> Tensor:
        """Return packs (⌈n / size⌉, *sample with `size` times the channels)."""
        values = self.labels(samples, cond)
        missing = -len(values) % self.size
        if missing:
            values = values[torch.arange(len(values) + missing, device=values.device) % len(values)]
        packs = values.unflatten(0, (-1, self.size)).movedim(1, self.axis)
        return packs.flatten(self.axis, self.axis + 1)


def packed(build: Callable[[Spec], nn.Module], spec: Spec, size: int) -> nn.Module:
    """Build a critic for packs of `size`, of which 1 is the critic itself; raises ValueError for a size below 1."""
    if size < 1:
        raise ValueError(f"packing must be at least 1, got {size}")
    return build(spec) if size == 1 else Packed(build, spec, size)
