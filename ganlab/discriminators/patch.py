"""A critic of patches."""

from typing import ClassVar

from torch import Tensor, nn

from ganlab.interfaces import Spec
from ganlab.layers import (
    ClassLabels,
    build_activation,
    build_head,
    image_norm,
    initialise,
    normalise_spectrally,
    sample_shape,
)
from ganlab.layers.norms import IMAGE_NORMS
from ganlab.layers.options import at_least, choice


class Patch(nn.Module):
    """Convolutions that judge every patch of an image for itself (Isola et al. 2017, section 3.2.2).

    `layers` convolutions halve the resolution, and two keep it; channels double from `width` on, up to `max_width`. A
    logit sees `receptive_field` pixels a side: with a kernel of 4, and 0 to 5 layers, 7, 16, 34, 70, 142 or 286; with a
    kernel of 1 and no layers a single one. Raises ValueError for an option out of range or an image of
    which nothing is left.
    """

    sample_dims: ClassVar[tuple[int, ...]] = (3,)

    def __init__(
        self,
        spec: Spec,
        width: int = 64,
        max_width: int = 512,
        layers: int = 3,
        kernel: int = 4,
        norm: str = "none",
        activation: str = "leaky_relu",
        slope: float = 0.2,
        init: str = "dcgan",
        spectral_norm: bool = False,
        head: str = "logit",
        beta: float = 1.0,
    ) -> None:
        super().__init__()
        shape = sample_shape(spec, "Patch", "discriminator", self.sample_dims)
        for name, value, bound in (("width", width, 1), ("max_width", max_width, 1), ("layers", layers, 0)):
            at_least(name, value, bound)
        at_least("kernel", kernel, 1)
        choice("norm", norm, IMAGE_NORMS)
        strides = [2] * layers + [1]
        _fit(shape, strides, kernel)
        self.receptive_field = 2 * kernel - 1
        for _ in range(layers):
            self.receptive_field = 2 * self.receptive_field + kernel - 2
        widths = [min(width << doubling, max_width) for doubling in range(len(strides))]
        body: list[nn.Module] = []
        for before, after, stride in zip([shape[0] + spec.classes, *widths], widths, strides, strict=False):
            own = norm if body else "none"
            body += [
                nn.Conv2d(before, after, kernel, stride, (kernel - 1) // 2, bias=own == "none"),
                image_norm(own, after),
                build_activation(activation, slope),
            ]
        self.labels = ClassLabels(spec)
        self.body = nn.Sequential(*body, nn.Conv2d(widths[-1], 1, kernel, 1, (kernel - 1) // 2), nn.Flatten())
        self.head = build_head(head, beta)
        initialise(self, init)
        if spectral_norm:
            normalise_spectrally(self)

    def forward(self, samples: Tensor, cond: Tensor | None = None) -> Tensor:
        """Map images (n, channels, height, width) and labels (n,) to logits (n, patches), or (n,) of one patch."""
        return self.head(self.body(self.labels(samples, cond)))


def _fit(shape: tuple[int, ...], strides: list[int], kernel: int) -> None:
    sides = shape[1:]
    for stride in (*strides, 1):
        sides = tuple((side + 2 * ((kernel - 1) // 2) - kernel) // stride + 1 for side in sides)
        if min(sides) < 1:
            raise ValueError(
                f"Patch with {len(strides) - 1} layers and a kernel of {kernel} leaves nothing of "
                f"{shape[1]}x{shape[2]} images; lower discriminator.layers or discriminator.kernel"
            )
