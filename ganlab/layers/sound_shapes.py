"""Shapes of sound, with messages for networks that make or rate sound and get something else, or another length."""

from collections.abc import Mapping
from typing import NamedTuple

from ganlab.core.interfaces import Spec
from ganlab.layers.shapes import KINDS, network_advice

SOUND = "audio"  # the kind of data, as `Spec.kind` has it
SHORTEST = 8  # positions in the shortest feature maps


class SoundShape(NamedTuple):
    """The shape of one sound, and its samples per second, 0 if the data does not say it.

    A batch is (n, samples, channels), in [-1, 1].
    """

    samples: int
    channels: int
    rate: int = 0


def find_sound(spec: Spec) -> SoundShape | None:
    """Return the shape of one sound, None for samples of another kind."""
    match spec.sample:
        case [int() as samples, int() as channels] if spec.kind == SOUND:
            return SoundShape(samples, channels, int(spec.facts.get("rate", 0)))
    return None


def sound_shape(spec: Spec, network: str, group: str) -> SoundShape:
    """Return the shape of one sound; raises ValueError if the data has samples of another kind.

    The message names the class `network` and its configuration group `group`, of networks.
    """
    other = network_advice(spec, group).removeprefix("use ")
    return require_sound(spec, network, f"use data of sound, such as data=drums, or {other}")


def require_sound(spec: Spec, name: str, advice: str) -> SoundShape:
    """Return the shape of one sound; raises ValueError, that `name` needs sound, with advice, for other samples."""
    if (found := find_sound(spec)) is not None:
        return found
    of_kind = f" of the kind {spec.kind}" if spec.kind else ""
    raise ValueError(
        f"{name} needs sound (samples, channels), but the data has {KINDS.get(_rank(spec), 'samples')}{of_kind} of "
        f"shape {spec.sample}; {advice}"
    )


def _rank(spec: Spec) -> int:
    return 0 if isinstance(spec.sample, Mapping) else len(spec.sample)


class WavePyramid(NamedTuple):
    """The number of positions to which a sound is shortened in `steps` steps."""

    positions: int
    steps: int


def wave_pyramid(samples: int, stride: int, network: str) -> WavePyramid:
    """Divide a length by the stride until 8 to 8 · stride − 1 positions are left.

    Raises ValueError if that is impossible, naming the nearest lengths that are possible.
    """
    positions, steps = samples, 0
    while positions % stride == 0 and positions >= SHORTEST * stride:
        positions, steps = positions // stride, steps + 1
    if steps and positions < SHORTEST * stride:
        return WavePyramid(positions, steps)
    below, above = _nearest_lengths(samples, stride)
    raise ValueError(
        f"{network} changes lengths by factors of {stride}, so a sound has {SHORTEST} to {SHORTEST * stride - 1} times "
        f"a power of {stride} samples, got {samples}; cut or pad the data to {below} or {above} samples"
    )


def _nearest_lengths(samples: int, stride: int) -> tuple[int, int]:
    step = stride
    while samples >= SHORTEST * stride * step:
        step *= stride
    least = SHORTEST * stride
    below = max(samples // step * step, least)
    return below, max(-(-samples // step) * step, least + stride)
