"""Base classes of discriminators that show their features."""

from abc import ABC, abstractmethod
from typing import TypeGuard

from torch import Tensor, nn

from ganlab.core.interfaces import DiscriminatorOutput, ShowsFeatures


class FeatureDiscriminator(nn.Module, ABC):
    """A discriminator that shows its features, shape (n, feature_size), from which it computes the logits.

    Feature matching, auxiliary classifiers, and games with an encoder require one. Most discriminators extend
    `DenseHeadDiscriminator`, which leaves only `features` to write.
    """

    feature_size: int
    independent_samples: bool = False  # see `TellsIndependence`; a subclass that can be sure of it says so

    @abstractmethod
    def features(self, samples: Tensor, cond: Tensor | None) -> Tensor:
        """Return features of shape (n, feature_size)."""

    @abstractmethod
    def discriminate(self, samples: Tensor, cond: Tensor | None = None) -> DiscriminatorOutput:
        """Return the logits and the features."""

    @abstractmethod
    def remove_head(self) -> None:
        """Remove the layers that only the logits need; all remaining weights belong to the features."""


def shows_features(network: nn.Module) -> TypeGuard[FeatureDiscriminator]:
    """Return whether a network shows features; an ensemble does only if all of its discriminators do."""
    return isinstance(network, FeatureDiscriminator) and isinstance(network, ShowsFeatures)


class DenseHeadDiscriminator(FeatureDiscriminator, ABC):
    """A discriminator whose logit is a dense layer on its features plus a class projection.

    A subclass sets `feature_size`, `head` and `projection`, and computes the features:

    >>> import torch
    >>> from torch import nn
    >>> from ganlab.core.interfaces import Spec
    >>> from ganlab.layers import build_head
    >>> from ganlab.layers.class_projection import build_projection
    >>> class Shallow(DenseHeadDiscriminator):
    ...     def __init__(self, spec, width=8):
    ...         super().__init__()
    ...         self.body = nn.Linear(spec.sample[0], width)
    ...         self.feature_size = width
    ...         self.head = nn.Sequential(nn.Linear(width, 1), build_head("logit"))
    ...         self.projection = build_projection(spec, width)
    ...
    ...     def features(self, samples, cond):
    ...         return self.body(samples).relu()
    >>> Shallow(Spec(sample=(2,)))(torch.zeros(5, 2)).shape
    torch.Size([5])
    """

    head: nn.Sequential  # two layers: features to (n, 1), then (n, 1) to logits (n,)
    projection: nn.Module  # adds the class projection to the dense layer's value

    def forward(self, samples: Tensor, cond: Tensor | None = None) -> Tensor:
        """Map samples (n, *sample) and labels (n,) to logits (n,)."""
        return self.discriminate(samples, cond).logits

    def discriminate(self, samples: Tensor, cond: Tensor | None = None) -> DiscriminatorOutput:
        """Return the logits and the features."""
        features = self.features(samples, cond)
        dense, output = self.head
        return DiscriminatorOutput(output(self.projection(dense(features), features, cond)), (features,))

    def remove_head(self) -> None:
        """Remove the dense layer and the projection."""
        del self.head, self.projection
