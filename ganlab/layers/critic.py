"""What critics that show their features have in common."""

from abc import ABC, abstractmethod

from torch import Tensor, nn

from ganlab.interfaces import Verdict


class FeatureCritic(nn.Module, ABC):
    """A critic in two parts: features (n, feature_size), and a dense layer with a head on them."""

    feature_size: int
    head: nn.Sequential  # the dense layer, and what is made of its value
    projection: nn.Module  # what labels add to that value

    @abstractmethod
    def features(self, samples: Tensor, cond: Tensor | None) -> Tensor:
        """Return features of shape (n, feature_size)."""

    def forward(self, samples: Tensor, cond: Tensor | None = None) -> Tensor:
        """Map samples (n, *sample) and labels (n,) to logits (n,)."""
        return self.verdict(samples, cond).logits

    def verdict(self, samples: Tensor, cond: Tensor | None = None) -> Verdict:
        """Return the logits with the features."""
        features = self.features(samples, cond)
        dense, output = self.head
        return Verdict(output(self.projection(dense(features), features, cond)), (features,))
