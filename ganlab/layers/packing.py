"""PacGAN's packing: a discriminator that receives several samples at once."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from ganlab.core.interfaces import DiscriminatorOutput, DrawsParts, Spec, as_output
from ganlab.core.random import Random
from ganlab.layers.image_condition import build_condition_channels
from ganlab.layers.ordered_layers import Layer, layers_of
from ganlab.layers.shapes import channel_axis, with_channels


class PackedDiscriminator(nn.Module):
    """Concatenates `size` consecutive samples along their channels for one discriminator (Lin et al. 2018, section 3).

    One-hot labels, or a condition that is an image, are appended to each sample's channels first, so the inner
    discriminator is built for data without condition. There is one logit per pack. If `size` does not divide the batch,
    the last pack is filled with samples from the start of the batch.
    """

    def __init__(self, build: Callable[[Spec], nn.Module], spec: Spec, size: int) -> None:
        super().__init__()
        self.axis = channel_axis(spec.sample)
        self.labels = build_condition_channels(spec, self.axis)
        self.size = size
        channels = (spec.sample[self.axis - 1] + self.labels.width) * size  # type: ignore[index]
        self.critic = build(Spec(with_channels(spec.sample, channels), latent=spec.latent))

    @property
    def feature_size(self) -> int:
        """The number of features of the inner discriminator."""
        return int(self.critic.feature_size)  # type: ignore[arg-type]

    def forward(self, samples: Tensor, cond: Tensor | None = None) -> Tensor:
        """Map samples (n, *sample) and their conditions to logits (n / size, ...)."""
        return as_output(self.critic(self.pack(samples, cond))).logits

    def discriminate(self, samples: Tensor, cond: Tensor | None = None) -> DiscriminatorOutput:
        """Return the inner discriminator's output for the packs."""
        output: DiscriminatorOutput = self.critic.discriminate(self.pack(samples, cond))  # type: ignore[operator]
        return output

    def draw_parts(self, samples: Tensor, random: Random) -> Tensor:
        """Return samples with the parts that the inner discriminator draws of each."""
        if not isinstance(self.critic, DrawsParts):
            return samples
        parts: Tensor = self.critic.draw_parts(samples, random)
        return parts

    def ordered_layers(self) -> list[Layer]:
        """Return the layers of the inner discriminator."""
        return layers_of(self.critic)

    def pack(self, samples: Tensor, cond: Tensor | None) -> Tensor:
        """Return packs, shape (⌈n / size⌉, *sample) with `size` times the channels."""
        values = self.labels(samples, cond)
        missing = -len(values) % self.size
        if missing:
            values = values[torch.arange(len(values) + missing, device=values.device) % len(values)]
        packs = values.unflatten(0, (-1, self.size)).movedim(1, self.axis)
        return packs.flatten(self.axis, self.axis + 1)


def build_packed(build: Callable[[Spec], nn.Module], spec: Spec, size: int) -> nn.Module:
    """Build a discriminator of packs of `size` samples, unpacked for 1; raises ValueError if `size` is below 1."""
    if size < 1:
        raise ValueError(f"packing must be at least 1, got {size}")
    return build(spec) if size == 1 else PackedDiscriminator(build, spec, size)
