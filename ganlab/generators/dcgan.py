"""A generator of transposed convolutions."""

from typing import ClassVar

from torch import Tensor, nn

from ganlab.core.interfaces import Spec
from ganlab.layers import (
    Pyramid,
    build_activation,
    feature_norm,
    generator_labels,
    image_norm,
    initialise,
    latent_size,
    normalise_spectrally,
    pyramid,
    sample_shape,
)
from ganlab.layers.checks import at_least, look_up


class DCGAN(nn.Module):
    """Transposed convolutions that double the resolution (Radford et al. 2016), to images in [-1, 1].

    The dense layer makes an image of 4 to 15 pixels; hidden channels halve from layer to layer, down to `width`.
    Raises ValueError for an option out of range or a resolution that is no such number times a power of two.
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
    ) -> None:
        super().__init__()
        shape = sample_shape(spec, "DCGAN", "generator", self.sample_dims)
        base = pyramid(shape, "DCGAN")
        _check(width, max_width, kernel, extra_layers)
        strides = [1] * extra_layers + [2] * base.steps
        widths = [min(width << halving, max_width) for halving in reversed(range(len(strides)))]
        self.labels = generator_labels(labels, spec)
        inputs = latent_size(spec, "DCGAN") + self.labels.width
        self.project = nn.Sequential(
            nn.Linear(inputs, widths[0] * base.height * base.width, norm == "none"),
            _dense_norm(dense_norm, norm, widths[0], base),
            build_activation(activation, slope),
        )
        layers: list[nn.Module] = []
        for stride, before, after in zip(strides, widths, [*widths[1:], shape[0]], strict=True):
            layers += [_convolution(before, after, kernel, stride, norm), image_norm(norm, after)]
            layers.append(build_activation(activation, slope))
        layers[-2:] = [nn.Tanh()]  # the images themselves are not normalised
        self.body = nn.Sequential(*layers)
        initialise(self, init)
        self.labels.condition(self)
        if spectral_norm:
            normalise_spectrally(self)

    def forward(self, latents: Tensor, cond: Tensor | None = None) -> Tensor:
        """Map latents (n, latent) and labels (n,) to images (n, channels, height, width)."""
        return self.body(self.project(self.labels(latents, cond)))


def _check(width: int, max_width: int, kernel: int, extra_layers: int) -> None:
    at_least("width", width, 1)
    at_least("max_width", max_width, 1)
    at_least("kernel", kernel, 2)
    at_least("extra_layers", extra_layers, 0)
    if extra_layers and kernel % 2 == 0:
        raise ValueError(
            f"extra_layers need an odd kernel to keep the resolution, got a kernel of {kernel}; use 3 or 5"
        )


def _dense_norm(kind: str, norm: str, channels: int, base: Pyramid) -> nn.Module:
    """Normalise the dense layer's image by channel, or every one of its features for itself."""
    size = (base.height, base.width)
    kinds = {
        "channels": lambda: [nn.Unflatten(1, (channels, *size)), image_norm(norm, channels)],
        "features": lambda: [feature_norm(norm, channels * size[0] * size[1]), nn.Unflatten(1, (channels, *size))],
    }
    return nn.Sequential(*look_up("dense_norm", kind, kinds)())


def _convolution(inputs: int, outputs: int, kernel: int, stride: int, norm: str) -> nn.ConvTranspose2d:
    """Multiply the resolution by `stride` exactly."""
    padding, missing = (kernel - 1) // 2, kernel % 2 if stride == 2 else 0
    return nn.ConvTranspose2d(inputs, outputs, kernel, stride, padding, missing, bias=norm == "none")
