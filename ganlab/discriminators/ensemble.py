"""Several critics of any kinds."""

from collections.abc import Callable, Iterator, Mapping
from typing import ClassVar

from torch import nn

from ganlab.core.interfaces import Spec
from ganlab.core.tree import Tree
from ganlab.layers import DiscriminatorEnsemble, build_head, with_labels


class Ensemble(DiscriminatorEnsemble):
    """Critics by name that vote, each with the same say (Durugkar et al. 2017, with the mean of their losses).

    `head` is that of all votes, and `labels` the way that labels enter all of them, None being each one's own setting.
    Raises ValueError without critics, or where one cannot be built for the samples.
    """

    sample_dims: ClassVar[tuple[int, ...]] = (1, 2, 3)

    def __init__(
        self,
        spec: Spec,
        critics: Mapping[str, Callable[..., nn.Module]],
        head: str = "logit",
        beta: float = 1.0,
        labels: str | None = None,
    ) -> None:
        if not critics:
            raise ValueError("critics must name at least one critic, got none")
        members = {name: with_labels(critic, labels)(spec) for name, critic in critics.items()}
        super().__init__(members, build_head(head, beta))

    def views(self, samples: Tree) -> Iterator[tuple[nn.Module, Tree]]:
        """Yield each critic with all of the samples."""
        for critic in self.critics.values():
            yield critic, samples
