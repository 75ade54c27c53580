"""One player's view of one batch: real, fake, and the discriminator's verdict on each, computed when asked for."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import torch
from torch import Tensor, nn

from ganlab import tree
from ganlab.interfaces import Verdict
from ganlab.random import Random
from ganlab.tree import Tree


def _no_field() -> list[Tensor]:
    raise ValueError("this game has no vector field of two players, so 'consensus' cannot be used in it")


def _no_latents() -> Tensor:
    raise ValueError("this game draws no latents, so what reads them cannot be used in it")


@dataclass
class Round:
    """A lazy view in which every quantity is computed at most once.

    Where the round is `differentiable`, real samples (and, for the discriminator, fake ones) are leaves that collect
    gradients, and the critic runs in float32 whatever the autocast: gradient norms in half precision are noise.
    """

    real: Tree
    generate: Callable[[], Tree]
    judge: Callable[[Tree], Verdict]
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
    def on_real(self) -> Verdict:
        """The verdict on real samples."""
        return self.judged(self.real)

    @cached_property
    def on_fake(self) -> Verdict:
        """The verdict on fake samples."""
        return self.judged(self.fake)

    def judged(self, samples: Tree) -> Verdict:
        """Ask the discriminator about any samples, in float32 where the round is differentiable."""
        if not self.differentiable:
            return self.judge(samples)
        with tree.exact(tree.first(samples)):
            return self.judge(self._exact(samples))

    def _exact(self, samples: Tree) -> Tree:
        # A generator under autocast makes half-precision samples.
        return tree.widen(samples) if self.differentiable else samples
