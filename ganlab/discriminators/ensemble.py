"""Several critics of any kinds."""

from collections.abc import Callable, Mapping
from typing import ClassVar

from torch import nn

from ganlab.interfaces import Spec, Verdict, as_verdict
from ganlab.layers import build_head
from ganlab.layers.votes import join_votes
from ganlab.tree import Tree


class Ensemble(nn.Module):
    """Critics by name that vote, each with the same say (Durugkar et al. 2017, with the mean of their losses).

    `head` is that of all votes. Raises ValueError without critics, or where one cannot be built for the samples.
    """

    sample_dims: ClassVar[tuple[int, ...]] = (1, 2, 3)

    def __init__(
        self, spec: Spec, critics: Mapping[str, Callable[[Spec], nn.Module]], head: str = "logit", beta: float = 1.0
    ) -> None:
        super().__init__()
        if not critics:
            raise ValueError("critics must name at least one critic, got none")
        self.critics = nn.ModuleDict({name: critic(spec) for name, critic in critics.items()})
        self.head = build_head(head, beta)

    def forward(self, samples: Tree, cond: Tree = None) -> Verdict:
        """Judge samples with labels (n,); logits are (n, critics, votes)."""
        verdicts = [as_verdict(critic(samples, cond)) for critic in self.critics.values()]
        features = tuple(feature for verdict in verdicts for feature in verdict.features)
        return Verdict(self.head(join_votes(verdicts)), features)
