"""A recurrent generator of sequences."""

from typing import ClassVar

import torch
from torch import Tensor, nn

from ganlab.core.interfaces import Spec
from ganlab.layers import (
    ClassLabels,
    build_recurrent_stack,
    label_specs,
    latent_size,
    normalise_spectrally,
    sample_shape,
)
from ganlab.layers.checks import check_at_least


class RNN(nn.Module):
    """Recurrent layers that read the latent at every time step (Esteban et al. 2017), to unbounded sequences.

    The first length × `noise` numbers of the latent are split between the time steps, `noise` for each; all time steps
    read the rest. Raises ValueError for a setting out of range or a latent that is too small.
    """

    sample_dims: ClassVar[tuple[int, ...]] = (2,)

    def __init__(
        self,
        spec: Spec,
        cell: str = "gru",
        width: int = 64,
        layers: int = 1,
        noise: int = 0,
        spectral_norm: bool = False,
        labels: str = "concat",
    ) -> None:
        super().__init__()
        self.length, channels = sample_shape(spec, "RNN", "generator", self.sample_dims)
        check_at_least("noise", noise, 0)
        shared = latent_size(spec, "RNN") - self.length * noise
        if shared < 0:
            raise ValueError(
                f"noise takes {self.length} time steps x {noise} = {self.length * noise} numbers of the latent, which "
                f"has {spec.latent}; lower noise or raise latent.size"
            )
        self.noise = noise
        self.labels = ClassLabels(label_specs(labels, spec, "concat")["concat"], axis=-1)
        inputs = shared + noise + self.labels.width
        self.body = nn.Sequential(build_recurrent_stack(cell, inputs, width, layers), nn.Linear(width, channels))
        if spectral_norm:
            normalise_spectrally(self)

    def forward(self, latents: Tensor, cond: Tensor | None = None) -> Tensor:
        """Map latents (n, latent) and labels (n,) to sequences (n, length, channels)."""
        per_step = latents[:, : self.length * self.noise].unflatten(1, (self.length, self.noise))
        shared = latents[:, self.length * self.noise :].unsqueeze(1).expand(-1, self.length, -1)
        return self.body(self.labels(torch.cat([per_step, shared], 2), cond))
