"""What critics that are made of other critics have in common."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import cast

import torch
from torch import Tensor, nn

from ganlab.interfaces import Verdict, as_verdict
from ganlab.layers.critic import FeatureCritic, shows_features
from ganlab.layers.votes import join_votes
from ganlab.tree import Tree


class JointCritic(FeatureCritic, ABC):
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

    def forward(self, samples: Tree, cond: Tree = None) -> Verdict:
        """Judge samples with labels (n,); logits are (n, critics, votes)."""
        return self.verdict(samples, cond)

    def verdict(self, samples: Tree, cond: Tree = None) -> Verdict:
        """Return the logits, shape (n, critics, votes), with the features."""
        if not self._shows:
            return Verdict(self.head(join_votes([as_verdict(each(seen, cond)) for each, seen in self.views(samples)])))
        verdicts = [cast(FeatureCritic, each).verdict(seen, cond) for each, seen in self.views(samples)]
        features = torch.cat([verdict.features[-1] for verdict in verdicts], 1)
        return Verdict(self.head(join_votes(verdicts)), (features,))

    def features(self, samples: Tree, cond: Tree) -> Tensor:
        """Return the features of all critics, side by side."""
        return torch.cat([cast(FeatureCritic, each).features(seen, cond) for each, seen in self.views(samples)], 1)

    def behead(self) -> None:
        """Behead them all."""
        del self.head
        for critic in self.critics.values():
            cast(FeatureCritic, critic).behead()
