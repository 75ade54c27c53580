"""A discriminator of maxout units."""

from collections.abc import Sequence
from itertools import pairwise
from math import prod
from typing import ClassVar, final

from torch import Tensor, nn

from ganlab.core.interfaces import Spec
from ganlab.layers import DenseHeadDiscriminator, build_head, initialise, label_specs, sample_shape
from ganlab.layers.checks import check_all_positive, check_at_least
from ganlab.layers.class_projection import build_projection
from ganlab.layers.image_condition import build_condition_values
from ganlab.layers.maxout import Maxout as MaxoutLayer


@final
class Maxout(DenseHeadDiscriminator):
    """Layers of maxout units on flattened samples of any shape (Goodfellow et al. 2013), and a dense layer.

    The defaults are those of PacGAN's experiments with mixtures (Lin et al. 2018, section 4.1). Raises ValueError for a
    setting out of range or nested samples.
    """

    sample_dims: ClassVar[tuple[int, ...]] = (1, 2, 3)

    def __init__(
        self,
        spec: Spec,
        widths: Sequence[int] = (200, 200, 200),
        pieces: int = 5,
        labels: str = "concat",
        init: str = "dcgan",
    ) -> None:
        super().__init__()
        check_all_positive("widths", widths)
        check_at_least("pieces", pieces, 1)
        specs = label_specs(labels, spec, "concat", "projection")
        self.labels = build_condition_values(specs["concat"])
        inputs = prod(sample_shape(spec, "Maxout", "discriminator", self.sample_dims)) + self.labels.width
        self.body = nn.Sequential(*(MaxoutLayer(*sizes, pieces) for sizes in pairwise([inputs, *widths])))
        self.independent_samples = True
        self.feature_size = [inputs, *widths][-1]
        self.head = nn.Sequential(nn.Linear(self.feature_size, 1), build_head("logit", 1.0))
        self.projection = build_projection(specs["projection"], self.feature_size)
        initialise(self, init)

    def features(self, samples: Tensor, cond: Tensor | None) -> Tensor:
        """Return the last hidden layer: (n, feature_size)."""
        return self.body(self.labels(samples.flatten(1), cond))
