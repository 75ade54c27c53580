"""What a network must know of the shapes of its data, and what it says where it cannot build for them."""

from collections.abc import Mapping
from typing import NamedTuple

from ganlab.core.interfaces import Shape, Spec

KINDS = {
    1: "points (dimensions,)",
    2: "sequences (length, channels)",
    3: "images (channels, height, width)",
}
SUGGESTIONS = {1: "mlp", 2: "rnn", 3: "dcgan"}


def sample_shape(spec: Spec, network: str, group: str, dims: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape of one sample; raises ValueError unless its rank is one of `dims`.

    `network` is the name of the class and `group` that of its configuration group, for the message.
    """
    rank = 0 if isinstance(spec.sample, Mapping) else len(spec.sample)
    if rank in dims:
        return tuple(spec.sample)  # type: ignore[arg-type]
    known = SUGGESTIONS.get(rank)
    advice = f"use {group}={known}" if known else f"write a {group} of your own for it"
    raise ValueError(
        f"{network} needs {' or '.join(KINDS[d] for d in dims)}, "
        f"but the data has samples of shape {spec.sample}; {advice}"
    )


def channel_axis(shape: Shape) -> int:
    """Return the axis of a batch that holds channels: the last one of points and sequences, the first of images.

    Raises ValueError for nested samples.
    """
    rank = 0 if isinstance(shape, Mapping) else len(shape)
    if rank not in KINDS:
        raise ValueError(f"only {', '.join(KINDS.values())} have channels, but the data has samples of shape {shape}")
    return 2 if rank == 2 else 1


def widened(shape: Shape, channels: int) -> tuple[int, ...]:
    """Return the shape with another number of channels."""
    sides: list[int] = list(shape)  # type: ignore[arg-type]
    sides[channel_axis(shape) - 1] = channels
    return tuple(sides)


def latent_size(spec: Spec, network: str) -> int:
    """Return the size of the latents; raises ValueError where there are none."""
    if spec.latent < 1:
        raise ValueError(f"{network} needs a latent size of at least 1, got {spec.latent}; set latent.size")
    return spec.latent


class Pyramid(NamedTuple):
    """An image that is halved `steps` times down to `height` × `width`."""

    height: int
    width: int
    steps: int


def pyramid(shape: tuple[int, ...], network: str) -> Pyramid:
    """Halve an image (channels, height, width) as often as its shorter side stays at 4 pixels or more.

    Raises ValueError where an odd side stops that at once, or leaves a shorter side above 15 pixels.
    """
    _, height, width = shape
    steps = 0
    while height % 2 == 0 and width % 2 == 0 and min(height, width) >= 8:
        height, width, steps = height // 2, width // 2, steps + 1
    if steps and min(height, width) <= 15:
        return Pyramid(height, width, steps)
    raise ValueError(
        f"{network} halves images until their shorter side is 4 to 15 pixels, which {shape[1]}x{shape[2]} does not "
        "allow; resize the data to sides that are 4 to 15 times a power of two, such as 28, 32, 48 or 64"
    )
