"""One player's view of one batch: real, fake, and the discriminator's verdict on each, computed when asked for."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import torch
from torch import Tensor, nn

from ganlab.core import tree
from ganlab.core.interfaces.networks import DiscriminatorOutput
from ganlab.core.random import Random
from ganlab.core.tree import Tree


def _no_field() -> list[Tensor]:
    raise ValueError("this game has no vector field of two players, so 'consensus' cannot be used in it")


def _no_latents() -> Tensor:
    raise ValueError("this game draws no latents, so what reads them cannot be used in it")


@dataclass
class BatchView:
    """A lazy view in which every quantity is computed at most once.

    Where the round is `differentiable`, real samples (and, for the discriminator, fake ones) are leaves that collect
    gradients, and the critic runs in float32 whatever the autocast: gradient norms in half precision are noise.
    """

    real: Tree
    generate: Callable[[], Tree]
    discriminator: Callable[[Tree], DiscriminatorOutput]
    player: str
    differentiable: bool = False
    network: nn.Module = field(default_factory=nn.Identity)  # the player that is about to move
    random: Random = field(default_factory=Random)
    cond: Tree = None
    draw: Callable[[], Tensor] = _no_latents  # what the fake samples were made from, once they are made
    vector_field: Callable[[], list[Tensor]] = _no_field  # gradients of both players' losses, with their graph

    def __post_init__(self) -> None:
        if self.differentiable:
            self.real = tree.leaf(self.real)

    @cached_property
    def fake(self) -> Tree:
        """Fake samples: in the generator's graph for the generator, cut from it for the discriminator."""
        if self.player == "generator":
            return self._exact(self.generate())
        with torch.no_grad():
            fake = self._exact(self.generate())
        return tree.leaf(fake) if self.differentiable else tree.detach(fake)

    @property
    def latents(self) -> Tensor:
        """The latents of the fake samples."""
        _ = self.fake
        return self.draw()

    @cached_property
    def on_real(self) -> DiscriminatorOutput:
        """The verdict on real samples."""
        return self.discriminate(self.real)

    @cached_property
    def on_fake(self) -> DiscriminatorOutput:
        """The verdict on fake samples."""
        return self.discriminate(self.fake)

    def discriminate(self, samples: Tree) -> DiscriminatorOutput:
        """Ask the discriminator about any samples, in float32 where the round is differentiable."""
        if not self.differentiable:
            return self.discriminator(samples)
        with tree.exact(tree.first(samples)):
            return self.discriminator(self._exact(samples))

    def _exact(self, samples: Tree) -> Tree:
        # A generator under autocast makes half-precision samples.
        return tree.widen(samples) if self.differentiable else samples
