"""Checks of sample and latent shapes, with messages for networks that do not support them."""

from collections.abc import Mapping
from typing import NamedTuple

from ganlab.core.interfaces import Shape, Spec

KINDS = {
    1: "points (dimensions,)",
    2: "sequences (length, channels)",
    3: "images (channels, height, width)",
    4: "clips (time, channels, height, width)",
}
SUGGESTIONS = {1: "mlp", 2: "rnn", 3: "dcgan", 4: "mocogan"}  # networks by rank of the samples
SUGGESTIONS_BY_KIND: Mapping[str, Mapping[str, str]] = {  # by group, where the rank does not say it
    "audio": {"generator": "wavegan", "discriminator": "wavegan"},
    "table": {"generator": "table"},
    "text": {"generator": "recurrent", "discriminator": "sequence_cnn"},
}


def sample_shape(spec: Spec, network: str, group: str, dims: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape of one sample; raises ValueError unless its rank is in `dims`.

    The message names the class `network` and its configuration group `group`.
    """
    rank = 0 if isinstance(spec.sample, Mapping) else len(spec.sample)
    if rank in dims:
        return tuple(spec.sample)  # type: ignore[arg-type]
    raise ValueError(
        f"{network} needs {' or '.join(KINDS[d] for d in dims)}, "
        f"but the data has samples of shape {spec.sample}; {network_advice(spec, group)}"
    )


def network_advice(spec: Spec, group: str) -> str:
    """Return which network of a group, generator or discriminator, fits the data, as an instruction."""
    rank = 0 if isinstance(spec.sample, Mapping) else len(spec.sample)
    known = SUGGESTIONS_BY_KIND.get(spec.kind, {}).get(group) or SUGGESTIONS.get(rank)
    return f"use {group}={known}" if known else f"write a custom {group} for it"


def channel_axis(shape: Shape) -> int:
    """Return the channel axis of a batch: 1 for points (n, dimensions) and images, 2 for sequences and clips.

    Raises ValueError for nested samples.
    """
    rank = 0 if isinstance(shape, Mapping) else len(shape)
    if rank not in KINDS:
        raise ValueError(f"only {', '.join(KINDS.values())} have channels, but the data has samples of shape {shape}")
    return 2 if rank in (2, 4) else 1


def with_channels(shape: Shape, channels: int) -> tuple[int, ...]:
    """Return the sample shape with another number of channels."""
    sides: list[int] = list(shape)  # type: ignore[arg-type]
    sides[channel_axis(shape) - 1] = channels
    return tuple(sides)


def latent_size(spec: Spec, network: str) -> int:
    """Return the latent size; raises ValueError if there are no latents."""
    if spec.latent < 1:
        raise ValueError(f"{network} makes samples from latents, but latent=none draws none; use latent=normal")
    return spec.latent


class Pyramid(NamedTuple):
    """The size `height` × `width` to which an image is halved in `steps` steps."""

    height: int
    width: int
    steps: int


def pyramid(shape: tuple[int, ...], network: str) -> Pyramid:
    """Halve an image (channels, height, width) until its shorter side is 4 to 7 pixels or a side is odd.

    Raises ValueError if it cannot be halved once, or if an odd side leaves the shorter side above 15 pixels.
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
