"""A patch discriminator (PatchGAN)."""

from typing import ClassVar

from torch import Tensor, nn

from ganlab.core.interfaces import DiscriminatorOutput, Spec
from ganlab.layers import (
    FeatureDiscriminator,
    build_activation,
    build_head,
    build_image_norm,
    initialise,
    label_specs,
    normalise_spectrally,
    sample_shape,
)
from ganlab.layers.checks import check_at_least, check_one_of, check_widths
from ganlab.layers.class_projection import build_patch_projection
from ganlab.layers.image_condition import build_condition_channels
from ganlab.layers.norms import IMAGE_NORMS


class Patch(FeatureDiscriminator):
    """Convolutions with one logit for each patch of an image (Isola et al. 2017, section 3.2.2).

    `layers` convolutions halve the resolution, then two and `extra_layers` preserve it. Channels double from layer to
    layer, from `width` up to `max_width`. A logit sees patches of `receptive_field` pixels a side: with a kernel of 4
    and 0 to 5 layers 7, 16, 34, 70, 142 or 286 pixels; with a kernel of 1 and no layers, a single pixel. The features
    are the last feature maps, summed over all positions. Raises ValueError for a setting out of range, or if an image
    is too small for the layers.
    """

    sample_dims: ClassVar[tuple[int, ...]] = (3,)

    def __init__(
        self,
        spec: Spec,
        width: int = 64,
        max_width: int = 512,
        layers: int = 3,
        kernel: int = 4,
        extra_layers: int = 0,
        norm: str = "none",
        activation: str = "leaky_relu",
        slope: float = 0.2,
        init: str = "dcgan",
        spectral_norm: bool = False,
        head: str = "logit",
        beta: float = 1.0,
        labels: str = "concat",
    ) -> None:
        super().__init__()
        shape = sample_shape(spec, "Patch", "discriminator", self.sample_dims)
        check_widths(width, max_width)
        check_at_least("layers", layers, 0)
        check_at_least("kernel", kernel, 1)
        check_at_least("extra_layers", extra_layers, 0)
        check_one_of("norm", norm, IMAGE_NORMS)
        strides = [2] * layers + [1] * (1 + extra_layers)
        _check_size(shape, strides, kernel)
        self.receptive_field = _receptive_field(strides, kernel)
        widths = [min(width << doubling, max_width) for doubling in range(len(strides))]
        specs = label_specs(labels, spec, "concat", "projection")
        self.labels = build_condition_channels(specs["concat"])
        body: list[nn.Module] = []
        for before, after, stride in zip([shape[0] + self.labels.width, *widths], widths, strides, strict=False):
            layer_norm = norm if body else "none"
            body += [
                nn.Conv2d(before, after, kernel, stride, (kernel - 1) // 2, bias=layer_norm == "none"),
                build_image_norm(layer_norm, after),
                build_activation(activation, slope),
            ]
        self.body = nn.Sequential(*body)
        self.independent_samples = norm != "batch" and not spectral_norm
        self.feature_size = widths[-1]
        self.last = nn.Conv2d(widths[-1], 1, kernel, 1, (kernel - 1) // 2)
        self.projection = build_patch_projection(specs["projection"], widths[-1], kernel)
        self.head = build_head(head, beta)
        initialise(self, init)
        if spectral_norm:
            normalise_spectrally(self)

    def forward(self, samples: Tensor, cond: Tensor | None = None) -> Tensor:
        """Map images (n, channels, height, width) and labels (n,) to logits (n, patches); (n,) for a single patch."""
        return self.discriminate(samples, cond).logits

    def discriminate(self, samples: Tensor, cond: Tensor | None = None) -> DiscriminatorOutput:
        """Return the logits and the features."""
        maps = self.body(self.labels(samples, cond))
        values = self.projection(self.last(maps), maps, cond)
        return DiscriminatorOutput(self.head(values.flatten(1)), (maps.sum((2, 3)),))

    def features(self, samples: Tensor, cond: Tensor | None) -> Tensor:
        """Return the last feature maps, summed over all positions: (n, feature_size)."""
        return self.body(self.labels(samples, cond)).sum((2, 3))

    def remove_head(self) -> None:
        """Remove the last convolution, the projection and the head."""
        del self.last, self.projection, self.head


def _receptive_field(strides: list[int], kernel: int) -> int:
    """Return the pixels a side that one logit sees, through convolutions with these strides and one more."""
    field = kernel
    for stride in reversed(strides):
        field = stride * (field - 1) + kernel
    return field


def _check_size(shape: tuple[int, ...], strides: list[int], kernel: int) -> None:
    sides = shape[1:]
    for stride in (*strides, 1):
        sides = tuple((side + 2 * ((kernel - 1) // 2) - kernel) // stride + 1 for side in sides)
        if min(sides) < 1:
            raise ValueError(
                f"Patch with {strides.count(2)} layers and a kernel of {kernel} leaves nothing of "
                f"{shape[1]}x{shape[2]} images; lower discriminator.layers or discriminator.kernel"
            )
