"""A recurrent generator of sequences."""

from typing import ClassVar

import torch
from torch import Tensor, nn

from ganlab.core.interfaces import Spec
from ganlab.layers import ClassLabels, label_specs, latent_size, normalise_spectrally, recurrent_stack, sample_shape
from ganlab.layers.checks import at_least


class RNN(nn.Module):
    """Recurrent layers that read the latent at every time step (Esteban et al. 2017), to unbounded sequences.

    Each time step keeps `noise` numbers of the latent for itself, the first length × noise of them, and all share the
    rest. Raises ValueError for an option out of range or a latent too small for that.
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
        at_least("noise", noise, 0)
        shared = latent_size(spec, "RNN") - self.length * noise
        if shared < 0:
            raise ValueError(
                f"noise takes {self.length} time steps x {noise} = {self.length * noise} numbers of the latent, which "
                f"has {spec.latent}; lower noise or raise latent.size"
            )
        self.noise = noise
        self.labels = ClassLabels(label_specs(labels, spec, "concat")["concat"], axis=-1)
        inputs = shared + noise + self.labels.width
        self.body = nn.Sequential(recurrent_stack(cell, inputs, width, layers), nn.Linear(width, channels))
        if spectral_norm:
            normalise_spectrally(self)

    def forward(self, latents: Tensor, cond: Tensor | None = None) -> Tensor:
        """Map latents (n, latent) and labels (n,) to sequences (n, length, channels)."""
        own = latents[:, : self.length * self.noise].unflatten(1, (self.length, self.noise))
        shared = latents[:, self.length * self.noise :].unsqueeze(1).expand(-1, self.length, -1)
        return self.body(self.labels(torch.cat([own, shared], 2), cond))
