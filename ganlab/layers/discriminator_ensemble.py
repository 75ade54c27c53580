"""What critics that are made of other critics have in common."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from math import lcm
from typing import cast

import torch
from torch import Tensor, nn

from ganlab.core.interfaces import DiscriminatorOutput, as_output
from ganlab.core.tree import Tree
from ganlab.layers.feature_discriminator import FeatureDiscriminator, shows_features


class DiscriminatorEnsemble(FeatureDiscriminator, ABC):
    """Critics that vote, each with the same say; their features are joined, where every one of them shows some.

    `head` is that of all votes.
    """

    def __init__(self, critics: Mapping[str, nn.Module], head: nn.Module) -> None:
        super().__init__()
        self.critics, self.head = nn.ModuleDict(critics), head
        showing = [critic for critic in critics.values() if shows_features(critic)]
        self._shows = len(showing) == len(critics)
        if self._shows:  # else it shows none itself
            self.feature_size = sum(critic.feature_size for critic in showing)

    @abstractmethod
    def views(self, samples: Tree) -> Iterator[tuple[nn.Module, Tree]]:
        """Yield each critic with what it sees of the samples."""

    def forward(self, samples: Tree, cond: Tree = None) -> DiscriminatorOutput:
        """Judge samples with labels (n,); logits are (n, critics, votes)."""
        return self.discriminate(samples, cond)

    def discriminate(self, samples: Tree, cond: Tree = None) -> DiscriminatorOutput:
        """Return the logits, shape (n, critics, votes), with the features."""
        if not self._shows:
            return DiscriminatorOutput(
                self.head(joined_logits([as_output(each(seen, cond)) for each, seen in self.views(samples)]))
            )
        outputs = [cast(FeatureDiscriminator, each).discriminate(seen, cond) for each, seen in self.views(samples)]
        features = torch.cat([output.features[-1] for output in outputs], 1)
        return DiscriminatorOutput(self.head(joined_logits(outputs)), (features,))

    def features(self, samples: Tree, cond: Tree) -> Tensor:
        """Return the features of all critics, side by side."""
        return torch.cat(
            [cast(FeatureDiscriminator, each).features(seen, cond) for each, seen in self.views(samples)], 1
        )

    def remove_head(self) -> None:
        """Behead them all."""
        del self.head
        for critic in self.critics.values():
            cast(FeatureDiscriminator, critic).remove_head()


def joined_logits(outputs: Sequence[DiscriminatorOutput]) -> Tensor:
    """Return the logits of all critics, shape (n, critics, votes).

    Who gives fewer logits than others has them repeated, so that every critic has the same say in a mean.
    """
    flat = [output.logits.reshape(len(output.logits), -1) for output in outputs]
    votes = lcm(*(each.shape[1] for each in flat))
    return torch.stack([each[:, :, None].expand(-1, -1, votes // each.shape[1]).flatten(1) for each in flat], 1)
