"""Games of one generator against one discriminator: what they share, whatever else the generator minimises."""

from abc import ABC
from collections.abc import Callable, Mapping, Sequence
from functools import cache

from torch import Tensor, nn

from ganlab.core.interfaces import Batch, Game, Regularizer
from ganlab.games.domain import Domain
from ganlab.games.fake_batch import FakeBatch, generate_fakes


class OneDomainGame(Game, ABC):
    """One generator and one discriminator, with regularizers and an augmentation of what the discriminator sees.

    If the discriminator is updated before the generator on one batch, both use the same fake samples from one forward
    pass: the generator is unchanged in between, so its graph is still valid. A subclass sets the attributes in its
    constructor, and implements `losses` with `self.domain.losses`:

    >>> from ganlab.games.domain import DomainBatch
    >>> class Plain(OneDomainGame):
    ...     def losses(self, player, batch, step):
    ...         take = self.takes(batch)
    ...         seen = DomainBatch(batch.sample, batch.cond, batch.cond, take, self.generator, self.random)
    ...         losses = self.domain.losses(player, step, seen)
    ...         self.release(player)
    ...         return losses
    """

    generator: nn.Module
    discriminator: nn.Module
    domain: Domain
    regularizers: dict[str, Regularizer]

    def __init__(self) -> None:
        super().__init__()
        self._shared: FakeBatch | None = None  # generated for both players

    @property
    def sampler(self) -> nn.Module:  # type: ignore[override]
        """The generator."""
        return self.generator

    def players(self) -> dict[str, nn.Module]:
        """Return the two networks."""
        return {"discriminator": self.discriminator, "generator": self.generator}

    def terms(self) -> Mapping[str, Regularizer]:
        """Return the regularizers."""
        return self.regularizers

    def extra_modules(self, player: str) -> list[nn.Module]:
        """Return the player's regularizers, some of which have weights."""
        return [term for term in self.regularizers.values() if term.player == player]

    def constant_weights(self, player: str) -> list[nn.Parameter]:
        """Return the discriminator's weights for the generator's update."""
        if player == "discriminator":
            return []
        return [weight for weight in self.discriminator.parameters() if weight.requires_grad]

    def batch_sums(self, player: str) -> list[Tensor]:
        """Return the sums of the player's regularizers and, for the discriminator, of the augmentation."""
        return self.domain.batch_sums(player)

    def prepare(self, batch: Batch, order: Sequence[str]) -> None:
        """Generate fake samples once if the generator is updated after the discriminator."""
        if list(order) == ["discriminator", "generator"]:
            self._shared = self._generate(batch)

    def after_update(self, player: str, step: int) -> None:
        """Let the player's regularizers change its weights, and update their statistics and the augmentation's."""
        self.domain.after_update(player, step, self.players()[player])

    def diagnostics(self) -> dict[str, Tensor]:
        """Return D's mean output for real and for fake samples, and its accuracy."""
        return self.domain.diagnostics()

    def histograms(self) -> dict[str, Tensor]:
        """Return D's outputs for the real and fake samples of this process's latest microbatch."""
        return self.domain.histograms()

    def takes(self, batch: Batch) -> Callable[[], FakeBatch]:
        """Return a function that returns the fakes shared for this batch, or new ones, the same at every call."""
        return cache(lambda: self._take(batch))

    def release(self, player: str) -> None:
        """Forget the shared fakes after the losses of the generator, which is the last to use them."""
        if player == "generator":
            self._shared = None

    def _generate(self, batch: Batch) -> FakeBatch:
        return generate_fakes(batch, self.generator, self.latent, self.random)

    def _take(self, batch: Batch) -> FakeBatch:
        if self._shared is None or self._shared.real is not batch.sample:
            return self._generate(batch)
        # With microbatches nothing is shared, and later draws of latents must be the same in both cases.
        self.random.skip(self._shared.draws)
        return self._shared
