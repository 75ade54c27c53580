"""A recurrent discriminator of sequences."""

from typing import ClassVar

from torch import Tensor, nn

from ganlab.core.interfaces import Spec
from ganlab.layers import (
    ClassLabels,
    DenseHeadDiscriminator,
    build_head,
    build_recurrent_stack,
    label_specs,
    normalise_spectrally,
    sample_shape,
)
from ganlab.layers.class_projection import build_projection


class RNN(DenseHeadDiscriminator):
    """Recurrent layers with logits averaged over all time steps (Esteban et al. 2017).

    Raises ValueError for a setting out of range.
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
        labels: str = "concat",
    ) -> None:
        super().__init__()
        _, channels = sample_shape(spec, "RNN", "discriminator", self.sample_dims)
        specs = label_specs(labels, spec, "concat", "projection")
        self.labels = ClassLabels(specs["concat"], axis=-1)
        self.body = build_recurrent_stack(cell, channels + self.labels.width, width, layers)
        self.independent_samples = not spectral_norm
        self.feature_size = width
        self.head = nn.Sequential(nn.Linear(width, 1), build_head(head, beta))
        self.projection = build_projection(specs["projection"], width)
        if spectral_norm:
            normalise_spectrally(self)

    def features(self, samples: Tensor, cond: Tensor | None) -> Tensor:
        """Return the last layer's states, averaged over time: (n, feature_size)."""
        return self.body(self.labels(samples, cond)).mean(1)
