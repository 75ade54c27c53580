"""One player's view of one batch: real samples, fake samples and the discriminator's outputs for both."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import torch
from torch import Tensor, nn

from ganlab.core import tree
from ganlab.core.interfaces.networks import DiscriminatorOutput
from ganlab.core.random import Random
from ganlab.core.tree import Tree


@dataclass
class BatchView:
    """One player's view of one batch; every quantity is computed at first use, and at most once.

    If the view is `differentiable`, real samples (and fake samples, for the discriminator) are autograd leaves that
    require gradients, and the discriminator runs in float32 even under autocast, because gradient norms in half
    precision are too inaccurate.
    """

    real: Tree
    generate: Callable[[], Tree]
    discriminator: Callable[[Tree], DiscriminatorOutput]
    player: str
    differentiable: bool = False
    network: nn.Module = field(default_factory=nn.Identity)  # of the player that is being updated
    random: Random = field(default_factory=Random)
    cond: Tree = None
    draw_latents: Callable[[], Tensor] | None = None  # returns the latents of the fake samples, once those exist
    compute_vector_field: Callable[[], list[Tensor]] | None = None  # see `vector_field`
    # Returns the discriminator's outputs for two batches by one forward pass, if it can and that is cheaper.
    discriminate_jointly: Callable[[Tree, Tree], tuple[DiscriminatorOutput, DiscriminatorOutput]] | None = None

    def __post_init__(self) -> None:
        if self.differentiable:
            self.real = tree.require_gradients(self.real)

    @cached_property
    def fake(self) -> Tree:
        """Fake samples: with the generator's graph in the generator's view, detached in the discriminator's."""
        if self.player == "generator":
            return self._to_float32(self.generate())
        with torch.no_grad():
            fake = self._to_float32(self.generate())
        return tree.require_gradients(fake) if self.differentiable else tree.detach(fake)

    @property
    def latents(self) -> Tensor:
        """The latents of the fake samples, shape (n, size); raises ValueError if the game draws none."""
        if self.draw_latents is None:
            raise ValueError("this game draws no latents, so a component that reads them cannot be used in it")
        _ = self.fake
        return self.draw_latents()

    @cached_property
    def on_real(self) -> DiscriminatorOutput:
        """The discriminator's output for the real samples."""
        return self._both[1] if self.discriminate_jointly else self.discriminate(self.real)

    @cached_property
    def on_fake(self) -> DiscriminatorOutput:
        """The discriminator's output for the fake samples."""
        return self._both[0] if self.discriminate_jointly else self.discriminate(self.fake)

    @cached_property
    def _both(self) -> tuple[DiscriminatorOutput, DiscriminatorOutput]:
        assert self.discriminate_jointly is not None
        return self.discriminate_jointly(self.fake, self.real)

    def discriminate(self, samples: Tree) -> DiscriminatorOutput:
        """Return the discriminator's output for any samples, in float32 if the view is differentiable."""
        if not self.differentiable:
            return self.discriminator(samples)
        with tree.without_autocast(tree.first(samples)):
            return self.discriminator(self._to_float32(samples))

    def vector_field(self) -> list[Tensor]:
        """Return the gradients of both players' losses for their own weights, with their graph.

        Raises ValueError if the game has no two players with opposing losses.
        """
        if self.compute_vector_field is None:
            raise ValueError("this game has no vector field of two players, so 'consensus' cannot be used in it")
        return self.compute_vector_field()

    def _to_float32(self, samples: Tree) -> Tree:
        # Under autocast a generator returns half-precision samples.
        return tree.widen(samples) if self.differentiable else samples
