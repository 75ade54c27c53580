"""A recurrent critic of sequences."""

from typing import ClassVar

from torch import Tensor, nn

from ganlab.interfaces import Spec
from ganlab.layers import ClassLabels, build_head, normalise_spectrally, recurrent_stack, sample_shape


class RNN(nn.Module):
    """Recurrent layers whose logits are averaged over all time steps (Esteban et al. 2017).

    Raises ValueError for an option out of range.
    """

    sample_dims: ClassVar[tuple[int, ...]] = (2,)

    def __init__(
        self,
        spec: Spec,
        cell: str = "gru",
        width: int = 64,
        layers: int = 1,
        spectral_norm: bool = False,
        head: str = "logit",
        beta: float = 1.0,
    ) -> None:
        super().__init__()
        _, channels = sample_shape(spec, "RNN", "discriminator", self.sample_dims)
        self.labels = ClassLabels(spec, axis=-1)
        self.body = recurrent_stack(cell, channels + spec.classes, width, layers)
        self.head = nn.Sequential(nn.Linear(width, 1), build_head(head, beta))
        if spectral_norm:
            normalise_spectrally(self)

    def forward(self, samples: Tensor, cond: Tensor | None = None) -> Tensor:
        """Map sequences (n, length, channels) and labels (n,) to logits (n,)."""
        return self.head(self.body(self.labels(samples, cond)).mean(1))
