"""What a network is told of the data, what it is given, and what it answers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol, TypeAlias, runtime_checkable

import torch
from torch import Tensor

from ganlab.core.random import Random
from ganlab.core.tree import Tree

Shape: TypeAlias = tuple[int, ...] | Mapping[str, Any]
EMPTY: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class Spec:
    """All that a network may know of the data before it sees a sample."""

    sample: Shape  # (channels, height, width), (dimensions,), (length, channels), or a nest of shapes
    cond: Shape | None = None
    classes: int = 0  # positive where the condition is a class label
    latent: int = 0


class Batch(NamedTuple):
    """Real samples with their condition; tensors, or any nest of them."""

    sample: Tree
    cond: Tree = None


class DiscriminatorOutput(NamedTuple):
    """What a discriminator says of a batch: logits, of any shape that starts with the batch size."""

    logits: Tensor
    features: tuple[Tensor, ...] = ()
    extra: Mapping[str, Tensor] = EMPTY


class Latent(ABC):
    """The distribution that a generator transforms; raises ValueError for a size below 1."""

    truncation: float | None = None  # the largest absolute value, where larger ones were cut off
    categories: tuple[int, ...] = ()  # of the categorical codes that are to be discovered
    continuous: int = 0  # how many continuous codes are to be discovered

    def __init__(self, size: int) -> None:
        if size < 1:
            raise ValueError(f"size must be at least 1, got {size}")
        self.size = size

    @abstractmethod
    def sample(self, count: int, random: Random, device: torch.device | str = "cpu") -> Tensor:
        """Draw latents of shape (count, size)."""

    def split(self, latents: Tensor) -> tuple[Tensor, tuple[Tensor, ...], Tensor]:
        """Cut latents (n, size) into noise, the one-hot code of each category, and continuous codes; all noise here."""
        return latents, (), latents[:, self.size :]

    def truncated(self, threshold: float) -> Latent:
        """Return the distribution without its tails; raises ValueError where it has none, as here."""
        raise ValueError(f"latents of {type(self).__name__} have no tails to cut off; leave truncation out")

    def between(self, start: Tensor, end: Tensor, times: Tensor) -> Tensor:
        """Return points between latents `start` and `end` (n, size), at times (n,) from 0 to 1; straight here."""
        return torch.lerp(start, end, times[:, None])


@runtime_checkable
class ShowsFeatures(Protocol):
    """A discriminator that shows features, of shape (n, feature_size), in its verdict."""

    feature_size: int

    def discriminate(self, samples: Tree, cond: Tree = None) -> DiscriminatorOutput:
        """Return the logits, and the features as the last of the verdict's."""


@runtime_checkable
class StyleGenerator(Protocol):
    """A generator in two stages, `render(styles(latents, cond))` (Karras et al. 2019)."""

    def styles(self, latents: Tensor, cond: Tree = None) -> Tensor:
        """Map latents (n, latent) to styles, shape (n, layers, style_size) or (n, style_size)."""

    def render(self, styles: Tensor) -> Tree:
        """Map styles to samples."""


@runtime_checkable
class SupportsTruncation(Protocol):
    """A network that can be told to keep its samples near its average one."""

    def truncate(self, share: float) -> None:
        """Keep that share of each sample's distance from the average; raises ValueError for a share out of range."""


@runtime_checkable
class ReportsSettings(Protocol):
    """A network, or a layer of one, whose samples follow from a setting that its weights do not tell."""

    def score_settings(self) -> dict[str, Any]:
        """Return what scores must tell of it, by name; nothing where samples are as the network was trained to."""


def as_output(output: Tensor | DiscriminatorOutput) -> DiscriminatorOutput:
    """Accept a discriminator that returns bare logits."""
    return DiscriminatorOutput(output) if torch.is_tensor(output) else output
