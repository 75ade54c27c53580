"""DCGAN's generator of transposed convolutions."""

from typing import ClassVar

from torch import Tensor, nn

from ganlab.core.interfaces import Spec
from ganlab.layers import (
    Pyramid,
    build_activation,
    build_feature_norm,
    build_generator_labels,
    build_image_norm,
    initialise,
    latent_size,
    normalise_spectrally,
    pyramid,
    sample_shape,
)
from ganlab.layers.checks import check_at_least, check_widths, look_up
from ganlab.layers.fourier import FourierConvTranspose2d
from ganlab.layers.outputs import build_image_output


class DCGAN(nn.Module):
    """Transposed convolutions that double the resolution (Radford et al. 2016), to images in [-1, 1].

    A dense layer produces feature maps whose shorter side is 4 to 15 pixels. Hidden channels halve from layer to layer,
    from at most `max_width` down to `width`. `extra_layers` convolutions keep the resolution before it is doubled.
    `dense_norm` normalises the dense layer per channel (channels) or per feature (features). Raises ValueError for a
    setting out of range, or a resolution other than 4 to 15 times a power of two.
    """

    sample_dims: ClassVar[tuple[int, ...]] = (3,)

    def __init__(
        self,
        spec: Spec,
        width: int = 64,
        max_width: int = 1024,
        kernel: int = 4,
        extra_layers: int = 0,
        norm: str = "batch",
        dense_norm: str = "channels",
        activation: str = "relu",
        slope: float = 0.2,
        init: str = "dcgan",
        spectral_norm: bool = False,
        labels: str = "concat",
        output: str = "tanh",
    ) -> None:
        super().__init__()
        shape = sample_shape(spec, "DCGAN", "generator", self.sample_dims)
        base = pyramid(shape, "DCGAN")
        _check_settings(width, max_width, kernel, extra_layers)
        strides = [1] * extra_layers + [2] * base.steps
        widths = [min(width << halving, max_width) for halving in reversed(range(len(strides)))]
        self.labels = build_generator_labels(labels, spec)
        inputs = latent_size(spec, "DCGAN") + self.labels.width
        self.project = nn.Sequential(
            nn.Linear(inputs, widths[0] * base.height * base.width, norm == "none"),
            _dense_norm(dense_norm, norm, widths[0], base),
            build_activation(activation, slope),
        )
        layers: list[nn.Module] = []
        for stride, before, after in zip(strides, widths, [*widths[1:], shape[0]], strict=True):
            layers += [_convolution(before, after, kernel, stride, norm), build_image_norm(norm, after)]
            layers.append(build_activation(activation, slope))
        layers[-2:] = [build_image_output(output)]  # the image layer has no normalisation
        self.body = nn.Sequential(*layers)
        initialise(self, init)
        self.labels.condition(self)
        if spectral_norm:
            normalise_spectrally(self)

    def forward(self, latents: Tensor, cond: Tensor | None = None) -> Tensor:
        """Map latents (n, latent) and labels (n,) to images (n, channels, height, width)."""
        return self.body(self.project(self.labels(latents, cond)))


def _check_settings(width: int, max_width: int, kernel: int, extra_layers: int) -> None:
    check_widths(width, max_width)
    check_at_least("kernel", kernel, 2)
    check_at_least("extra_layers", extra_layers, 0)
    if extra_layers and kernel % 2 == 0:
        raise ValueError(
            f"extra_layers need an odd kernel to keep the resolution, got a kernel of {kernel}; use 3 or 5"
        )


def _dense_norm(kind: str, norm: str, channels: int, base: Pyramid) -> nn.Module:
    """Build the dense layer's normalisation, per channel or per feature, and the reshape to an image."""
    size = (base.height, base.width)
    kinds = {
        "channels": lambda: [nn.Unflatten(1, (channels, *size)), build_image_norm(norm, channels)],
        "features": lambda: [
            build_feature_norm(norm, channels * size[0] * size[1]),
            nn.Unflatten(1, (channels, *size)),
        ],
    }
    return nn.Sequential(*look_up("dense_norm", kind, kinds)())


def _convolution(inputs: int, outputs: int, kernel: int, stride: int, norm: str) -> nn.ConvTranspose2d:
    """Build a transposed convolution that multiplies the resolution by exactly `stride`."""
    if stride == 1:
        return FourierConvTranspose2d(inputs, outputs, kernel, bias=norm == "none")
    return nn.ConvTranspose2d(inputs, outputs, kernel, stride, (kernel - 1) // 2, kernel % 2, bias=norm == "none")
