"""A generator of dense layers (multilayer perceptron)."""

from collections.abc import Sequence
from math import prod
from typing import ClassVar

from torch import Tensor, nn

from ganlab.core.interfaces import Spec
from ganlab.layers import (
    build_dense_stack,
    build_generator_labels,
    initialise,
    latent_size,
    normalise_spectrally,
    sample_shape,
)
from ganlab.layers.outputs import build_image_output


class MLP(nn.Module):
    """Dense layers to samples of any shape (Goodfellow et al. 2014): images in [-1, 1], other samples unbounded.

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
        norm_momentum: float = 0.1,
        spectral_norm: bool = False,
        labels: str = "concat",
        init: str = "torch",
        output: str = "tanh",
    ) -> None:
        super().__init__()
        image_output = build_image_output(output)
        shape = sample_shape(spec, "MLP", "generator", self.sample_dims)
        self.labels = build_generator_labels(labels, spec)
        inputs = latent_size(spec, "MLP") + self.labels.width
        self.body = nn.Sequential(
            build_dense_stack(inputs, widths, norm, activation, slope, norm_momentum=norm_momentum),
            nn.Linear([inputs, *widths][-1], prod(shape)),
            nn.Unflatten(1, shape),
            image_output if len(shape) == 3 else nn.Identity(),
        )
        initialise(self.body, init)
        self.labels.condition(self)
        if spectral_norm:
            normalise_spectrally(self)

    def forward(self, latents: Tensor, cond: Tensor | None = None) -> Tensor:
        """Map latents (n, latent) and labels (n,) to samples (n, *sample)."""
        return self.body(self.labels(latents, cond))
