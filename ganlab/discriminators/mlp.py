"""A critic of dense layers."""

from collections.abc import Sequence
from math import prod
from typing import ClassVar

from torch import Tensor, nn

from ganlab.interfaces import Spec
from ganlab.layers import ClassLabels, build_head, dense_stack, normalise_spectrally, sample_shape
from ganlab.layers.options import share


class MLP(nn.Module):
    """Dense layers on flattened samples of any shape (Goodfellow et al. 2014); without widths it is linear.

    Raises ValueError for an option out of range or nested samples.
    """

    sample_dims: ClassVar[tuple[int, ...]] = (1, 2, 3)

    def __init__(
        self,
        spec: Spec,
        widths: Sequence[int] = (256, 256),
        activation: str = "leaky_relu",
        slope: float = 0.2,
        norm: str = "none",
        dropout: float = 0.0,
        spectral_norm: bool = False,
        head: str = "logit",
        beta: float = 1.0,
    ) -> None:
        super().__init__()
        inputs = prod(sample_shape(spec, "MLP", "discriminator", self.sample_dims)) + spec.classes
        share("dropout", dropout)
        self.labels = ClassLabels(spec)
        self.body = dense_stack(inputs, widths, norm, activation, slope, dropout)
        self.head = nn.Sequential(nn.Linear([inputs, *widths][-1], 1), build_head(head, beta))
        if spectral_norm:
            normalise_spectrally(self)

    def forward(self, samples: Tensor, cond: Tensor | None = None) -> Tensor:
        """Map samples (n, *sample) and labels (n,) to logits (n,)."""
        return self.head(self.body(self.labels(samples.flatten(1), cond)))
