"""An ensemble of different discriminators."""

from collections.abc import Callable, Iterator, Mapping
from typing import ClassVar

from torch import nn

from ganlab.core.interfaces import Spec
from ganlab.core.tree import Tree
from ganlab.layers import DiscriminatorEnsemble, build_head, with_label_mode


class Ensemble(DiscriminatorEnsemble):
    """Discriminators by name whose losses are averaged (Durugkar et al. 2017).

    `head` maps the logits of all discriminators. `labels` sets the label mode of all discriminators; None leaves each
    one's own setting. Raises ValueError if `critics` is empty or a discriminator cannot be built for the samples.
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
            raise ValueError("critics must name at least one discriminator, got none")
        networks = {name: with_label_mode(build, labels)(spec) for name, build in critics.items()}
        super().__init__(networks, build_head(head, beta))

    def inputs(self, samples: Tree) -> Iterator[tuple[nn.Module, Tree]]:
        """Yield each discriminator with all samples."""
        for network in self.critics.values():
            yield network, samples
