"""What critics that show their features have in common."""

from abc import ABC, abstractmethod
from typing import TypeGuard

from torch import Tensor, nn

from ganlab.core.interfaces import DiscriminatorOutput, ShowsFeatures


class FeatureDiscriminator(nn.Module, ABC):
    """A critic that shows what it has found out about each sample, shape (n, feature_size), before it judges."""

    feature_size: int

    @abstractmethod
    def features(self, samples: Tensor, cond: Tensor | None) -> Tensor:
        """Return features of shape (n, feature_size)."""

    @abstractmethod
    def discriminate(self, samples: Tensor, cond: Tensor | None = None) -> DiscriminatorOutput:
        """Return the logits with the features."""

    @abstractmethod
    def remove_head(self) -> None:
        """Drop the layers that only a verdict needs, so that all weights left are those of the features."""


def shows_features(network: nn.Module) -> TypeGuard[FeatureDiscriminator]:
    """Tell whether a network is such a critic; one that is made of others has a `feature_size` only if they have."""
    return isinstance(network, FeatureDiscriminator) and isinstance(network, ShowsFeatures)


class DenseHeadDiscriminator(FeatureDiscriminator, ABC):
    """A critic whose logit is that of one dense layer on its features, and what labels add to it."""

    head: nn.Sequential  # the dense layer, and what is made of its value
    projection: nn.Module  # what labels add to that value

    def forward(self, samples: Tensor, cond: Tensor | None = None) -> Tensor:
        """Map samples (n, *sample) and labels (n,) to logits (n,)."""
        return self.discriminate(samples, cond).logits

    def discriminate(self, samples: Tensor, cond: Tensor | None = None) -> DiscriminatorOutput:
        """Return the logits with the features."""
        features = self.features(samples, cond)
        dense, output = self.head
        return DiscriminatorOutput(output(self.projection(dense(features), features, cond)), (features,))

    def remove_head(self) -> None:
        """Drop the dense layer."""
        del self.head, self.projection
