"""VGAN's generator of clips: transposed convolutions in space and time, in front of a still background."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from itertools import pairwise
from math import prod
from typing import ClassVar, NamedTuple, final

from torch import Tensor, nn

from ganlab.core.interfaces import Spec
from ganlab.layers import (
    ClassLabels,
    Pyramid,
    build_activation,
    build_image_norm,
    initialise,
    label_specs,
    latent_size,
    pyramid,
    sample_shape,
)
from ganlab.layers.checks import check_widths, look_up
from ganlab.layers.clips import time_steps
from ganlab.layers.outputs import build_image_output
from ganlab.layers.video_convolutions import ChannelsFirst, build_video_norm


class VGAN(nn.Module):
    """Transposed convolutions that double clips in space and time (Vondrick et al. 2016, section 3.1).

    With `streams` two, a mask m chooses for every pixel between a moving foreground f and a background b that is the
    same image in all frames: m f + (1 − m) b (equation 3); with one there is only f. Channels halve from layer to
    layer, from at most `max_width` down to `width`. Raises ValueError for a setting out of range, or a resolution other
    than 4 to 15 times a power of two.
    """

    sample_dims: ClassVar[tuple[int, ...]] = (4,)

    def __init__(
        self,
        spec: Spec,
        width: int = 64,
        max_width: int = 512,
        streams: str = "two",
        norm: str = "batch",
        activation: str = "relu",
        slope: float = 0.2,
        init: str = "dcgan",
        labels: str = "concat",
        output: str = "tanh",
    ) -> None:
        super().__init__()
        frames, channels, *sides = sample_shape(spec, "VGAN", "generator", self.sample_dims)
        base = pyramid((channels, *sides), "VGAN")
        check_widths(width, max_width)
        self.labels = ClassLabels(label_specs(labels, spec, "concat")["concat"])
        widths = [min(width << halving, max_width) for halving in reversed(range(base.steps))]
        shortest, doublings = time_steps(frames, base.steps)
        plan = _Plan(
            inputs=latent_size(spec, "VGAN") + self.labels.width,
            widths=widths,
            base=base,
            shortest=shortest,
            strides=[1] * (base.steps - doublings) + [2] * doublings,
            channels=channels,
            norm=norm,
            activate=lambda: build_activation(activation, slope),
            output=output,
        )
        self.body = _build_body(plan)
        self.stream = look_up("streams", streams, STREAMS)(plan)
        self.channels_first = ChannelsFirst()
        initialise(self, init)

    def forward(self, latents: Tensor, cond: Tensor | None = None) -> Tensor:
        """Map latents (n, latent) and labels (n,) to clips (n, time, channels, height, width)."""
        codes = self.labels(latents, cond)
        return self.channels_first(self.stream(self.body(codes), codes))


@final
class _Plan(NamedTuple):
    """What the layers are built from; `strides` are those in time of each doubling in space."""

    inputs: int
    widths: list[int]
    base: Pyramid
    shortest: int
    strides: list[int]
    channels: int
    norm: str
    activate: Callable[[], nn.Module]
    output: str


def _build_body(plan: _Plan) -> nn.Sequential:
    """Build the layers up to maps (n, width, time / stride, height / 2, width / 2) of the last doubling."""
    shape = (plan.widths[0], plan.shortest, plan.base.height, plan.base.width)
    layers: list[nn.Module] = [
        nn.Linear(plan.inputs, prod(shape)),
        nn.Unflatten(1, shape),
        build_video_norm(plan.norm, plan.widths[0]),
        plan.activate(),
    ]
    for before, after, stride in zip(plan.widths, plan.widths[1:], plan.strides, strict=False):
        layers.append(_doubling(before, after, stride, plan.norm == "none"))
        layers += [build_video_norm(plan.norm, after), plan.activate()]
    return nn.Sequential(*layers)


def _doubling(inputs: int, outputs: int, stride: int, bias: bool = True) -> nn.ConvTranspose3d:
    """Build a transposed convolution that doubles height and width, and multiplies the length by `stride`."""
    return nn.ConvTranspose3d(inputs, outputs, (stride + 2, 4, 4), (stride, 2, 2), 1, bias=bias)


class _Streams(nn.Module, ABC):
    """Clips from the last feature maps, and from the codes that the body receives."""

    def __init__(self, plan: _Plan) -> None:
        super().__init__()
        last = _doubling(plan.widths[-1], plan.channels, plan.strides[-1])
        self.foreground = nn.Sequential(last, build_image_output(plan.output))

    @abstractmethod
    def forward(self, maps: Tensor, codes: Tensor) -> Tensor:
        """Return (n, channels, time, height, width)."""


@final
class _OneStream(_Streams):
    """Clips from the last feature maps alone."""

    def forward(self, maps: Tensor, codes: Tensor) -> Tensor:
        """Return (n, channels, time, height, width)."""
        return self.foreground(maps)


@final
class _TwoStreams(_Streams):
    """Clips in front of an image that stays."""

    def __init__(self, plan: _Plan) -> None:
        super().__init__(plan)
        self.mask = nn.Sequential(_doubling(plan.widths[-1], 1, plan.strides[-1]), nn.Sigmoid())
        shape = (plan.widths[0], plan.base.height, plan.base.width)
        layers: list[nn.Module] = [
            nn.Linear(plan.inputs, prod(shape)),
            nn.Unflatten(1, shape),
            build_image_norm(plan.norm, plan.widths[0]),
            plan.activate(),
        ]
        for before, after in pairwise(plan.widths):
            layers.append(nn.ConvTranspose2d(before, after, 4, 2, 1, bias=plan.norm == "none"))
            layers += [build_image_norm(plan.norm, after), plan.activate()]
        layers += [nn.ConvTranspose2d(plan.widths[-1], plan.channels, 4, 2, 1), build_image_output(plan.output)]
        self.background = nn.Sequential(*layers)

    def forward(self, maps: Tensor, codes: Tensor) -> Tensor:
        """Return (n, channels, time, height, width)."""
        mask, still = self.mask(maps), self.background(codes).unsqueeze(2)
        return mask * self.foreground(maps) + (1 - mask) * still


STREAMS: Mapping[str, type[_Streams]] = {"one": _OneStream, "two": _TwoStreams}
