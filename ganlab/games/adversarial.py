"""The GAN: a generator against a discriminator (Goodfellow et al. 2014); `AdversarialGame.losses` is its heart."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import cache, partial

from torch import Tensor, nn

from ganlab.core.interfaces import (
    AdversarialLoss,
    Augment,
    Batch,
    DiscriminatorOutput,
    Game,
    Latent,
    Regularizer,
    Spec,
)
from ganlab.core.interfaces.batch_view import BatchView
from ganlab.core.tree import Tree
from ganlab.games.domain import Domain, DomainBatch
from ganlab.games.fake_batch import FakeBatch, generate_fakes
from ganlab.games.image_pool import ImagePool
from ganlab.games.loss_terms import vector_field
from ganlab.layers import build_packed


class AdversarialGame(Game):
    """One generator and one discriminator with an adversarial loss, regularizers, and an augmentation of D's input.

    If the discriminator is updated before the generator on one batch, both use the same fake samples from one forward
    pass: the generator is unchanged in between, so its graph is still valid. The discriminator receives `packing`
    samples at once (Lin et al. 2018, PacGAN); penalties on its gradient are those of single samples. Raises ValueError
    for a packing below 1.
    """

    def __init__(
        self,
        spec: Spec,
        generator: Callable[[Spec], nn.Module],
        discriminator: Callable[[Spec], nn.Module],
        loss: AdversarialLoss,
        regularizers: Mapping[str, Regularizer],
        augment: Augment,
        latent: Latent,
        packing: int = 1,
    ) -> None:
        super().__init__()
        latent = latent.fit(spec)
        self.spec = replace(spec, latent=latent.size, latent_channels=latent.channels)
        self.generator = generator(self.spec)
        self.discriminator = build_packed(discriminator, self.spec, packing)
        self.latent, self.augment = latent, augment
        self.regularizers = dict(regularizers)
        self._registered = nn.ModuleDict(regularizers)  # so their weights and buffers are moved and saved with the game
        no_pool = ImagePool(0, ())
        terms = self.regularizers
        self.domain = Domain(self.spec, self.discriminator, loss, terms, terms, augment, no_pool, latent)
        self._reads_both_losses = any(term.reads_both_losses for term in regularizers.values())
        self._shared: FakeBatch | None = None  # generated for both players

    @property
    def loss(self) -> AdversarialLoss:
        """The adversarial loss."""
        return self.domain.loss

    def losses(self, player: str, batch: Batch, step: int) -> dict[str, Tensor]:
        """Return a player's adversarial loss and, by name, the weighted penalties of its regularizers.

        The player minimises their sum.
        """
        return self.domain.losses(player, step, self._domain_batch(player, batch))

    def view(self, player: str, batch: Batch, terms: Collection[Regularizer]) -> BatchView:
        """Return a player's view of a batch, for the adversarial loss and these terms."""
        return self.domain.view(player, self._domain_batch(player, batch), terms)

    def discriminate(self, samples: Tree, cond: Tree) -> DiscriminatorOutput:
        """Return D's output for samples, which are augmented and perturbed first, as everything that D receives."""
        return self.domain.discriminate(samples, cond, self.random)

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
        """Return the discriminator's weights for the generator's update, unless a term reads both losses."""
        if player == "discriminator" or self._reads_both_losses:
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

    def _domain_batch(self, player: str, batch: Batch) -> DomainBatch:
        discriminate = partial(self.discriminate, cond=batch.cond)
        return DomainBatch(
            real=batch.sample,
            cond=batch.cond,
            shown=batch.cond,
            take=cache(lambda: self._take_fakes(batch, player)),
            generator=self.generator,
            random=self.random,
            compute_vector_field=lambda: vector_field(self, self.loss, batch, discriminate),
        )

    def _generate(self, batch: Batch) -> FakeBatch:
        return generate_fakes(batch, self.generator, self.latent, self.random)

    def _take_fakes(self, batch: Batch, player: str) -> FakeBatch:
        """Return the fake samples shared for this batch, or new ones; the generator is the last to use shared ones."""
        if self._shared is None or self._shared.real is not batch.sample:
            return self._generate(batch)
        fakes = self._shared
        # With microbatches nothing is shared, and later draws of latents must be the same in both cases.
        self.random.skip(fakes.draws)
        if player == "generator":
            self._shared = None
        return fakes
