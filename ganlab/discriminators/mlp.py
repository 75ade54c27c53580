"""A discriminator of dense layers (multilayer perceptron)."""

from collections.abc import Sequence
from math import prod
from typing import ClassVar

from torch import Tensor, nn

from ganlab.core.interfaces import Spec
from ganlab.layers import (
    DenseHeadDiscriminator,
    build_dense_stack,
    build_head,
    initialise,
    label_specs,
    normalise_spectrally,
    sample_shape,
)
from ganlab.layers.checks import check_share
from ganlab.layers.class_projection import build_projection
from ganlab.layers.image_condition import build_condition_values


class MLP(DenseHeadDiscriminator):
    """Dense layers on flattened samples of any shape (Goodfellow et al. 2014); linear if `widths` is empty.

    Raises ValueError for a setting out of range or nested samples.
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
        labels: str = "concat",
        init: str = "torch",
    ) -> None:
        super().__init__()
        specs = label_specs(labels, spec, "concat", "projection")
        self.labels = build_condition_values(specs["concat"])
        inputs = prod(sample_shape(spec, "MLP", "discriminator", self.sample_dims)) + self.labels.width
        check_share("dropout", dropout)
        self.body = build_dense_stack(inputs, widths, norm, activation, slope, dropout)
        self.independent_samples = norm != "batch" and not dropout and not spectral_norm
        self.feature_size = [inputs, *widths][-1]
        self.head = nn.Sequential(nn.Linear(self.feature_size, 1), build_head(head, beta))
        self.projection = build_projection(specs["projection"], self.feature_size)
        initialise(self, init)
        if spectral_norm:
            normalise_spectrally(self)

    def features(self, samples: Tensor, cond: Tensor | None) -> Tensor:
        """Return the last hidden layer: (n, feature_size)."""
        return self.body(self.labels(samples.flatten(1), cond))
