"""Data types and protocols of networks: what they are built from, their inputs and their outputs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol, TypeAlias, runtime_checkable

import torch
from torch import Tensor, nn

from ganlab.core import tree
from ganlab.core.random import Random
from ganlab.core.renamed import adopt_former_methods
from ganlab.core.tree import Tree

Shape: TypeAlias = tuple[int, ...] | Mapping[str, Any]
EMPTY: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class Spec:
    """The shapes from which a network is built, before any sample is read."""

    sample: Shape  # (channels, height, width), (dimensions,), (length, channels), or nested shapes
    cond: Shape | None = None
    classes: int = 0  # the number of classes if the condition is a class label, else 0
    latent: int = 0
    kind: str = ""  # the kind of data, such as "image" (see `ganlab.kinds`); empty: what the samples' shape suggests
    latent_channels: int = 0  # above 0: the latents are noise images of so many channels, of the condition's size
    paired: bool = False  # each condition belongs to the sample of its row, as an input image to its output
    facts: Mapping[str, Any] = field(
        default_factory=dict
    )  # what the kind must know, such as the rate of sound in hertz


class Batch(NamedTuple):
    """Samples and their conditions; each is a tensor, or nested tensors, whose first dimension is the batch size."""

    sample: Tree
    cond: Tree = None

    def map(self, function: Callable[[Tensor], Tensor]) -> Batch:
        """Return a batch with `function` applied to every tensor."""
        return Batch(tree.map(function, self.sample), tree.map(function, self.cond))

    @classmethod
    def cat(cls, batches: Iterable[Batch]) -> Batch:
        """Concatenate batches of the same structure, of which there must be at least one."""
        samples, conditions = zip(*batches, strict=True)
        return cls(tree.map(_concatenate, *samples), tree.map(_concatenate, *conditions))


class Conditions(NamedTuple):
    """Conditions to generate from, and what is known of each: the sample that belongs to it, and its class."""

    cond: Tree
    truth: Tree = None  # real samples, if the data are paired
    labels: Tensor | None = None  # (n,), if classes are known


class DiscriminatorOutput(NamedTuple):
    """A discriminator's output for a batch of n samples: logits of shape (n, …), and optionally features."""

    logits: Tensor
    features: tuple[Tensor, ...] = ()
    extra: Mapping[str, Tensor] = EMPTY

    def halves(self) -> tuple[DiscriminatorOutput, DiscriminatorOutput]:
        """Return the outputs for the first and for the second half of the batch."""
        count = len(self.logits) // 2
        logits, features = self.logits.split(count), [feature.split(count) for feature in self.features]
        extra = {name: values.split(count) for name, values in self.extra.items()}
        first, second = (
            DiscriminatorOutput(
                logits[half],
                tuple(feature[half] for feature in features),
                {name: values[half] for name, values in extra.items()},
            )
            for half in (0, 1)
        )
        return first, second


class Latent(ABC):
    """The distribution of a generator's input; raises ValueError for a size below 1.

    Only `fit`, which does nothing by default, knows the data. A subclass implements `sample`:

    >>> from ganlab import Latent, Random
    >>> class Cube(Latent):
    ...     def sample(self, count, random, device="cpu"):
    ...         return 2 * random.uniform("latents", (count, self.size), device) - 1
    >>> Cube(size=8).sample(2, Random(seed=0)).shape
    torch.Size([2, 8])
    """

    truncation: float | None = None  # the largest absolute value of truncated latents
    categories: tuple[int, ...] = ()  # the sizes of the categorical codes that the generator has to encode
    continuous: int = 0  # the number of continuous codes that the generator has to encode
    channels: int = 0  # of latents that are images, see `Spec.latent_channels`

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        adopt_former_methods(cls, {"between": "interpolate"})

    def __init__(self, size: int) -> None:
        if size < 1:
            raise ValueError(f"size must be at least 1, got {size}")
        self.size = size

    @abstractmethod
    def sample(self, count: int, random: Random, device: torch.device | str = "cpu") -> Tensor:
        """Return latents of shape (count, size) on `device`, drawn by `random` only."""

    def fit(self, spec: Spec) -> Latent:
        """Return the distribution for this data, whose shapes may decide the size; a game calls it once."""
        return self

    def split(self, latents: Tensor) -> tuple[Tensor, tuple[Tensor, ...], Tensor]:
        """Split latents (n, size) into noise, one one-hot code per category, and continuous codes.

        The shapes are (n, noise size), (n, categories[i]) and (n, continuous). Without codes, all is noise.
        """
        return latents, (), latents[:, self.size :]

    def truncated(self, threshold: float) -> Latent:
        """Return the distribution with values limited to ±`threshold`; raises ValueError if it has no tails, as here.

        A subclass returns a new instance, or raises ValueError for a threshold that it does not support.
        """
        raise ValueError(f"latents of {type(self).__name__} have no tails to cut off; leave truncation out")

    def interpolate(self, start: Tensor, end: Tensor, times: Tensor) -> Tensor:
        """Return points (n, size) between latents `start` and `end` (n, size) at times (n,) from 0 to 1; linear here.

        A subclass returns `start` at time 0 and `end` at time 1.
        """
        return torch.lerp(start, end, times[:, None])


@runtime_checkable
class ShowsFeatures(Protocol):
    """A discriminator that returns features of shape (n, feature_size) in its output."""

    feature_size: int

    def discriminate(self, samples: Tree, cond: Tree = None) -> DiscriminatorOutput:
        """Return the logits, and the features as the last entry of the output's `features`."""


@runtime_checkable
class ShowsMaps(ShowsFeatures, Protocol):
    """A discriminator whose output also has feature maps, as the entries of `features` before the last one.

    `extra["input"]` are the samples as it received them, augmented.
    """

    map_shapes: tuple[tuple[int, int, int], ...]  # channels, height and width of each of them


@runtime_checkable
class TellsIndependence(Protocol):
    """A discriminator that tells whether it treats each sample of a batch independently.

    If so, its output for a sample depends on that sample and its condition only, and a forward pass draws no random
    numbers and changes no buffers. Two batches may then go through it as one, with equal results but for rounding.
    """

    independent_samples: bool


@runtime_checkable
class DrawsParts(Protocol):
    """A discriminator that also receives a random part of each sample, such as a frame, next to the sample.

    The part is drawn before the forward pass, so N processes, or N microbatches, draw the parts that one draws.
    """

    def draw_parts(self, samples: Tree, random: Random) -> Tree:
        """Return samples with their parts, as the forward pass receives them."""


@runtime_checkable
class StyleGenerator(Protocol):
    """A generator in two stages, `render(styles(latents, cond))` (Karras et al. 2019)."""

    def styles(self, latents: Tensor, cond: Tree = None) -> Tensor:
        """Map latents (n, latent) to styles, shape (n, layers, style_size) or (n, style_size)."""

    def render(self, styles: Tensor) -> Tree:
        """Map styles to samples."""


@runtime_checkable
class OrdersLayers(Protocol):
    """A network that says in which order a sample passes its layers; for others it is the order of their modules."""

    def ordered_layers(self) -> Sequence[Sequence[nn.Module]]:
        """Return the modules of each layer with trained weights, from the input on."""


@runtime_checkable
class SupportsTruncation(Protocol):
    """A network that can move its samples towards their average."""

    def truncate(self, share: float) -> None:
        """Scale each sample's distance from the average by `share`; raises ValueError for a share out of range."""


@runtime_checkable
class ReportsSettings(Protocol):
    """A network or layer whose samples depend on a setting that is not among its weights."""

    def score_settings(self) -> dict[str, Any]:
        """Return the settings that scores must report, by name; empty if samples are as in training."""


def as_output(output: Tensor | DiscriminatorOutput) -> DiscriminatorOutput:
    """Return a discriminator's output as DiscriminatorOutput, also if the discriminator returns only logits."""
    return DiscriminatorOutput(output) if torch.is_tensor(output) else output


def _concatenate(*tensors: Tensor) -> Tensor:
    return torch.cat(tensors)
