"""A convolutional discriminator of sequences of symbols."""

from collections.abc import Sequence
from typing import ClassVar, final

import torch
from torch import Tensor, nn

from ganlab.core.interfaces import Spec
from ganlab.layers import DenseHeadDiscriminator, build_head
from ganlab.layers.checks import check_at_least
from ganlab.layers.class_projection import build_projection
from ganlab.layers.tokens import token_shape


@final
class SequenceCNN(DenseHeadDiscriminator):
    """Convolutions of several sizes over embedded symbols, their maxima over the sequence, and a dense layer.

    That is the discriminator of Yu et al. 2017 (SeqGAN, section 3.3; Kim 2014), with as many filters of each of `sizes`
    and leaky rectifiers. Sizes above the length of a sample are left out. Raises ValueError for a setting out of range,
    data that are no sequences of symbols, and if no size is left.
    """

    sample_dims: ClassVar[tuple[int, ...]] = (2,)

    def __init__(
        self,
        spec: Spec,
        width: int = 64,
        sizes: Sequence[int] = (1, 2, 3, 4, 5),
        embedding: int = 32,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        shape = token_shape(spec, "SequenceCNN", "discriminator")
        for name, value in (("width", width), ("embedding", embedding), *(("sizes", size) for size in sizes)):
            check_at_least(name, value, 1)
        if not 0 <= dropout < 1:
            raise ValueError(f"dropout must be at least 0 and below 1, got {dropout}")
        fitting = [size for size in sizes if size <= shape.length]
        if not fitting:
            raise ValueError(f"sizes must have one up to the {shape.length} positions of a sample, got {list(sizes)}")
        self.embed = nn.Linear(shape.size, embedding, bias=False)
        self.filters = nn.ModuleList(nn.Conv1d(embedding, width, size) for size in fitting)
        self.feature_size = 2 * width
        self.mix, self.dropout = nn.Linear(width * len(fitting), self.feature_size), nn.Dropout(dropout)
        self.activation = nn.LeakyReLU(0.2)
        self.head = nn.Sequential(nn.Linear(self.feature_size, 1), build_head("logit"))
        self.projection = build_projection(Spec(spec.sample), self.feature_size)
        self.independent_samples = dropout == 0

    def features(self, samples: Tensor, cond: Tensor | None) -> Tensor:
        """Return features (n, feature_size) of one-hot rows (n, length, alphabet)."""
        embedded = self.embed(samples).mT
        maxima = [self.activation(layer(embedded)).amax(2) for layer in self.filters]
        return self.activation(self.mix(self.dropout(torch.cat(maxima, 1))))
