"""Base class of discriminators that combine several discriminators."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from math import lcm
from typing import cast

import torch
from torch import Tensor, nn

from ganlab.core.interfaces import DiscriminatorOutput, as_output
from ganlab.core.tree import Tree
from ganlab.layers.feature_discriminator import FeatureDiscriminator, shows_features
from ganlab.layers.ordered_layers import Layer, parallel_layers

MOST_COPIES = 32  # of a logit, of the discriminator that has most of them


class DiscriminatorEnsemble(FeatureDiscriminator, ABC):
    """A discriminator made of several discriminators whose logits count equally.

    `critics` are the discriminators by name, and `head` maps their joined logits. The features are the concatenated
    features of all discriminators, if each one shows some, after the feature maps of those that show them; otherwise
    the ensemble shows none. A subclass says which
    samples each discriminator receives:

    >>> import torch
    >>> from torch import nn
    >>> from ganlab.core.interfaces import Spec
    >>> from ganlab.discriminators import MLP
    >>> class Mirrored(DiscriminatorEnsemble):
    ...     def __init__(self, spec):
    ...         super().__init__({"as_is": MLP(spec), "mirrored": MLP(spec)}, nn.Identity())
    ...
    ...     def inputs(self, samples):
    ...         yield self.critics["as_is"], samples
    ...         yield self.critics["mirrored"], samples.flip(-1)
    >>> Mirrored(Spec(sample=(1, 8, 8)))(torch.zeros(5, 1, 8, 8)).logits.shape
    torch.Size([5, 2, 1])
    """

    def __init__(self, critics: Mapping[str, nn.Module], head: nn.Module) -> None:
        super().__init__()
        self.critics, self.head = nn.ModuleDict(critics), head
        showing = [network for network in critics.values() if shows_features(network)]
        self._shows_features = len(showing) == len(critics)
        if self._shows_features:
            self.feature_size = sum(network.feature_size for network in showing)

    @abstractmethod
    def inputs(self, samples: Tree) -> Iterator[tuple[nn.Module, Tree]]:
        """Yield each discriminator with the samples that it receives."""

    def forward(self, samples: Tree, cond: Tree = None) -> DiscriminatorOutput:
        """Map samples and labels (n,) to logits (n, discriminators, logits per discriminator) and features."""
        return self.discriminate(samples, cond)

    def discriminate(self, samples: Tree, cond: Tree = None) -> DiscriminatorOutput:
        """Return the logits (n, discriminators, logits per discriminator), and the features if all show some."""
        if not self._shows_features:
            outputs = [as_output(network(received, cond)) for network, received in self.inputs(samples)]
            return DiscriminatorOutput(self.head(join_logits(outputs)))
        outputs = [
            cast(FeatureDiscriminator, network).discriminate(received, cond)
            for network, received in self.inputs(samples)
        ]
        maps = [values for output in outputs for values in output.features[:-1]]
        features = torch.cat([output.features[-1] for output in outputs], 1)
        return DiscriminatorOutput(self.head(join_logits(outputs)), (*maps, features))

    def features(self, samples: Tree, cond: Tree) -> Tensor:
        """Return the concatenated features of all discriminators, shape (n, feature_size)."""
        features = [
            cast(FeatureDiscriminator, network).features(received, cond) for network, received in self.inputs(samples)
        ]
        return torch.cat(features, 1)

    def ordered_layers(self) -> list[Layer]:
        """Return the layers of all discriminators, which are parallel."""
        return parallel_layers(list(self.critics.values()))

    def remove_head(self) -> None:
        """Remove the head of the ensemble and of each discriminator."""
        del self.head
        for network in self.critics.values():
            cast(FeatureDiscriminator, network).remove_head()


def join_logits(outputs: Sequence[DiscriminatorOutput]) -> Tensor:
    """Stack the logits of several discriminators to (n, discriminators, logits per discriminator).

    A discriminator with fewer logits has them repeated, so that each discriminator weighs the same in a mean, and each
    of its logits too: exactly, unless that takes more than 32 copies of the most logits; then up to 1 in 32.
    """
    rows = [output.logits.reshape(len(output.logits), -1) for output in outputs]
    counts = [logits.shape[1] for logits in rows]
    count = min(lcm(*counts), MOST_COPIES * max(counts))
    positions = torch.arange(count, device=rows[0].device)
    return torch.stack([logits[:, positions * logits.shape[1] // count] for logits in rows], 1)
